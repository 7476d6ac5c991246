"""Names that Prefect knows our runs by; importing them costs nothing."""

FLOW = "headwater-ingest"
"""The flow, and first part of the names of the deployments of sources."""
REFRESH = "headwater-refresh"
"""The flow, and first part of the name of its deployment on a work pool."""
SKIPPED = "Skipped"
"""A final state that is no failure: somebody else is at the source."""


def lease_of(source: str) -> str:
    """What a process of a worker holds while it looks at what is announced of a source."""
    return f"refresh:{source}"
