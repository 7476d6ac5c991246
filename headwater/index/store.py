"""The one way to open an index, whichever backend the configuration asks for."""

from pathlib import Path

from headwater.index.base import IndexStore
from headwater.index.shared import SharedStore


def open_store(
    state_dir: Path, *, url: str = "", api_key: str | None = None, wait: float = 10.0, command: str = ""
) -> IndexStore:
    """The Qdrant server at `url`, or, when that is empty, the embedded index below `state_dir`.

    BusyError, naming the owner, when the embedded index can be neither owned nor reached within `wait` seconds.
    """
    if url:
        from headwater.index.server import ServerStore  # qdrant-client takes seconds to import

        return ServerStore(url, api_key=api_key)
    return SharedStore(state_dir, wait=wait, command=command)
