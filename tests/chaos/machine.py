"""A source that is edited at random and misbehaves at random, and what holds after every run over it."""

from collections import Counter
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from flows.approve import approve
from flows.steps import direct_steps, run_sources
from headwater.clock import utc_now
from headwater.ingest.absence import APPROVED, TOMBSTONES, WITHHELD
from headwater.ingest.listing import UNDER_WAY
from headwater.model import Access
from tests.chaos.drawn import (
    accesses,
    broken_off,
    deaths,
    ended_early,
    faults,
    lacking_some,
    lacking_what_fails,
    paragraphs,
    readers_untold,
    statuses,
)
from tests.chaos.reading import SOURCE, ChaosConnector, Direct, Service
from tests.chaos.runs import MAX_REMOVALS, MAX_SHARE, Noted, Ran, Runs
from tests.chaos.states import State, check_whole, looser, state_of
from tests.chaos.wiki import IDS, Faults, Wiki
from tests.ingest.equality import check_equal
from tests.support.compare import disagreements
from tests.support.state import SharedParsing, scratch

WEEK = timedelta(days=8)
FAULT = "fault: "
"""Begins the names of those counts that are of faults."""


class Chaos(RuleBasedStateMachine):
    """Edits and faults pile up until a run, after which everything is checked."""

    parsing: ClassVar[SharedParsing]
    counts: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.folder = self.closing.enter_context(scratch("chaos"))
        self.wiki = self.made()
        self.tokens: list[bytes] = []
        self.absent_before: set[str] = set()
        """Missing from an earlier complete listing, and not listed since."""
        self.called_gone: set[str] = set()
        self.renamed: set[str] = set()
        self.injected_before = 0

    def teardown(self) -> None:
        self.counts.update({f"{FAULT}{name}": times for name, times in self.wiki.injected.items()})
        self.closing.close()

    def made(self) -> Wiki:
        return Wiki()

    def service(self) -> Service:
        return Direct(self.wiki)

    def connector(self, *, cursors: bool, deltas: bool, states_readers: bool, final: bool) -> Noted:
        return ChaosConnector(
            self.service(), cursors=cursors, deltas=deltas, states_readers=states_readers, absence_is_final=final
        )

    @initialize(
        ids=st.lists(st.sampled_from(IDS), min_size=3, max_size=12, unique=True),
        text=paragraphs,
        access=accesses,
        cursors=st.booleans(),
        deltas=st.booleans(),
        states_readers=st.booleans(),
        final=st.booleans(),
    )
    def begin(
        self, ids: list[str], text: tuple[int, ...], access: Access, *,
        cursors: bool, deltas: bool, states_readers: bool, final: bool,
    ) -> None:  # fmt: skip
        for id in ids:
            self.wiki.write(id, text, access)
        connector = self.connector(cursors=cursors, deltas=deltas, states_readers=states_readers, final=final)
        self.runs = Runs(self.folder, connector, self.parsing)
        first = self.run().report
        assert first is not None
        assert first.error == ""

    # what people do ---------------------------------------------------------------------------------------

    @rule(id=st.sampled_from(IDS), text=paragraphs, access=accesses)
    def write(self, id: str, text: tuple[int, ...], access: Access) -> None:
        self.wiki.write(id, text, access)

    @precondition(lambda self: self.wiki.editable)
    @rule(data=st.data(), access=accesses)
    def restrict(self, data: st.DataObject, access: Access) -> None:
        self.wiki.restrict(data.draw(st.sampled_from(self.wiki.editable)), access)

    @precondition(lambda self: self.wiki.editable)
    @rule(data=st.data(), access=accesses)
    def restrict_what_fails(self, data: st.DataObject, access: Access) -> None:
        """Nobody can look at it in the next run, except at what the listing says."""
        id = data.draw(st.sampled_from(self.wiki.editable))
        self.wiki.restrict(id, access)
        self.ingest(Faults(documents={id: [500] * 100}), whole=False, dies_at=None)

    @precondition(lambda self: self.wiki.editable)
    @rule(data=st.data(), new=st.sampled_from(IDS))
    def rename(self, data: st.DataObject, new: str) -> None:
        assume(new not in self.wiki.pages)
        old = data.draw(st.sampled_from(self.wiki.editable))
        self.wiki.rename(old, new)
        self.renamed.add(old)

    @precondition(lambda self: self.wiki.editable)
    @rule(data=st.data(), access=accesses)
    def spoil(self, data: st.DataObject, access: Access) -> None:
        self.wiki.write(data.draw(st.sampled_from(self.wiki.editable)), (), access, malformed=True)

    @precondition(lambda self: self.wiki.editable)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.wiki.delete(data.draw(st.sampled_from(self.wiki.editable)))

    @precondition(lambda self: self.wiki.editable)
    @rule(kept=st.frozensets(st.sampled_from(IDS), max_size=10))
    def delete_many(self, kept: frozenset[str]) -> None:
        for id in self.wiki.editable:
            if id not in kept:
                self.wiki.delete(id)

    @precondition(lambda self: self.wiki.deleted)
    @rule()
    def bring_back(self) -> None:
        for id in self.wiki.deleted:
            self.wiki.bring_back(id)

    # what goes wrong --------------------------------------------------------------------------------------

    @rule(data=st.data(), lost=st.booleans())
    def checkpoint_is_another(self, data: st.DataObject, lost: bool) -> None:
        token = None if lost or not self.tokens else data.draw(st.sampled_from(self.tokens))
        with self.runs.open() as workshop:
            for row in workshop.ledger.sources():
                workshop.ledger.save_source(replace(row, checkpoint=token))

    @rule()
    def a_week_passes(self) -> None:
        """Everything that the ledger knows happened eight days earlier."""
        with self.runs.open() as workshop:
            ledger, generation = workshop.ledger, workshop.generation
            for row in list(ledger.documents(generation, SOURCE)):
                ledger.touch(generation, SOURCE, {row.id: row.version}, row.verified_at - WEEK)
            since = (utc_now() - WEEK).isoformat()
            ledger.learn(SOURCE, TOMBSTONES, dict.fromkeys(ledger.learned(SOURCE, TOMBSTONES) or {}, since))
            ledger.learn(SOURCE, UNDER_WAY, {})

    @rule()
    def approve(self) -> None:
        with self.runs.open() as workshop:
            if (workshop.ledger.learned(SOURCE, WITHHELD) or {}).get("documents"):
                approve(workshop, SOURCE)
                self.counts["approvals"] += 1

    # runs -------------------------------------------------------------------------------------------------

    def run(self, dies_at: int | None = None) -> Ran:
        pages = dict(self.wiki.pages)
        with self.runs.open() as workshop:
            before = state_of(workshop)
            under_way = (workshop.ledger.learned(SOURCE, UNDER_WAY) or {}).get("items", [])
            approved = set((workshop.ledger.learned(SOURCE, APPROVED) or {}).get("documents", ()))
        ran = self.runs.run(dies_at=dies_at)
        ran.said.listed.update(item[1] for item in under_way if item[0] != "gone")
        ran.said.gone.update(item[1] for item in under_way if item[0] == "gone")
        with self.runs.open() as workshop:
            after = state_of(workshop)
            self.tokens += [row.checkpoint for row in workshop.ledger.sources() if row.checkpoint is not None]
            waiting = set((workshop.ledger.learned(SOURCE, WITHHELD) or {}).get("documents", ()))
            waiting |= (workshop.ledger.learned(SOURCE, TOMBSTONES) or {}).keys()
            if ran.report is not None:
                # One without a version was narrowed by a run that died: its points are stricter, until it is listed.
                narrowed = tuple(f"{SOURCE}/{id}:" for id, row in after.rows.items() if not row.version)
                assert [said for said in disagreements(workshop) if not said.startswith(narrowed)] == []
        self.wiki.faults, self.wiki.whole_is_due = Faults(), False
        self._count(ran)
        check_whole(after, self.wiki)
        self._check_removals(ran, before, after, approved, waiting)
        self._check_readers(ran, before, after, {**pages, **self.wiki.pages})
        return ran

    def ingest(self, faults: Faults, whole: bool, dies_at: int | None) -> None:
        if self.runs.connector.absence_is_final or faults.stops_at is not None:
            # What a listing lacks that is all there is, is gone; and a listing ends with something it found.
            faults = replace(faults, omitted=frozenset())
        self.wiki.faults = replace(faults, documents=deepcopy(faults.documents))
        self.wiki.whole_is_due = whole
        self.run(dies_at)

    # Rules are equally likely, and a run is wanted after every second change.
    ingest_now = rule(faults=faults, whole=st.booleans(), dies_at=deaths)(ingest)
    ingest_then = rule(faults=faults, whole=st.booleans(), dies_at=deaths)(ingest)
    ingest_again = rule(faults=faults, whole=st.booleans(), dies_at=deaths)(ingest)
    ingest_well = rule(faults=st.builds(Faults), whole=st.booleans(), dies_at=st.none())(ingest)
    break_off = rule(faults=broken_off, whole=st.just(True), dies_at=st.none())(ingest)
    end_early = rule(faults=ended_early, whole=st.just(True), dies_at=st.none())(ingest)
    lack_some = rule(faults=lacking_some, whole=st.just(True), dies_at=st.none())(ingest)
    lack_what_fails = rule(faults=lacking_what_fails, whole=st.just(True), dies_at=st.none())(ingest)
    tell_no_readers = rule(faults=readers_untold, whole=st.booleans(), dies_at=st.none())(ingest)

    @rule(id=st.sampled_from(IDS), text=paragraphs, access=accesses, status=statuses)
    def tell_nothing_beside(self, id: str, text: tuple[int, ...], access: Access, status: int) -> None:
        """While there is a document to be read."""
        self.wiki.write(id, text, access)
        self.ingest(Faults(beside=True, status=status), whole=False, dies_at=None)

    def _count(self, ran: Ran) -> None:
        report = ran.report
        self.counts["runs"] += 1
        self.counts["runs with faults"] += self.wiki.injected.total() > self.injected_before or report is None
        self.injected_before = self.wiki.injected.total()
        self.counts["died"] += report is None
        if report is not None:
            self.counts["source failed"] += bool(report.error)
            self.counts["withheld"] += bool(report.withheld)
            self.counts["documents failed"] += report.failed
            self.counts["indexed"] += report.indexed
            self.counts["removed"] += report.removed
            self.counts["tombstones"] += report.tombstones

    def _check_removals(self, ran: Ran, before: State, after: State, approved: set[str], waiting: set[str]) -> None:
        """Gone is what the source said is gone, or what a complete listing lacked; never much of it unapproved."""
        removed = before.found.keys() - after.found.keys()
        final = self.runs.connector.absence_is_final
        missing = before.found.keys() - ran.said.listed if ran.said.complete and ran.planned else set()
        for id in removed:
            said = id in ran.said.gone or (id in missing and (final or id in self.absent_before))
            expired = id in self.absent_before and id not in ran.said.listed
            assert said or expired, (id, "removed")
        many = removed - self.renamed
        if len(many) > MAX_REMOVALS and len(many) > MAX_SHARE * len(before.found):
            assert removed <= approved, (removed, "removed together")
        if ran.planned:
            self.absent_before |= missing
            self.called_gone |= ran.said.gone
        if ran.report is not None and not ran.report.error:
            self.absent_before -= ran.said.listed
            self.called_gone -= ran.said.listed - ran.said.gone
            unfounded = waiting - self.absent_before - self.called_gone
            assert not unfounded, (unfounded, "waits for removal although nobody missed it")

    def _check_readers(self, ran: Ran, before: State, after: State, pages: dict[str, object]) -> None:
        for id, one in after.found.items():
            old = before.found[id].accesses if id in before.found else ()
            new = [self.wiki.pages[id].access] if id in self.wiki.pages else []
            new += [ran.said.readers[id]] if id in ran.said.readers else []
            assert not looser(one, [*old, *new]), (id, "read by someone whom neither admits")
            if ran.planned and ran.report is not None and id in ran.said.readers:
                assert not looser(one, [ran.said.readers[id]]), (id, "looser than the source said")
        if ran.report is not None:
            for id, row in after.rows.items():
                assert utc_now() - row.verified_at < timedelta(days=7) or not row.access.allow, (id, "not verified")

    @rule()
    def converge(self) -> None:
        """Without faults, one complete run and what a person has to approve make it equal to a fresh index."""
        self.wiki.faults = Faults()
        with self.runs.open() as workshop:
            broken_off = bool(workshop.ledger.learned(SOURCE, UNDER_WAY))
        if broken_off:
            self.run()
        self.wiki.whole_is_due = True
        ran = self.run()
        assert ran.report is not None
        assert ran.report.error == ""
        if ran.report.withheld:
            self.approve()
            self.wiki.whole_is_due = True
            again = self.run().report
            assert again is not None
            assert (again.error, again.withheld) == ("", 0)
        with self.runs.open() as workshop, scratch("fresh") as home, self.runs.open(home) as fresh:
            run_sources(fresh, [SOURCE], direct_steps(fresh))
            assert state_of(workshop).found.keys() <= self.wiki.pages.keys()
            check_equal(workshop, fresh, {})
        self.counts["converged"] += 1
