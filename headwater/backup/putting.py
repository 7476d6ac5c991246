"""Put the parts of a backup back into an empty state folder, checked against each other before they count."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from headwater.backup.archive import unpack
from headwater.backup.carrying import Since, carry
from headwater.backup.manifest import LEDGER, POINTS, VECTORS, Manifest, damaged
from headwater.backup.points import read_points
from headwater.backup.taking import visible_at
from headwater.errors import ConfigError, StateError
from headwater.index.base import Index, IndexIdentity
from headwater.index.record import INDEX_FOLDER
from headwater.index.store import open_store
from headwater.ledger.base import Holder, Ledger
from headwater.ledger.copying import SCHEMA, check_ledger
from headwater.ledger.open import open_ledger
from headwater.publishing.attach import attach, check_ledger_not_older

_BATCH = 1000
WORKPLACE = "restoring"
"""Folder in the new home that is there until everything is."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`epoch` is that of the state as it is now: above the backup's where something was carried over into it."""

    manifest: Manifest
    epoch: int
    since: Since | None


def restore(source: Path, home: Path, holder: Holder, *, newer: Path | None = None) -> Restored:
    """Restore the backup in `source` into the empty folder `home`.

    `newer`: the ledger that the state had last, where its file can still be read; what it knows about who may not read
    (blocks, narrower access, revoked keys) goes before what the backup says. Before the last step `home` is no state
    that anything opens; StateError leaves it as empty as it was.
    """
    workplace = _claim(home)
    try:
        manifest = unpack(source, workplace, schema=SCHEMA)
        with _filled(workplace, manifest, str(source)) as (ledger, index):
            since = carry(newer, workplace / "newer.db", ledger, index, holder) if newer is not None else None
            epoch = ledger.epoch()
        # The ledger last: an index without one is refused by whatever opens it.
        for path in (workplace / INDEX_FOLDER, *sorted(workplace.glob(f"{LEDGER}*"), reverse=True)):
            if path.exists():
                path.rename(home / path.name)
    except OSError as error:
        raise StateError(
            f"{home} cannot be filled: {error.strerror or error}", advice="Free some space, or choose another folder."
        ) from error
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
    return Restored(manifest, epoch, since)


def _claim(home: Path) -> Path:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = sorted(entry.name for entry in home.iterdir() if entry.name != WORKPLACE)
        if found:
            raise ConfigError(
                f"{home} is not empty: it holds {', '.join(found[:3])}",
                advice="Name a folder that does not exist, or move this one away first; nothing was changed.",
            )
        shutil.rmtree(home / WORKPLACE, ignore_errors=True)  # of a restore that was killed
        (home / WORKPLACE).mkdir(mode=0o700)
    except OSError as error:
        raise StateError(
            f"{home} cannot be used: {error.strerror or error}", advice="Make it writable, or choose another folder."
        ) from error
    return home / WORKPLACE


@contextmanager
def _filled(workplace: Path, manifest: Manifest, place: str) -> Iterator[tuple[Ledger, Index | None]]:
    """The restored ledger and index, found to be what the manifest says and to belong together."""
    check_ledger(workplace / LEDGER)
    ledger = open_ledger(workplace / LEDGER)
    try:
        stands = (ledger.identity(), ledger.epoch(), ledger.generation())
        rows = [row.chunks for row in ledger.documents(manifest.generation)]
        if stands != (manifest.identity, manifest.epoch, manifest.generation) or len(rows) != manifest.documents:
            raise damaged(place, "its ledger is not the one that its manifest describes")
        if sum(rows) != manifest.points:
            raise damaged(place, "its ledger and its points do not belong together")
        if not manifest.dimensions:
            yield ledger, None
            return
        store = open_store(workplace, command="headwater restore")
        try:
            index = store.open(manifest.generation, dimensions=manifest.dimensions)
            _fill(index, workplace, manifest, place)
            attach(
                index,
                ledger,
                embedding=manifest.embedding,
                dimensions=manifest.dimensions,
                generation=manifest.generation,
            )
            check_ledger_not_older(index, ledger)
            yield ledger, index
        finally:
            store.close()
    finally:
        ledger.close()


def _fill(index: Index, workplace: Path, manifest: Manifest, place: str) -> None:
    index.write_identity(IndexIdentity(manifest.identity, manifest.embedding, manifest.dimensions, manifest.collected))
    index.stamp([], from_=manifest.epoch)  # no point has a later epoch: so does its record say before they come
    points = read_points(workplace / POINTS, workplace / VECTORS, place)
    while batch := list(islice(points, _BATCH)):
        index.upsert(batch)
    index.flush()
    if index.info().points != manifest.points or index.count(visible_at(manifest.epoch)) != manifest.points:
        raise damaged(place, "it holds other points than its manifest says")
