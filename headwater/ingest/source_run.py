"""One source, one run: plan, take rights away first, then batches of documents, then removals."""

import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import replace

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from headwater.clock import utc_now
from headwater.errors import CredentialError, HeadwaterError, ParseError, RetriableError
from headwater.ingest.changes import Past
from headwater.ingest.fingerprint import is_current
from headwater.ingest.listing import began_at
from headwater.ingest.look import Look, Settled, fetch, known_version, look, still
from headwater.ingest.outcomes import Outcomes
from headwater.ingest.plan import Plan, plan_document, plan_source
from headwater.ingest.removals import Removals
from headwater.ingest.report import SourceReport
from headwater.ingest.stale_access import close_stale, finding, note_listed, note_verified
from headwater.ingest.stream import Carry, Group, Step, stream
from headwater.ingest.tools import Tools
from headwater.ledger.base import DocumentRow, Event, Failure
from headwater.model import Access, Failed, Indexed, NotModified, RawDocument, Ref, Removed, Skipped

BATCH_DOCUMENTS = 150
BATCH_ATTEMPTS = 4
PUBLISH_SECONDS = 5.0
REMOVED_TOGETHER = 2_000
NARROWED_TOGETHER = 100
NARROW_SECONDS = 0.5
"""Rights are taken away from this many documents together, or from as many as were found in this time."""
REFUSED_TOGETHER = 20
"""One document may be closed to our credentials; so many in a row are all of them."""
KEPT_BYTES = 32 * 2**20
"""Bodies fetched to learn their access are kept up to this much in a run, so that they need no second fetch."""


class SourceRun:
    """Call `plan`, `revoke`, `batch` until it answers False, then `finish`."""

    def __init__(self, tools: Tools, *, run: str, only: str | None = None) -> None:
        self.tools = tools
        self.name = tools.connector.name
        self.report = SourceReport(self.name)
        self._only = only
        self.began_at = utc_now()
        """When the listing began that this run compares with."""
        self._past = Past(tools.ledger, self.name, tools.publisher.generation)
        self._plan: Plan | None = None
        self._revoked = self._learned = False
        self._outcomes = Outcomes(tools, run, self.report)
        self._pending: dict[str, Ref] = {}
        self._new: frozenset[str] = frozenset()
        self._going: Removals | None = None
        self._kept: dict[str, RawDocument] = {}
        self._steps: Generator[Step, None, None] | None = None
        self._staged: set[str] = set()
        self._counts: dict[str, Counter[str]] = {}
        self._last_publish = 0.0

    @property
    def whole(self) -> bool:
        """Whether the source is looked at as a whole, and not one document of it."""
        return self._only is None

    # planning ---------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Scan and compare, once; documents that need nothing are counted here."""
        if self._plan is not None:
            return self._plan
        tools, generation = self.tools, self.tools.publisher.generation
        tools.listener.scanning(self.name)
        if self._only is None:
            self.began_at = began_at(tools.connector, tools.ledger)
            plan = plan_source(tools.connector, tools.ledger, generation, tools.fingerprint)
        else:
            plan = plan_document(self._only, tools.connector.name, tools.ledger)
        self._plan = plan
        self._pending = {ref.id: ref for ref in plan.changed}
        self._new = plan.new
        self.report.unchanged += plan.unchanged
        for failure in plan.failing:
            self._outcomes.count(failure.document, still(failure))
        for entry in plan.unreadable:
            self._outcomes.settle(Settled(Ref(entry.id, ""), Failed(entry.error, entry.reason, retriable=True)))
        for id, reason in plan.blocked:
            self._outcomes.count(id, Skipped(f"blocked: {reason}"))
        # What could not be read in between, and is listed as it was indexed, fails no more.
        self._outcomes.forget([*plan.forgotten, *(ref.id for ref in plan.same)])
        failing = [failure.document for failure in plan.failing]
        note_listed(tools, ((ref.id, ref.version) for ref in plan.same), failing)
        tools.listener.planned(self.name, listed=plan.listed, changed=len(plan.changed) + len(plan.absent))
        return plan

    def revoke(self, keep: int = KEPT_BYTES) -> int:
        """Take reading rights away from live documents, once, before anything is parsed; returns how many.

        Of the bodies that are fetched to learn their access, `keep` bytes are held for `batch`.
        """
        narrowed = self._outcomes.narrowed
        if self._revoked:
            return len(narrowed)
        together: list[tuple[DocumentRow, Access]] = []
        verified: list[DocumentRow] = []
        since = time.monotonic()
        for row, new in self._access_changes(keep):
            verified.append(row)
            if row.access.takes_from(new):
                together.append((row, new))
            if len(together) >= NARROWED_TOGETHER or time.monotonic() - since > NARROW_SECONDS:
                narrowed.update(self._narrow(together))
                together, since = [], time.monotonic()
        narrowed.update(self._narrow(together))
        self.tools.publisher.confirm(list(narrowed.values()))
        note_verified(self.tools, verified)
        if narrowed:
            self._outcomes.flush()
        self._revoked = True
        return len(narrowed)

    def _narrow(self, changes: list[tuple[DocumentRow, Access]]) -> dict[str, DocumentRow]:
        now = utc_now()
        changes = [(replace(row, verified_at=now), new) for row, new in changes]
        versions = {row.id: row.version for row, _ in changes}
        for id, version in versions.items():
            self._outcomes.event(id, "access narrowed", version=version)
        return {row.id: row for row in self.tools.publisher.narrow(changes)}

    def _access_changes(self, keep: int) -> Iterator[tuple[DocumentRow, Access]]:
        kept = 0
        for ref in list(self._pending.values()):
            row = self._row(ref.id)
            if row is None:
                continue
            if ref.access is not None:
                yield row, ref.access
                continue
            try:
                failure = self._failure(ref.id)
                raw = fetch(self.tools.connector, ref.id, known_version(self.tools, None, failure))
            except HeadwaterError:
                # It is met again, and recorded, when the document's turn comes.
                continue
            if isinstance(raw, NotModified):
                # What failed before fails in the same version now, and its readers were reduced then.
                yield row, row.access
                continue
            if kept + len(raw.content) <= keep:
                kept += len(raw.content)
                self._kept[ref.id] = raw
            yield row, raw.access

    # documents --------------------------------------------------------------------------------------------

    def batch(self, documents: int = BATCH_DOCUMENTS) -> bool:
        """Index about `documents` more; False when none is left. Passing faults are retried, bounded in number."""
        attempts = Retrying(
            retry=retry_if_exception_type(RetriableError),
            stop=stop_after_attempt(BATCH_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.5, max=10),
            reraise=True,
        )
        return attempts(self._batch, documents)

    def look_ahead(self) -> None:
        """Begin to fetch, parse and embed, a bounded distance ahead of the first `batch`; after `revoke` only."""
        self._learn()
        if self._steps is None and self._pending:
            self._steps = stream(self.tools, self._looks(list(self._pending.values())))

    def _learn(self) -> None:
        """Ahead of the first chunk: what is learned of a source may change how any of its documents comes out."""
        tools, plan = self.tools, self.plan()
        if self._learned or tools.learn is None or not plan.complete or self._only is not None:
            return
        listed = {ref.id: ref.content or ref.version for ref in (*plan.same, *plan.changed)}
        listed |= {failure.document: failure.version for failure in plan.failing}
        if tools.learn(listed, self._sampled):
            live = tools.ledger.versions(tools.publisher.generation, self.name)
            again = [ref for ref in plan.same if not is_current(live[ref.id][1], tools.fingerprint)]
            self._pending |= {ref.id: ref for ref in again}
            self.report.unchanged -= len(again)
        self._learned = True

    def _sampled(self, id: str) -> RawDocument | None:
        try:
            raw = self._kept.get(id) or fetch(self.tools.connector, id)
        except HeadwaterError:
            return None
        if isinstance(raw, NotModified):
            return None
        if id in self._pending and sum(len(one.content) for one in self._kept.values()) < KEPT_BYTES:
            self._kept[id] = raw
        try:
            return replace(raw, media_type=self.tools.media_type(raw))
        except ParseError:
            return replace(raw, media_type="")

    def close(self) -> None:
        """Stop looking ahead; what was staged but not published is given up."""
        if self._steps is not None:
            self._steps.close()
        self._steps = None
        self._staged.clear()
        self._counts.clear()
        self.tools.publisher.discard()

    def _batch(self, documents: int) -> bool:
        goal = max(0, len(self._pending) - documents)
        publisher = self.tools.publisher
        try:
            self.look_ahead()
            while self._steps is not None and (step := next(self._steps, None)) is not None:
                self._take(step)
                if publisher.ready and time.monotonic() - self._last_publish >= PUBLISH_SECONDS:
                    self._publish()
                if goal and len(self._pending) - len(self._staged) <= goal and publisher.ready:
                    break
            if publisher.ready:
                self._publish()
            self._outcomes.flush()
            return bool(self._pending)
        except BaseException:
            # What was staged is still pending, so it comes again on a retry; it may be live by now.
            self._new = frozenset()
            self.close()
            raise

    def _looks(self, refs: list[Ref]) -> Iterator[Look]:
        refused = 0
        for ref in refs:
            row, kept = self._row(ref.id), self._kept.pop(ref.id, None)
            found = look(self.tools, ref, row, kept, utc_now(), self._failure(ref.id), self._past)
            yield found
            match found:
                case Settled(_, Failed(CredentialError.__name__, reason)):
                    refused += 1
                    if refused == REFUSED_TOGETHER:
                        raise CredentialError(reason)
                case _:
                    refused = 0

    def _take(self, step: Step) -> None:
        match step:
            case Settled(ref, Removed()):
                self._pending.pop(ref.id)
                if self._row(ref.id) is not None:
                    self._removals.absent.setdefault(ref.id, "")
            case Settled(ref):
                self._pending.pop(ref.id)
                self._outcomes.settle(step)
            case Carry(ref, carried):
                self.tools.publisher.stage([carried])
                self._counts[ref.id] = Counter(reused=len(carried.points_before))
                self._staged.add(ref.id)
            case Group(prepared, refs, staged):
                self.tools.publisher.stage(prepared)
                staged()
                for document in prepared:
                    fresh = sum(chunk.fresh for chunk in document.chunks)
                    count = self._counts.setdefault(document.row.id, Counter())
                    count.update(embedded=fresh, reused=len(document.chunks) - fresh)
                self._staged.update(ref.id for ref in refs)

    def _publish(self) -> None:
        """Publish what is staged, together with the old name of anything that was renamed."""
        events = [self._indexed_event(id) for id in self._staged]
        new = {self._hash_of(id) for id in self._staged} - {""}
        renamed = self._removals.renamed(new)
        events += [self._outcomes.make_event(id, "removed", reason="renamed") for id in renamed]
        done = self.tools.publisher.publish(removed=[(self.name, id) for id in renamed], events=events)
        self._last_publish = time.monotonic()
        self._outcomes.indexed([(row, self._indexed(row.id)) for row in done.rows])
        for _, id in done.blocked:
            self._outcomes.count(id, Skipped("blocked while this run was under way"))
        self._removed(renamed)
        for id in self._staged:
            self._pending.pop(id, None)
        self._staged.clear()
        self._counts.clear()
        self.tools.listener.published(self.name, documents=len(done.rows), epoch=done.epoch)

    def _hash_of(self, id: str) -> str:
        return self.tools.publisher.staged_content(self.name, id) if self._removals.absent else ""

    def _indexed(self, id: str) -> Indexed:
        count = self._counts[id]
        return Indexed(count.total(), embedded=count["embedded"], reused=count["reused"])

    def _indexed_event(self, id: str) -> Event:
        made = self._indexed(id)
        version = self._pending[id].version
        return self._outcomes.make_event(id, "indexed", version=version, chunks=made.chunks, embedded=made.embedded)

    def close_stale(self) -> None:
        """However the run ended: what the source could not verify the readers of for too long is read by nobody."""
        for row in close_stale(self.tools, utc_now()) if self._only is None else ():
            self._outcomes.event(row.id, "access narrowed", reason=finding(row), version=row.version)
            self.report.note(row.id, finding(row))
        self._outcomes.flush()

    # the end ----------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Remove what is gone from the source, in as few epochs as possible, unless it is suspiciously much."""
        self._narrow_found(self._removals.settle_unsure())
        going = self._removals.believed()
        for start in range(0, len(going), REMOVED_TOGETHER):
            part = going[start : start + REMOVED_TOGETHER]
            events = [self._outcomes.make_event(id, "removed", reason=Removed().reason) for id in part]
            done = self.tools.publisher.publish(removed=[(self.name, id) for id in part], events=events)
            self._removed(part)
            self.tools.listener.published(self.name, documents=0, epoch=done.epoch)
        self._outcomes.flush()

    def _narrow_found(self, found: list[RawDocument]) -> None:
        """Those that are there although they are not listed, and may be read by fewer than before."""
        rows = [(row, raw.access) for raw in found if (row := self._row(raw.id)) is not None]
        narrowed = self._narrow([(row, new) for row, new in rows if row.access.takes_from(new)])
        self.tools.publisher.confirm(list(narrowed.values()))
        note_verified(self.tools, (row for row, _ in rows))

    def _removed(self, ids: list[str]) -> None:
        for id in ids:
            del self._removals.absent[id]
            self._outcomes.count(id, Removed())
        self._outcomes.forget(ids)

    @property
    def _removals(self) -> Removals:
        if self._going is None:
            self._going = Removals(self.tools, self.report, self.plan(), whole=self._only is None)
        return self._going

    def _failure(self, id: str) -> Failure | None:
        """What is not to be tried again in the same version, unless a person names the document."""
        return self._outcomes.failure_before(id) if self._only is None else None

    def _row(self, id: str) -> DocumentRow | None:
        """The live document; asked for before it is published, and nobody else publishes under this source's lease."""
        if id in self._new:
            return None
        return self.tools.ledger.document(self.tools.publisher.generation, self.name, id)
