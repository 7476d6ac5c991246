"""One source, one run: plan, take rights away first, then batches of documents, then removals."""

import time
from collections import Counter
from collections.abc import Generator, Iterator

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from headwater.clock import utc_now
from headwater.errors import CredentialError, RetriableError, TransientSourceError
from headwater.ingest.changes import Past
from headwater.ingest.listing import began_at
from headwater.ingest.look import Look, Settled, failed, look, still
from headwater.ingest.outcomes import Outcomes
from headwater.ingest.overtaken import Overtaken
from headwater.ingest.plan import Plan, plan_document, plan_source
from headwater.ingest.removals import Removals
from headwater.ingest.report import SourceReport
from headwater.ingest.revoking import Revoking
from headwater.ingest.sampling import KEPT_BYTES, outdated
from headwater.ingest.stale_access import close_stale, finding, note_listed
from headwater.ingest.stream import Carry, Group, Idle, Step, stream
from headwater.ingest.tools import Tools
from headwater.ledger.base import DocumentRow, Event, Failure
from headwater.model import Failed, Indexed, Ref, Removed, Skipped
from headwater.tracing import span

BATCH_DOCUMENTS = 150
BATCH_ATTEMPTS = 4
PUBLISH_SECONDS = 5.0
REMOVED_TOGETHER = 2_000
REFUSED_TOGETHER = 20
"""One document may be closed to our credentials; so many in a row are all of them."""


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
        self._new: set[str] = set()
        self._going: Removals | None = None
        self._revoking = Revoking(tools, self._outcomes, self._row, self._failure)
        self._kept = self._revoking.kept
        self._overtaken = Overtaken()
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
            with span("scan", source=self.name) as scanned:
                plan = plan_source(tools.connector, tools.ledger, generation, tools.fingerprint, self._pause)
                scanned.tell(listed=plan.listed, changed=len(plan.changed), absent=len(plan.absent))
        else:
            plan = plan_document(self._only, tools.connector.name, tools.ledger)
        self._plan = plan
        self._pending = {ref.id: ref for ref in plan.changed}
        self._new = set(plan.new) - self._overtaken.ids
        self.report.unchanged += plan.unchanged
        for failure in plan.failing:
            self._outcomes.count(failure.document, still(failure))
        for entry in plan.unreadable:
            self._outcomes.settle(Settled(Ref(entry.id, ""), Failed(entry.error, entry.reason, retriable=True)))
        for id, reason in plan.blocked:
            self._outcomes.count(id, Skipped(f"blocked: {reason}"))
        # What could not be read in between, and is listed as it was indexed, fails no more.
        gone = [id for id in plan.forgotten if id not in self._overtaken.ids]
        self._outcomes.forget([*gone, *(ref.id for ref in plan.same)])
        failing = [failure.document for failure in plan.failing]
        same = ((ref.id, ref.version) for ref in plan.same if ref.id not in self._overtaken.ids)
        note_listed(tools, same, failing)
        tools.listener.planned(self.name, listed=plan.listed, changed=len(plan.changed) + len(plan.absent))
        return plan

    def revoke(self, keep: int = KEPT_BYTES) -> int:
        """Take reading rights away from live documents, once, before anything is parsed; returns how many.

        Of the bodies that are fetched to learn their access, `keep` bytes are held for `batch`.
        """
        narrowed = self._outcomes.narrowed
        if not self._revoked:
            with span("revoke", source=self.name, documents=len(self._pending)) as revoked:
                narrowed.update(self._revoking.revoke(list(self._pending.values()), keep, self._pause))
                revoked.tell(narrowed=len(narrowed))
            if narrowed:
                self._outcomes.flush()
            self._revoked = True
        return len(narrowed)

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
        plan = self.plan()
        if self._learned or self.tools.learn is None or not plan.complete or self._only is not None:
            return
        again = outdated(self.tools, plan, self._pending, self._kept, self._pause)
        self._pending |= {ref.id: ref for ref in again}
        self.report.unchanged -= len(again)
        self._learned = True

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
            while self._steps is not None:
                step = next(self._steps, None)
                if step is None:
                    # What is pending all the same by then has to be looked at again.
                    self._steps = None
                    break
                self._take(step)
                self._pause()
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
            self._new = set()
            self.close()
            raise

    def _looks(self, refs: list[Ref]) -> Iterator[Look]:
        refused = 0
        for ref in refs:
            # In this order: what was kept is gone before anybody else publishes the document.
            row = self._overtaken.fetching(ref.id, self._row(ref.id))
            kept = self._kept.pop(ref.id, None)
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
            case Idle():
                pass
            case Settled(ref) if ref.id in self._overtaken.ids and self._overtaken.is_older(ref.id, self._row(ref.id)):
                self._once_more(ref.id)
            case Settled(ref, Removed()):
                self._pending.pop(ref.id)
                self._overtaken.forget(ref.id)
                if self._row(ref.id) is not None:
                    self._removals.absent.setdefault(ref.id, "")
            case Settled(ref):
                self._pending.pop(ref.id)
                self._overtaken.forget(ref.id)
                self._outcomes.settle(step)
            case Carry(ref, carried):
                with span("stage", source=self.name, document=ref.id, carried=1):
                    self.tools.publisher.stage([carried])
                self._counts[ref.id] = Counter(reused=len(carried.points_before))
                self._staged.add(ref.id)
            case Group(prepared, refs, staged):
                with span("stage", source=self.name, documents=len(prepared)):
                    self.tools.publisher.stage(prepared)
                # Nothing is embedded until `staged` is called, so that what is urgent has the model for itself.
                self._pause()
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
        expected = self._overtaken.expected(self.name, self._staged)
        removed = [(self.name, id) for id in renamed]
        done = self.tools.publisher.publish(removed=removed, events=events, expected=expected)
        self._last_publish = time.monotonic()
        self._outcomes.indexed([(row, self._indexed(row.id)) for row in done.rows])
        for _, id in done.blocked:
            self._outcomes.count(id, Skipped("blocked while this run was under way"))
        self._removed(renamed)
        stale = {id for _, id in done.stale}
        for id in stale:
            self._once_more(id)
        for id in self._staged - stale:
            self._pending.pop(id, None)
            self._overtaken.forget(id)
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
        self._pause()
        self._revoking.narrow_found(self._removals.settle_unsure())
        going = self._removals.believed()
        for start in range(0, len(going), REMOVED_TOGETHER):
            part = going[start : start + REMOVED_TOGETHER]
            events = [self._outcomes.make_event(id, "removed", reason=Removed().reason) for id in part]
            with span("remove", source=self.name, documents=len(part)):
                done = self.tools.publisher.publish(removed=[(self.name, id) for id in part], events=events)
            self._removed(part)
            self.tools.listener.published(self.name, documents=0, epoch=done.epoch)
        self._outcomes.flush()

    def _removed(self, ids: list[str]) -> None:
        for id in ids:
            del self._removals.absent[id]
            self._outcomes.count(id, Removed())
        self._outcomes.forget(ids)

    # what others ask for meanwhile ------------------------------------------------------------------------

    def _pause(self) -> None:
        """Between micro-batches: what was announced meanwhile is looked at first."""
        self.tools.between()

    def overtake(self, id: str) -> None:
        """Somebody is about to look at this document under the lease of this run, or just did.

        What was learned of it before is older; call it before and after.
        """
        if not self._overtaken.ids:
            self._outcomes.flush()
        self._overtaken.add(id)
        self._kept.pop(id, None)
        self._new.discard(id)
        if self._going is not None:
            self._going.absent.pop(id, None)

    def _once_more(self, id: str) -> None:
        """It stays pending, and is looked at when everything else was; a few times at most."""
        self._new.discard(id)
        if not self._overtaken.once_more(id):
            ref = self._pending.pop(id)
            often = TransientSourceError("it changed again each time it was looked at", advice="Run again.")
            self._outcomes.settle(Settled(ref, failed(often)))

    @property
    def _removals(self) -> Removals:
        if self._going is None:
            whole = self._only is None
            self._going = Removals(self.tools, self.report, self.plan(), whole=whole, overtaken=self._overtaken.ids)
        return self._going

    def _failure(self, id: str) -> Failure | None:
        """What is not to be tried again in the same version, unless a person names the document."""
        return self._outcomes.failure_before(id) if self._only is None else None

    def _row(self, id: str) -> DocumentRow | None:
        """The live document; asked for before it is published, and nobody else publishes under this source's lease."""
        if id in self._new:
            return None
        return self.tools.ledger.document(self.tools.publisher.generation, self.name, id)
