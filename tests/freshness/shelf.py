"""A ledger that is filled by hand, and the report of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from headwater.clock import told_by
from headwater.freshness.report import Reporter
from headwater.freshness.terms import Terms
from headwater.freshness.values import DocumentStanding, Finding, Report
from headwater.ledger.base import Commit, DocumentRow, Failure, Intent, Ledger, Likeness
from headwater.ledger.holder import this_process
from headwater.ledger.standing import CONTENT, Change, Listing
from headwater.model import Access
from headwater.settings import Promises

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def ago(**length: float) -> datetime:
    """`ago(days=3)` before noon of the day that the tests live in."""
    return NOON - timedelta(**length)


@dataclass(slots=True)
class Shelf:
    """`put` documents, note what `looked` at their source, then `report`."""

    ledger: Ledger
    promises: Promises = field(default_factory=Promises)
    contacts: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    """Other terms of the source `docs`."""

    def put(
        self,
        id: str,
        *,
        changed: datetime | None = None,
        after: datetime | None = None,
        detected: datetime | None = None,
        searchable: datetime = NOON,
        what: str = CONTENT,
        links: Sequence[str] = (),
        source: str = "docs",
        **values: Any,
    ) -> None:
        row: dict[str, Any] = {
            "version": "1", "content_hash": "c", "fingerprint": "f", "access": Access(frozenset({"public"})),
            "chunks": 1, "kind": "help", "title": f"Title of {id}", "uri": f"file:///docs/{id}",
            "updated_at": ago(days=1), "meta": {},
        }  # fmt: skip
        change = Change(what, changed, after, detected or searchable, tuple(links))
        number = self.ledger.begin_publication("g1", this_process("test"))
        row |= values
        self._commit(number, DocumentRow(
            source=source, id=id, publication=number, detected_at=detected or searchable, published_at=searchable,
            verified_at=searchable, change=change, **row,
        ))  # fmt: skip

    def remove(self, id: str, *, at: datetime, source: str = "docs") -> None:
        with told_by(lambda: at):
            self._commit(self.ledger.begin_publication("g1", this_process("test")), removed=((source, id),))

    def _commit(self, number: int, *rows: DocumentRow, removed: tuple[tuple[str, str], ...] = ()) -> None:
        epoch = self.ledger.next_epoch()
        self.ledger.write_intent(Intent(publication=number, generation="g1", epoch=epoch, new_ids=(), old_ids=()))
        self.ledger.commit(Commit(publication=number, epoch=epoch, rows=rows, removed=removed))

    def looked(self, at: datetime = NOON, *, error: str = "", source: str = "docs") -> None:
        look = Listing(
            source=source,
            run="r",
            began_at=at - timedelta(minutes=1),
            ended_at=at,
            complete=not error,
            vouched=not error,
            error=error,
        )
        self.ledger.note_listing(look)

    def fail(self, id: str, *, since: datetime, error: str = "ParseError", reason: str = "broken", **more: Any) -> None:
        values: dict[str, Any] = {
            "source": "docs",
            "version": "2",
            "fingerprint": "f",
            "retriable": False,
            "attempts": 2,
        }
        values |= {"first_at": since, "last_at": NOON, **more}
        self.ledger.save_failures("g1", [Failure(document=id, error=error, reason=reason, **values)])

    def alike(self, *ids: str) -> None:
        """One cluster of live documents; the first stands for the others."""
        publications = {row.id: row.publication for row in self.ledger.documents("g1")}
        found = [
            Likeness(
                source="docs",
                document=id,
                publication=publications[id],
                signature=b"",
                cluster="c",
                canonical=id == ids[0],
            )
            for id in ids
        ]
        self.ledger.save_likenesses("g1", found)

    def report(self, *, now: datetime = NOON, at: datetime | None = None, only: Sequence[str] | None = None) -> Report:
        terms = {"docs": Terms(name="docs", promises=self.promises, configured=True, **self.more)}
        return Reporter(self.ledger, "g1", terms, self.contacts, now=now, at=at, only=only).report()

    def one(self, id: str, **when: Any) -> DocumentStanding:
        (found,) = (one for one in self.report(**when).documents if one.document == id)
        return found

    def findings(self, **when: Any) -> dict[str, Finding]:
        """By kind; no kind twice."""
        found = self.report(**when).findings
        by_kind = {str(finding.kind): finding for finding in found}
        assert len(by_kind) == len(found), [finding.key for finding in found]
        return by_kind
