"""Set points right in place, under the publish lease: to what the ledger says of their documents, and no further.

Every step may be stopped and done again. Reading rights are only ever taken away here: whether it is the index that
lacks some or the ledger that has too many, only the source can say. What an index lacks comes from there as well.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from headwater.audit.examine import TOGETHER, Examined, examine, examine_strays
from headwater.audit.points import Name
from headwater.errors import IndexMismatchError
from headwater.index.base import NEVER, Index
from headwater.index.query import AllOf, AnyOf, Between
from headwater.ledger.base import Holder, Ledger
from headwater.publishing.publisher import LEASE_SECONDS, PUBLISH_LEASE, WAIT_SECONDS, IndexOf, settle

NOWHERE = 0
"""No reader is at this epoch, and no publication ever had it: points that an audit hides are told by it."""


@dataclass(slots=True)
class Mended:
    """Points set right, by how."""

    narrowed: int = 0
    stamped: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Mender:
    """Whoever uses it also holds the leases of the sources, so that nobody takes rights away at the same time."""

    index: Index
    ledger: Ledger
    generation: str
    holder: Holder
    index_of: IndexOf

    def refuse_older_ledger(self) -> None:
        """IndexMismatchError when the index holds publications that this ledger has yet to begin."""
        with self._lease():
            newest = self.ledger.begin_publication(self.generation, self.holder)
            self.ledger.abandon(newest)
            self.ledger.forget_publication(newest)
            stamped = AnyOf(
                tuple(Between(field=name, gt=self.ledger.epoch(), lt=float(NEVER)) for name in ("from", "to"))
            )
            if self.index.count(AllOf((stamped, Between(field="publication", gte=newest)))):
                raise IndexMismatchError(
                    "the index holds publications that the ledger knows nothing of: the ledger is older than its index",
                    advice="Restore index and ledger from one backup, or run `headwater rebuild`.",
                )

    def close_leaks(self, names: Sequence[Name], mended: Mended) -> None:
        """Before all else: nobody reads any longer what the ledger does not let them read."""
        self._each(names, lambda one: self._narrow(one, mended))

    def hide_strays(self, ids: Sequence[str], mended: Mended) -> None:
        """Points that contradict themselves, and show."""
        for start in range(0, len(ids), TOGETHER):
            with self._lease():
                found = examine_strays(self.index, self.ledger, ids[start : start + TOGETHER])
                self._hide([id for one in found for id in one.delete], mended)
                self.index.flush()

    def delete_hidden(self) -> None:
        """At last, since their vectors save embedding the same texts again; a repair that stops before leaves it to
        collection."""
        hidden = Between(field="to", lte=NOWHERE)
        with self._lease():
            if self.index.count(hidden):
                self.index.delete_where(hidden)
                self.index.flush()

    def set_right(self, names: Sequence[Name], mended: Mended) -> None:
        """Readers first, so that nothing becomes visible to the wrong ones."""
        self._each(names, lambda one: self._set_right(one, mended))

    def _narrow(self, one: Examined, mended: Mended) -> None:
        for access in set(one.leaking.values()):
            ids = [id for id, narrowed in one.leaking.items() if narrowed == access]
            self.index.set_access(ids, access)
            mended.narrowed += len(ids)

    def _set_right(self, one: Examined, mended: Mended) -> None:
        self._narrow(one, mended)
        self._hide(one.delete, mended)
        for begin, ids in one.stamps.items():
            self.index.stamp(ids, from_=begin, to=NEVER)
            mended.stamped += len(ids)

    def _hide(self, ids: Sequence[str], mended: Mended) -> None:
        if ids:
            self.index.stamp(ids, from_=NOWHERE, to=NOWHERE)
            mended.deleted += len(ids)

    def _each(self, names: Sequence[Name], mend: Callable[[Examined], None]) -> None:
        # The lease is given up in between: others have to publish too.
        for together in batches(names):
            with self._lease():
                for one in examine(self.index, self.ledger, self.generation, together):
                    mend(one)
                self.index.flush()

    @contextmanager
    def _lease(self) -> Iterator[None]:
        with self.ledger.lease(PUBLISH_LEASE, self.holder, seconds=LEASE_SECONDS, wait=WAIT_SECONDS):
            settle(self.ledger, self.index_of)
            yield


def batches(names: Iterable[Name]) -> Iterator[list[Name]]:
    """In order, so that what an audit did is the same each time."""
    ordered = sorted(names)
    return (ordered[start : start + TOGETHER] for start in range(0, len(ordered), TOGETHER))
