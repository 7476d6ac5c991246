"""The embedded index: one folder per generation, owned by one process."""

import json
import re
import shutil
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import qdrant_edge as edge

from headwater.errors import ConfigError, StateError
from headwater.index.base import DENSE, NEVER, SPARSE, IndexIdentity
from headwater.index.compact import NO_COMPACTION, Compaction, DiskUse, allocated, worth_noting
from headwater.index.compactor import Compactor
from headwater.index.edge_engine import EdgeEngine, add_payload_indexes
from headwater.index.edge_errors import RESERVE_TO_CREATE, require_space, translated
from headwater.index.editions import note_made, shard_folder, size_when_made, sweep
from headwater.index.engine import DroppedError, EngineIndex, check_dimensions
from headwater.index.lock import OwnerLock, folder_error
from headwater.index.query import AllOf, Between, Condition
from headwater.index.record import IndexRecord, RecordFile

_GENERATION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONFIG = "edge_config.json"
_UNFINISHED, _DROPPED = ".new", ".gone"
_LIVE = AllOf((Between(field="from", lt=float(NEVER)), Between(field="to", gte=float(NEVER))))
_SAMPLED = 256
"""Ids are hashes: the points with the smallest ones are any."""


class EdgeIndex(EngineIndex):
    """A generation in a folder, whose record it keeps ahead of its points."""

    def __init__(self, engine: EdgeEngine, dimensions: int, record: RecordFile) -> None:
        super().__init__(engine, dimensions)
        self.dimensions = dimensions
        self._record = record

    def write_identity(self, identity: IndexIdentity) -> None:
        self._record.identified(identity, self._superseded(identity.collected))
        super().write_identity(identity)

    def stamp(
        self,
        ids: Sequence[str],
        *,
        from_: int | None = None,
        to: int | None = None,
        fence: int | None = None,
        where: Condition | None = None,
    ) -> None:
        epochs = [epoch for epoch in (from_, to) if epoch is not None and epoch < NEVER]
        if epochs:
            superseding = len(ids) if to in epochs else 0
            self._record.stamped(max(epochs), superseding, self._first_record)
        super().stamp(ids, from_=from_, to=to, fence=fence, where=where)

    def _first_record(self) -> IndexRecord | None:
        # Whoever stamps had the index checked against the ledger: nothing in it is of a later epoch than this stamp.
        identity = self.identity()
        return None if identity is None else IndexRecord(identity, identity.collected, self._superseded(0))

    def _superseded(self, collected: int) -> int:
        return self.count(Between(field="to", gt=collected, lt=float(NEVER)))

    def live(self) -> tuple[int, int]:
        """How many points readers may see, and about how many bytes these are as vectors and JSON."""
        points = self.count(_LIVE)
        sample = self.page(_LIVE, vectors=True, limit=_SAMPLED, start=None).points
        size = sum(
            len(json.dumps(dict(point.payload), ensure_ascii=False).encode())
            + (0 if point.dense is None else point.dense.nbytes)
            + (0 if point.sparse is None else 8 * len(point.sparse.indices))
            for point in sample
        )
        return points, points * size // max(len(sample), 1)


class EdgeStore:
    """Generations of an embedded index as folders below `path`, which this process owns until `close`."""

    def __init__(self, path: Path, *, command: str = "") -> None:
        """BusyError naming the owner when another process owns it."""
        self.path = path
        self.lock = OwnerLock.acquire(path, command)
        self._mutex = threading.RLock()
        self._open: dict[str, tuple[EdgeEngine, EdgeIndex]] = {}
        self._compactors: dict[str, Compactor] = {}

    def open(self, generation: str, *, dimensions: int) -> EdgeIndex:
        """All handles of a generation share one shard, which `drop` and `close` of the store close."""
        return self._opened(generation, dimensions, create=True)

    def existing(self, generation: str, *, dimensions: int) -> EdgeIndex:
        """`open` for a handle made before: DroppedError where `open` would make the generation anew, and empty."""
        return self._opened(generation, dimensions, create=False)

    def _opened(self, generation: str, dimensions: int, *, create: bool) -> EdgeIndex:
        folder = self._folder(generation)
        with self._mutex:
            if generation not in self._open:
                if not _complete(folder):
                    if not create or not dimensions:
                        raise DroppedError(f"the generation {generation} of the index in {self.path} was dropped")
                    require_space(self.path, RESERVE_TO_CREATE)
                    _create(folder, dimensions)
                stored = _dimensions(folder)
                check_dimensions(stored, dimensions, str(folder))
                sweep(folder)
                engine = EdgeEngine(shard_folder(folder))
                self._open[generation] = engine, EdgeIndex(engine, stored, RecordFile(folder))
            _, index = self._open[generation]
            check_dimensions(index.dimensions, dimensions, str(folder))
            return index

    def generations(self) -> list[str]:
        try:
            return sorted(folder.name for folder in self.path.iterdir() if _complete(folder))
        except OSError as error:
            raise folder_error(self.path, error) from error

    def drop(self, generation: str) -> None:
        folder = self._folder(generation)
        with self._mutex:
            if generation in self._compactors:
                self._compactors.pop(generation).cancel()
            opened = self._open.pop(generation, None)
            if opened is not None:
                opened[0].close()
            try:
                if folder.exists():
                    # Renamed first: a generation is there as a whole or not at all, however this ends.
                    shutil.rmtree(folder.with_name(generation + _DROPPED), ignore_errors=True)
                    folder.rename(folder.with_name(generation + _DROPPED))
                shutil.rmtree(folder.with_name(generation + _DROPPED), ignore_errors=True)
            except OSError as error:
                raise folder_error(folder, error) from error

    def compact(self, generation: str) -> Compaction:
        """Begin to compact it in the background, unless that is under way; `compaction` tells how far it is."""
        folder = self._folder(generation)
        with self._mutex:
            index = self.existing(generation, dimensions=0)
            before = self._compactors.get(generation)
            if before is None or not before.alive:
                engine, _ = self._open[generation]
                make = partial(create_shard, dimensions=index.dimensions)
                self._compactors[generation] = Compactor(engine, folder, make)
                self._compactors[generation].start()
            return self._compactors[generation].status

    def compaction(self, generation: str) -> Compaction:
        """The one under way, or the last one since this process owns the index."""
        with self._mutex:
            found = self._compactors.get(generation)
        return NO_COMPACTION if found is None else found.status

    def disk(self, generation: str) -> DiskUse:
        """What it takes on the disk, and what of that is live."""
        folder = self._folder(generation)
        held, journal = allocated(folder)
        points, live = self.existing(generation, dimensions=0).live()
        return DiskUse(held, journal, live, points, size_when_made(folder))

    def close(self) -> None:
        with self._mutex:
            compactors, self._compactors = list(self._compactors.values()), {}
            for compactor in compactors:
                compactor.cancel()
            try:
                for engine, _ in self._open.values():
                    engine.close()
                self._open.clear()
            finally:
                self.lock.release()

    def _folder(self, generation: str) -> Path:
        if not _GENERATION.fullmatch(generation):
            raise ConfigError(f"{generation!r} is no name for a generation of the index")
        return self.path / generation


def _complete(folder: Path) -> bool:
    if folder.suffix in (_UNFINISHED, _DROPPED):
        return False
    try:
        return (shard_folder(folder) / _CONFIG).is_file()
    except StateError:
        # It is there, and damaged: whoever opens it hears of that, and it can be dropped.
        return True


def _dimensions(folder: Path) -> int:
    try:
        config = json.loads((shard_folder(folder) / _CONFIG).read_text())
        return int(config["vectors"][DENSE]["size"])
    except OSError as error:
        raise folder_error(folder, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"{folder} is not an index that this version can read", advice="Run `headwater rebuild`."
        ) from error


def _create(folder: Path, dimensions: int) -> None:
    """Under another name until its payload indexes exist, so that a crash leaves no half-made generation."""
    unfinished = folder.with_name(folder.name + _UNFINISHED)
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        shard = create_shard(unfinished, dimensions)
        with translated(folder):
            shard.flush()
            shard.close()
        size, _ = allocated(unfinished)
        note_made(unfinished, worth_noting(size, size))
        unfinished.rename(folder)
    except OSError as error:
        raise folder_error(folder, error) from error


def create_shard(folder: Path, dimensions: int) -> edge.EdgeShard:
    """An empty shard with its payload indexes, in a folder that does not exist yet."""
    config = edge.EdgeConfig(
        vectors={DENSE: edge.EdgeVectorParams(size=dimensions, distance=edge.Distance.Cosine)},
        sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        wal_enabled=True,
    )
    folder.mkdir(mode=0o700)
    with translated(folder):
        shard = edge.EdgeShard.create(str(folder), config)
        add_payload_indexes(shard)
    return shard
