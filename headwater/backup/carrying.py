"""Who may not read, as a newer ledger knew it: it goes before what a backup says."""

from dataclasses import dataclass, replace
from pathlib import Path

from headwater.clock import utc_now
from headwater.errors import ConfigError
from headwater.index.base import Index
from headwater.ledger.base import Event, Holder, Ledger
from headwater.ledger.copying import copy_file
from headwater.ledger.open import open_ledger
from headwater.publishing.publisher import Publisher

_RUN = "restore"


@dataclass(frozen=True, slots=True)
class Since:
    """How many blocks, revoked keys, documents with fewer readers, and documents that were put, were carried over."""

    blocks: int = 0
    keys: int = 0
    narrowed: int = 0
    pushed: int = 0


def carry(newer: Path, scratch: Path, ledger: Ledger, index: Index | None, holder: Holder) -> Since:
    """Bring what the ledger file `newer` knows into a restored `ledger` and `index`; `newer` itself is only read.

    Blocked documents leave the index; reading rights are only ever taken away. `scratch` must not exist.
    """
    copy_file(newer, scratch)
    known = open_ledger(scratch)
    try:
        if known.identity() != ledger.identity() or known.epoch() < ledger.epoch():
            raise ConfigError(
                f"{newer} is not a later ledger of the state in this backup",
                advice="Name the state folder that the backup was made of, or leave --newer out.",
            )
        keys = [key for key in known.api_keys() if key.revoked_at and ledger.revoke_key(key.id, key.revoked_at)]
        here = {(block.source, block.document) for block in ledger.blocks()}
        blocks = [block for block in known.blocks() if (block.source, block.document) not in here]
        for block in blocks:
            ledger.block(block)
        pushed, narrowed = _keep_pushed(ledger, known), 0
        if index is not None:
            publisher = _publisher(index, ledger, holder)
            narrowed = _narrow(publisher, known)
            _take_out(publisher)
        return Since(len(blocks), len(keys), narrowed, pushed)
    finally:
        known.close()


def _keep_pushed(ledger: Ledger, known: Ledger) -> int:
    """Headwater alone has what was put to it, and knows what was taken back: the next run goes by the newest."""
    changed = 0
    for name in known.pushed_names():
        light, here = known.pushed(*name), ledger.pushed(*name)
        if light is None or (here is not None and (here.version, here.removed_at) == (light.version, light.removed_at)):
            continue
        ledger.keep_pushed(known.pushed_document(*name) or light)
        changed += 1
    return changed


def _publisher(index: Index, ledger: Ledger, holder: Holder) -> Publisher:
    live = ledger.generation()
    return Publisher(
        index,
        ledger,
        generation=live,
        holder=holder,
        index_of=lambda generation: index if generation == live else None,
    )


def _narrow(publisher: Publisher, known: Ledger) -> int:
    later = {(row.source, row.id): row.access for row in known.documents(known.generation())}
    changes = [
        (row, later[row.source, row.id])
        for row in publisher.ledger.documents(publisher.generation)
        if (row.source, row.id) in later and row.access.takes_from(later[row.source, row.id])
    ]
    narrowed = publisher.narrow(changes)
    # Without a version: the next run looks at them again.
    publisher.confirm([replace(row, version="") for row in narrowed])
    return len(narrowed)


def _take_out(publisher: Publisher) -> None:
    ledger, now = publisher.ledger, utc_now()
    names = [(block.source, block.document) for block in ledger.blocks()]
    live = ledger.documents_named(publisher.generation, names)
    if live:
        lines = [
            Event(at=now, run=_RUN, source=source, document=id, outcome="removed", reason="blocked since the backup")
            for source, id in live
        ]
        publisher.publish(removed=list(live), events=lines)
