"""An embedded index, a ledger, and documents small enough to see through."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.index.base import Index, IndexStore
from headwater.index.permitted import permitted_condition
from headwater.index.store import open_store
from headwater.interfaces import SparseVector
from headwater.ledger.base import DocumentRow, Holder, Ledger
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.model import PUBLIC, Access, Chunk
from headwater.publishing.attach import attach
from headwater.publishing.publisher import Publisher
from headwater.publishing.records import EmbeddedChunk, Prepared
from tests.atomicity.arena import scratch_folder

DIMENSIONS = 4
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = "docs"


def document(id: str, *texts: str, version: str = "1", access: Access = PUBLIC, last: bool = True) -> Prepared:
    """One chunk for each text."""
    row = DocumentRow(
        source=SOURCE,
        id=id,
        version=version,
        content_hash=version,
        fingerprint="f",
        access=access,
        publication=0,
        chunks=len(texts),
        kind="help",
        title=id,
        uri=id,
        updated_at=None,
        detected_at=NOON,
        published_at=NOON,
        verified_at=NOON,
    )
    return Prepared(row, tuple(_chunk(id, n, text, access) for n, text in enumerate(texts)), last=last)


def _chunk(id: str, position: int, text: str, access: Access) -> EmbeddedChunk:
    chunk = Chunk(
        id=f"{id}-{position}",
        source=SOURCE,
        document=id,
        position=position,
        text=text,
        embedded=text,
        heading_path=(),
        uri=id,
        tokens=1,
        access=access,
        metadata={"title": id},
    )
    raw = np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8)[:DIMENSIONS].astype(np.float32) + 1
    return EmbeddedChunk(chunk, raw / np.linalg.norm(raw), SparseVector((1,), (1.0,)), fresh=True)


class Instead:
    """A real index or ledger, but for the calls that are named."""

    def __init__(self, inner: Any, **instead: Any) -> None:
        self.__dict__.update(instead)
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@dataclass
class Room:
    """What a publisher works with; `index` belongs to `generation`."""

    store: IndexStore
    ledger: Ledger
    holder: Holder
    generation: str

    @property
    def index(self) -> Index:
        return self.store.open(self.generation, dimensions=DIMENSIONS)

    def index_of(self, generation: str) -> Index | None:
        if generation not in self.store.generations():
            return None
        return self.store.open(generation, dimensions=DIMENSIONS)

    def publisher(self, index: Any = None, ledger: Any = None, generation: str = "") -> Publisher:
        return Publisher(
            index or self.index,
            ledger or self.ledger,
            generation=generation or self.generation,
            holder=self.holder,
            index_of=self.index_of,
        )

    def publish(self, *documents: Prepared, removed: tuple[str, ...] = ()) -> int:
        publisher = self.publisher()
        publisher.stage(documents)
        return publisher.publish(removed=[(SOURCE, id) for id in removed]).epoch

    def seen(self, epoch: int | None = None, asker: frozenset[str] = frozenset()) -> list[str]:
        """Texts that this asker sees at this epoch (default: now)."""
        condition = permitted_condition(asker, self.ledger.epoch() if epoch is None else epoch)
        return sorted(point.payload["content"] for point in self.index.scroll(condition))

    @property
    def points(self) -> int:
        return self.index.info().points

    def later(self, seconds: float = 3600) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.fixture
def scratch() -> Iterator[Path]:
    folder = scratch_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_room(scratch: Path) -> Iterator[Callable[..., Room]]:
    """Opens the index below one name with the ledger below another, attached unless told otherwise."""
    opened: list[Room] = []

    def make(index: str = "one", ledger: str = "one", *, attached: bool = True) -> Room:
        for room in opened:
            room.store.close()  # only one may own it
        book = open_ledger(scratch / ledger / "ledger.db")
        room = Room(open_store(scratch / index, command="test"), book, this_process("test"), book.generation())
        opened.append(room)
        if attached:
            attach(room.index, book, embedding="e", dimensions=DIMENSIONS, generation=room.generation)
        return room

    yield make
    for room in opened:
        room.store.close()
        room.ledger.close()


@pytest.fixture
def room(make_room: Callable[..., Room]) -> Room:
    return make_room()


@pytest.fixture(scope="session")
def dead() -> Holder:
    """A process of this machine that is no more: this one, had it been started long ago."""
    me = this_process("a writer that died")
    return Holder(me.host, me.pid, me.started - 86_400, me.command, me.since)
