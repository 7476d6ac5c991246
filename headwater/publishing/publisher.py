"""Epoch publication: stage invisibly, stamp under an intent, flush, commit in the ledger.

A reader takes E from the ledger and sees points with `from` <= E < `to`. Stamping the next epoch therefore
changes nothing for anyone until the ledger's E moves, in the same transaction as the documents' rows.

A stamp may arrive late: its sender was killed while the index's owner had it in its queue, or was suspended while
another writer took over. Whoever undoes a publication therefore raises a fence on its points first, and stamps do
nothing to a point that is fenced from their epoch on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from headwater.clock import utc_now
from headwater.errors import HeadwaterError, IndexUnavailableError, LeaseLostError
from headwater.index.base import NEVER, Index
from headwater.index.points import point_ids
from headwater.index.query import AllOf, Between, Not, OneOf
from headwater.ledger.base import Commit, DocumentRow, Event, Holder, Intent, Ledger
from headwater.model import Access
from headwater.publishing.records import Carried, Prepared
from headwater.tracing import span

Stageable: TypeAlias = Prepared | Carried
IndexOf: TypeAlias = Callable[[str], Index | None]
"""The open index of a generation; None when that generation does not exist any more."""
Expected: TypeAlias = Mapping[tuple[str, str], DocumentRow | None]

PUBLISH_LEASE = "publish"
LEASE_SECONDS = 60.0
WAIT_SECONDS = 120.0


@dataclass(slots=True)
class Staged:
    """What one publication has written so far, still invisible; `rows` are the documents that are whole."""

    number: int
    rows: dict[tuple[str, str], DocumentRow] = field(default_factory=dict)
    points: int = 0
    unfinished: set[tuple[str, str]] = field(default_factory=set)
    """Documents of which more parts are to come; others may be staged in between."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became visible: rows that are live now, documents that are gone, those dropped as blocked meanwhile.

    `stale` are those that were dropped because they are not live any more as they were when they were looked at.
    """

    epoch: int
    rows: tuple[DocumentRow, ...]
    removed: tuple[tuple[str, str], ...]
    blocked: tuple[tuple[str, str], ...]
    stale: tuple[tuple[str, str], ...] = ()


class Publisher:
    """Publishes document sets of one generation; one at a time per ledger, however many processes write."""

    def __init__(self, index: Index, ledger: Ledger, *, generation: str, holder: Holder, index_of: IndexOf) -> None:
        self.index = index
        self.index_of = index_of
        self.ledger = ledger
        self.generation = generation
        self.holder = holder
        self._live = ledger.generation()
        self._staged: Staged | None = None

    def stage(self, documents: Iterable[Stageable]) -> None:
        """Write these versions invisibly, under the publication that the next `publish` commits."""
        if self._staged is None:
            self._staged = Staged(self.ledger.begin_publication(self.generation, self.holder))
        number = self._staged.number
        for document in documents:
            points = document.points(number)
            if points:
                self.index.upsert(points)
            self._staged.points += len(points)
            key = (document.row.source, document.row.id)
            if document.last:
                self._staged.rows[key] = document.staged(number)
                self._staged.unfinished.discard(key)
            else:
                self._staged.unfinished.add(key)

    @property
    def ready(self) -> bool:
        """Whether everything staged is whole, and there is something."""
        return self._staged is not None and bool(self._staged.rows) and not self._staged.unfinished

    def staged_content(self, source: str, id: str) -> str:
        """The content hash of a staged document, empty when it is not staged."""
        row = self._staged.rows.get((source, id)) if self._staged else None
        return str(row.meta.get("content_sha256", "")) if row else ""

    def publish(
        self,
        *,
        removed: Sequence[tuple[str, str]] = (),
        events: Sequence[Event] = (),
        switch_to: str | None = None,
        expected: Expected | None = None,
    ) -> Published:
        """Make everything staged visible, and `removed` (source, document) invisible, in one epoch.

        `expected` are rows as they were live before documents were fetched. Where another one is live by now, what was
        fetched may be older than that, and is left out, and so is what `expected` does not name.
        """
        if self._staged is None:
            self._staged = Staged(self.ledger.begin_publication(self.generation, self.holder))
        staged, self._staged = self._staged, None
        try:
            with (
                span("publish", documents=len(staged.rows), removed=len(removed)) as told,
                self.ledger.lease(PUBLISH_LEASE, self.holder, seconds=LEASE_SECONDS, wait=WAIT_SECONDS),
            ):
                settle(self.ledger, self.index_of)
                self._check_generation()
                done = self._publish(staged, removed, events, switch_to, expected)
                told.tell(epoch=done.epoch, points=staged.points)
                return done
        except BaseException:
            with suppress(HeadwaterError):  # the first error matters; what stays staged goes with this process
                self._give_up(staged.number)
            raise

    def discard(self) -> None:
        """Give up what was staged; its points are collected later."""
        if self._staged is not None:
            number, self._staged = self._staged.number, None
            self.ledger.abandon(number)

    def narrow(self, changes: Sequence[tuple[DocumentRow, Access]]) -> list[DocumentRow]:
        """Take reading rights away from live points at once; answers the rows, under what is left to read them.

        It only ever narrows, so that a crash half-way leaves some points stricter than others and none looser.
        Until `confirm`, the ledger knows no version of these documents: the next run looks at them again and
        writes their access anew, wherever this one was stopped. When they were verified is up to the rows.
        """
        narrowed = [
            replace(row, access=row.access.narrowed_to(new)) for row, new in changes if row.access.takes_from(new)
        ]
        self._touch([replace(row, version="") for row in narrowed])
        for row in narrowed:
            self.index.set_access(point_ids(row.publication, row.source, row.id, row.chunks), row.access)
        return narrowed

    def confirm(self, narrowed: Sequence[DocumentRow]) -> None:
        """Flush what was narrowed, then let the ledger know of it, under the versions that these rows have."""
        if narrowed:
            self.index.flush()
            for row in narrowed:
                self.ledger.set_access(self.generation, row.source, row.id, row.access)
            self._touch(narrowed)

    def _touch(self, rows: Sequence[DocumentRow]) -> None:
        together: dict[tuple[str, datetime], dict[str, str]] = {}
        for row in rows:
            together.setdefault((row.source, row.verified_at), {})[row.id] = row.version
        for (source, verified_at), versions in together.items():
            self.ledger.touch(self.generation, source, versions, verified_at)

    def _check_generation(self) -> None:
        live = self.ledger.generation()
        if live not in (self._live, self.generation):
            raise LeaseLostError(
                f"the index was rebuilt meanwhile: its generation {live} took the place of {self._live}",
                advice="Nothing of this was published since; run again.",
            )

    def _give_up(self, number: int) -> None:
        # One with an intent may have stamped: it is undone, by us or by the next publisher, before it is abandoned.
        if any(p.number == number and p.state == "staging" for p in self.ledger.open_publications()):
            self.ledger.abandon(number)

    def _publish(
        self,
        staged: Staged,
        removed: Sequence[tuple[str, str]],
        events: Sequence[Event],
        switch_to: str | None,
        expected: Expected | None,
    ) -> Published:
        blocked = {(b.source, b.document) for b in self.ledger.blocks()}
        dropped = tuple(key for key in staged.rows if key in blocked)
        stale = self._stale(staged, expected, blocked)
        rows = [row for key, row in staged.rows.items() if key not in blocked and key not in stale]
        self._verify(staged)
        # What was blocked while another generation was filled may have been published there before.
        shut = sorted(blocked) if switch_to is not None else ()
        coming = {(row.source, row.id) for row in rows}
        going = [key for key in dict.fromkeys([*removed, *dropped, *shut]) if key not in coming]
        old = self.ledger.documents_named(self.generation, [*((r.source, r.id) for r in rows), *going])
        epoch = self.ledger.next_epoch()
        intent = Intent(
            publication=staged.number,
            generation=self.generation,
            epoch=epoch,
            new_ids=tuple(i for r in rows for i in point_ids(r.publication, r.source, r.id, r.chunks)),
            old_ids=tuple(i for r in old.values() for i in point_ids(r.publication, r.source, r.id, r.chunks)),
        )
        now = utc_now()
        live = tuple(replace(row, published_at=now) for row in rows)
        gone = tuple(key for key in going if key in old)
        commit = Commit(
            publication=staged.number,
            epoch=epoch,
            rows=live,
            removed=gone,
            events=tuple(
                replace(event, epoch=epoch)
                for event in events
                if (event.source, event.document) not in dropped and (event.source, event.document) not in stale
            ),
            switch_to=switch_to,
        )
        self._stamp_and_commit(intent, commit)
        return Published(epoch, live, gone, dropped, tuple(stale))

    def _stale(
        self, staged: Staged, expected: Expected | None, blocked: Set[tuple[str, str]]
    ) -> dict[tuple[str, str], None]:
        names = [key for key in staged.rows if key not in blocked] if expected is not None else []
        if expected is None or not names:
            return {}
        live = self.ledger.documents_named(self.generation, names)
        return {key: None for key in names if key not in expected or moved(expected[key], live.get(key))}

    def _stamp_and_commit(self, intent: Intent, commit: Commit) -> None:
        self.ledger.write_intent(intent)
        try:
            open_to = Not(Between(field="fence", gte=intent.epoch))
            if intent.new_ids:
                self.index.stamp(intent.new_ids, from_=intent.epoch, where=open_to)
            if intent.old_ids:
                self.index.stamp(intent.old_ids, to=intent.epoch, where=open_to)
            self.index.flush()
            self.ledger.commit(commit)
        except HeadwaterError:
            # A failed commit may have happened after all, or be about to; the ledger alone knows. When it cannot be
            # asked, nothing is undone: whoever publishes next finds the intent, or the commit.
            if self.ledger.committed(intent.publication):
                return
            undo(self.ledger, self.index, intent)
            raise

    def _verify(self, staged: Staged) -> None:
        expected = sum(row.chunks for row in staged.rows.values())
        if staged.unfinished or expected != staged.points:
            self.ledger.abandon(staged.number)
            raise ValueError("a publication takes whole documents, each of them once")
        if not expected:
            return
        found = self.index.count(
            AllOf((OneOf("publication", (staged.number,)), Between(field="from", gte=float(NEVER)))),
        )
        if found != expected:
            self.ledger.abandon(staged.number)
            raise IndexUnavailableError(
                f"publication {staged.number}: {found} of {expected} points arrived in the index",
                advice="Nothing was published; run the same command again.",
            )


def moved(before: DocumentRow | None, live: DocumentRow | None) -> bool:
    """Whether a document was published, removed, or closed to some of its readers in between."""
    if before is None or live is None:
        return before is not live
    return (before.publication, before.access) != (live.publication, live.access)


def settle(ledger: Ledger, index_of: IndexOf) -> int:
    """Undo every publication that was stamping when its writer stopped; returns how many.

    Only the holder of the publish lease may call this: while it is held, nobody else can be stamping. It
    covers every generation, because E is one number for all: raising it past a dead writer's stamps in
    another generation would show half of them.
    """
    undone = 0
    for publication in ledger.open_publications():
        if publication.state != "intent" or publication.intent is None:
            continue
        index = index_of(publication.generation)
        if index is None:
            ledger.abandon(publication.number)
            ledger.forget_publication(publication.number)
        else:
            undo(ledger, index, publication.intent)
        undone += 1
    return undone


def undo(ledger: Ledger, index: Index, intent: Intent) -> None:
    """Back to before the stamps; the new points stay, invisible, until collected, so their vectors are found again.

    Only this publication's own stamps are taken back, so that doing it again, or late, harms nothing.
    """
    epoch = intent.epoch
    if intent.new_ids or intent.old_ids:
        index.stamp((*intent.new_ids, *intent.old_ids), fence=epoch, where=Not(Between(field="fence", gte=epoch)))
    if intent.new_ids:
        index.stamp(intent.new_ids, from_=NEVER, where=Between(field="from", gte=epoch, lte=epoch))
    if intent.old_ids:
        index.stamp(intent.old_ids, to=NEVER, where=Between(field="to", gte=epoch, lte=epoch))
    index.flush()
    ledger.abandon(intent.publication)
