"""Make sure that an index and a ledger belong together before anything is read or written."""

from headwater.errors import FingerprintError, IndexMismatchError
from headwater.index.base import NEVER, Index, IndexIdentity
from headwater.index.query import AnyOf, Between
from headwater.ledger.base import Ledger


def attach(index: Index, ledger: Ledger, *, embedding: str, dimensions: int, generation: str) -> None:
    """Give a new index the ledger's identity, or check an existing one; raises what a person has to settle."""
    found = index.identity()
    if found is None:
        _claim(index, ledger, embedding, dimensions, generation)
        return
    if found.identity != ledger.identity():
        raise IndexMismatchError(
            "the index belongs to another ledger",
            advice="Restore index and ledger from one backup, or move the state folder away and ingest again.",
        )
    if ledger.epoch() < found.collected:
        raise IndexMismatchError(
            f"the ledger is at epoch {ledger.epoch()}, but the index was collected up to {found.collected}: "
            "the ledger is older than its index",
            advice="Restore index and ledger from one backup, or run `headwater rebuild`.",
        )
    if found.embedding != embedding or found.dimensions != dimensions:
        raise FingerprintError(
            "the index holds vectors of another embedding model or setting",
            advice="Run `headwater rebuild` to embed everything with the configured model, or change "
            "`[embedding] model` back.",
        )


def check_ledger_not_older(index: Index, ledger: Ledger) -> None:
    """Refuse to write when points carry epochs that this ledger has yet to hand out (a restored ledger).

    Under the publish lease, after `settle`: then nobody's stamps are under way, and those of the dead are undone.
    """
    epoch = ledger.epoch()
    ahead = AnyOf(tuple(Between(field=name, gt=epoch, lt=float(NEVER)) for name in ("from", "to")))
    if index.count(ahead):
        raise IndexMismatchError(
            f"the index holds publications newer than the ledger's epoch {epoch}: the ledger is older than its index",
            advice="Restore index and ledger from one backup, or run `headwater rebuild`.",
        )


def _claim(index: Index, ledger: Ledger, embedding: str, dimensions: int, generation: str) -> None:
    if next(iter(ledger.documents(generation)), None) is not None:
        raise IndexMismatchError(
            "the ledger knows searchable documents, but their index is empty or missing",
            advice="Restore index and ledger from one backup, or run `headwater rebuild`.",
        )
    index.write_identity(IndexIdentity(ledger.identity(), embedding, dimensions))
    index.flush()
