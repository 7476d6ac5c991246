"""The one way to open an index, whichever backend the configuration asks for."""

from pathlib import Path

from headwater.index.base import IndexStore
from headwater.index.record import INDEX_FOLDER, IndexRecord, read_record


def open_store(
    state_dir: Path, *, url: str = "", api_key: str | None = None, wait: float = 10.0, command: str = ""
) -> IndexStore:
    """The Qdrant server at `url`, or, when that is empty, the embedded index below `state_dir`.

    BusyError, naming the owner, when the embedded index can be neither owned nor reached within `wait` seconds.
    """
    if url:
        from headwater.index.server import ServerStore  # qdrant-client takes seconds to import

        return ServerStore(url, api_key=api_key)
    from headwater.index.shared import SharedStore  # the engine costs a run that does not need it 30 MB

    return SharedStore(state_dir, wait=wait, command=command)


def record_of(state_dir: Path, generation: str) -> IndexRecord | None:
    """What the embedded index says of itself, without opening it; None when only opening it can tell."""
    return read_record(state_dir / INDEX_FOLDER / generation)
