"""What an embedded generation says of itself in a small file, for those who then need not open it.

The file is ahead of the points: an epoch is written there before the first point gets it. So an index whose record
fits a ledger fits it too, and what is missing, damaged or does not fit means no more than: open the index and look.
"""

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from headwater.errors import StateError
from headwater.index.base import IndexIdentity
from headwater.index.edge_errors import require_space
from headwater.index.editions import shard_folder

INDEX_FOLDER = "index"
"""Below the state folder, with a folder for each generation."""
RECORD_NAME = "headwater.json"
_SEGMENTS = "segments"


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """`epoch`: no point has a later one. `superseded`: at most so many points are left to collect."""

    identity: IndexIdentity
    epoch: int = 0
    superseded: int = 0


def read_record(folder: Path) -> IndexRecord | None:
    """The record of the generation in `folder`; None where it has none, or nothing to go with it."""
    try:
        if not any((shard_folder(folder) / _SEGMENTS).iterdir()):
            return None
        found = json.loads((folder / RECORD_NAME).read_text())
        return IndexRecord(IndexIdentity(**found["identity"]), int(found["epoch"]), int(found["superseded"]))
    except (OSError, ValueError, KeyError, TypeError, StateError):
        return None


class RecordFile:
    """The record of a generation that this process owns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mutex = threading.Lock()
        self._known = read_record(folder)

    def identified(self, identity: IndexIdentity, superseded: int) -> None:
        """Ahead of writing `identity`; `superseded`: points that `identity.collected` leaves to later."""
        with self._mutex:
            epoch = self._known.epoch if self._known else 0
            self._write(IndexRecord(identity, max(epoch, identity.collected), superseded))

    def stamped(self, epoch: int, superseding: int, first: Callable[[], IndexRecord | None]) -> None:
        """Ahead of the stamps; `first` makes the record of a generation that was filled without one."""
        with self._mutex:
            before = self._known or first()
            if before is not None:
                self._write(replace(before, epoch=max(before.epoch, epoch), superseded=before.superseded + superseding))

    def _write(self, record: IndexRecord) -> None:
        if record == self._known:
            return
        require_space(self._folder)
        path = self._folder / RECORD_NAME
        new = path.with_suffix(".new")
        try:
            with new.open("w") as file:
                json.dump(asdict(record), file)
                file.flush()
                if self._known is None or replace(record, superseded=self._known.superseded) != self._known:
                    os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise StateError(
                f"cannot write {path}: {error.strerror or error}",
                advice="Make the state folder writable, or free some space on its disk.",
            ) from error
        self._known = record
