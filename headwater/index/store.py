"""The one way to open an index, whichever backend the configuration asks for."""

from pathlib import Path

from headwater.index.base import IndexStore
from headwater.index.edge import EdgeStore


def open_store(
    state_dir: Path, *, url: str = "", api_key: str | None = None, wait: float = 10.0, command: str = ""
) -> IndexStore:
    """The embedded index below `state_dir`, or the server at `url`."""
    return EdgeStore(state_dir / "index", command=command)
