"""Point ids follow from what a point is, so that staging again writes the same points."""

import uuid

from headwater.model import digest

_NAMESPACE = uuid.UUID("c7a1f3f0-6f0e-5d39-9b59-0d7f5a1f8f11")

IDENTITY_ID = str(uuid.uuid5(_NAMESPACE, "identity"))
"""Id of the one point that carries the IndexIdentity; no condition matches it."""


def point_id(publication: int, source: str, document: str, position: int) -> str:
    """The publication is part of it: writing over a live point would make the live document vanish."""
    return str(uuid.uuid5(_NAMESPACE, digest(str(publication), source, document, str(position))))


def point_ids(publication: int, source: str, document: str, chunks: int) -> tuple[str, ...]:
    """Ids of a published document, in the order of its chunks."""
    return tuple(point_id(publication, source, document, position) for position in range(chunks))
