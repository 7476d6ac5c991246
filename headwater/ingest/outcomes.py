"""Where outcomes go: the report, the listener, and (in batches) the ledger's history and memory of failures."""

from collections.abc import Sequence

from headwater.clock import utc_now
from headwater.ingest.look import Settled
from headwater.ingest.report import SourceReport
from headwater.ingest.stripped import has_hidden
from headwater.ingest.tools import Tools
from headwater.ledger.base import DocumentRow, Event, Failure
from headwater.model import Failed, Indexed, Outcome, Quarantined, Unchanged


class Outcomes:
    """Buffers what one source's run learns of its documents; `flush` makes it durable."""

    def __init__(self, tools: Tools, run: str, report: SourceReport) -> None:
        self._tools = tools
        self._run = run
        self._report = report
        self._generation = tools.publisher.generation
        self._before = {f.document: f for f in tools.ledger.failures(self._generation, report.source)}
        self._events: list[Event] = []
        self._failures: list[Failure] = []
        self._cleared: set[str] = set()
        self._versions: dict[str, str] = {}
        self.narrowed: dict[str, DocumentRow] = {}
        """Live documents whose readers were reduced in this run, ahead of anything else."""

    def failure_before(self, document: str) -> Failure | None:
        """What became of its newest version in an earlier run, if that failed."""
        return self._before.get(document)

    def count(self, document: str, outcome: Outcome) -> None:
        """Report an outcome that needs no line in the history (nothing happened to the document)."""
        self._report.count(document, outcome)
        self._tools.listener.document(self._report.source, document, outcome)

    def settle(self, settled: Settled) -> None:
        """Report and remember a document for which nothing was written."""
        id, outcome = settled.ref.id, settled.outcome
        match outcome:
            case Unchanged():
                self._versions[id] = settled.ref.version
                self._cleared.add(id)
                if id in self.narrowed:
                    chunks = self.narrowed[id].chunks
                    outcome = Indexed(chunks, embedded=0, reused=chunks)
            case Failed(error, reason, retriable):
                self._failures.append(self._failure(settled, error, reason, retriable))
                self.event(id, "failed", reason=f"{error}: {reason}", version=settled.ref.version)
            case Quarantined(finding):
                self._failures.append(self._failure(settled, Quarantined.__name__, finding, retriable=False))
                self.event(id, "quarantined", reason=finding, version=settled.ref.version)
            case _:
                pass
        self.count(id, outcome)

    def indexed(self, rows: Sequence[tuple[DocumentRow, Indexed]]) -> None:
        """Report documents that were just published; their events were part of the commit."""
        for row, outcome in rows:
            self._cleared.add(row.id)
            self.count(row.id, outcome)
            self._report.hidden += has_hidden(row.meta)
            findings = row.meta.get("access_findings", ())
            for finding in findings if isinstance(findings, tuple) else ():
                self._report.note(row.id, finding)

    def forget(self, documents: Sequence[str]) -> None:
        """Gone from the source, or taken out by a person: their failures need not be remembered."""
        self._cleared.update(documents)

    def event(self, document: str, outcome: str, *, reason: str = "", version: str = "") -> None:
        self._events.append(self.make_event(document, outcome, reason=reason, version=version))

    def make_event(
        self,
        document: str,
        outcome: str,
        *,
        reason: str = "",
        version: str = "",
        chunks: int = 0,
        embedded: int = 0,
    ) -> Event:
        return Event(
            at=utc_now(),
            run=self._run,
            source=self._report.source,
            document=document,
            outcome=outcome,
            reason=reason,
            version=version,
            chunks=chunks,
            embedded=embedded,
        )

    def flush(self) -> None:
        ledger, source = self._tools.ledger, self._report.source
        if self._versions:
            ledger.touch(self._generation, source, self._versions, utc_now())
        if self._failures:
            ledger.save_failures(self._generation, self._failures)
        cleared = (self._cleared & self._before.keys()) - {f.document for f in self._failures}
        if cleared:
            ledger.clear_failures(self._generation, [(source, document) for document in sorted(cleared)])
        if self._events:
            ledger.record(self._events)
        self._versions, self._failures, self._events = {}, [], []
        self._cleared.clear()

    def _failure(self, settled: Settled, error: str, reason: str, retriable: bool) -> Failure:
        before, now = self._before.get(settled.ref.id), utc_now()
        return Failure(
            source=self._report.source,
            document=settled.ref.id,
            version=settled.ref.version,
            fingerprint=settled.fingerprint,
            error=error,
            reason=reason,
            retriable=retriable,
            attempts=before.attempts + 1 if before else 1,
            first_at=before.first_at if before else now,
            last_at=now,
        )
