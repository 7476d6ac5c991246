"""Any sequence of publications, on any ledger, leaves what a few dictionaries would hold."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from headwater.errors import LeaseLostError, StateError
from headwater.ledger.base import Commit, DocumentRow, Event, Intent
from headwater.ledger.holder import this_process
from headwater.model import Access

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=6)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))
SOURCES = st.sampled_from(["handbook", "wiki"])
GENERATIONS = st.sampled_from(["g1", "g2"])
IDS = st.sampled_from(["a", "b", "guide/a", "A", "caf\udce9", "x\0y", "\U0010f8ff"]) | ANYTHING
PRINCIPALS = st.frozensets(st.sampled_from(["public", "group:a", "group:ü", "user:x@y.z"]))
ACCESS = st.builds(Access, PRINCIPALS, PRINCIPALS)
META = st.dictionaries(
    ANYTHING,
    ANYTHING | st.integers() | st.floats(allow_nan=False) | st.lists(ANYTHING, max_size=3).map(tuple),
    max_size=3,
)
ROWS = st.builds(
    DocumentRow,
    source=SOURCES,
    id=IDS,
    version=ANYTHING,
    content_hash=ANYTHING,
    fingerprint=ANYTHING,
    access=ACCESS,
    publication=st.integers(0, 2**53),
    chunks=st.integers(0, 100_000),
    kind=ANYTHING,
    title=ANYTHING,
    uri=ANYTHING,
    updated_at=st.none() | MOMENTS,
    detected_at=MOMENTS,
    published_at=MOMENTS,
    verified_at=MOMENTS,
    meta=META,
)
EVENTS = st.builds(Event, at=MOMENTS, run=ANYTHING, source=SOURCES, document=IDS, outcome=ANYTHING, reason=ANYTHING)


@dataclass
class Begun:
    generation: str
    state: str = "staging"
    epoch: int = 0


@dataclass
class Model:
    """What the ledger should hold."""

    epoch: int = 0
    attempted: int = 0
    generation: str = "g1"
    begun: dict[int, Begun] = field(default_factory=dict)
    rows: dict[tuple[str, str, str], DocumentRow] = field(default_factory=dict)
    history: list[Event] = field(default_factory=list)

    def of(self, generation):
        return {key[1:]: row for key, row in self.rows.items() if key[0] == generation}


class Publications(RuleBasedStateMachine):
    numbers = Bundle("numbers")
    make_ledger = None

    @initialize()
    def empty(self):
        self.ledger = type(self).make_ledger()
        self.me, self.model = this_process("machine"), Model()

    @rule(target=numbers, generation=GENERATIONS)
    def begin(self, generation):
        number = self.ledger.begin_publication(generation, self.me)
        assert number > max(self.model.begun, default=0)
        self.model.begun[number] = Begun(generation)
        return number

    @rule(target=numbers, generation=GENERATIONS)
    def begin_with_intent(self, generation):
        number = self.begin(generation)
        self.write_intent(number)
        return number

    @rule(number=numbers)
    def write_intent(self, number):
        begun, epoch = self.model.begun[number], self.ledger.next_epoch()
        assert epoch > self.model.attempted
        self.model.attempted = epoch
        plan = Intent(publication=number, generation=begun.generation, epoch=epoch, new_ids=(str(epoch),), old_ids=())
        if begun.state in ("staging", "intent"):
            self.ledger.write_intent(plan)
            begun.state, begun.epoch = "intent", epoch
        else:
            with pytest.raises(LeaseLostError):
                self.ledger.write_intent(plan)

    @rule(
        number=numbers,
        rows=st.lists(ROWS, max_size=4),
        removed=st.lists(st.tuples(SOURCES, IDS), max_size=3),
        some=st.integers(0, 3),
        events=st.lists(EVENTS, max_size=3),
        switch_to=st.none() | GENERATIONS,
    )
    def commit(self, number, rows, removed, some, events, switch_to):
        begun, model = self.model.begun[number], self.model
        removed = (*removed, *sorted(model.of(begun.generation))[:some])
        commit = Commit(
            publication=number,
            epoch=begun.epoch or self.ledger.epoch(),
            rows=tuple(rows),
            removed=removed,
            events=tuple(events),
            switch_to=switch_to,
        )
        if begun.state != "intent" or begun.epoch <= model.epoch:
            with pytest.raises(LeaseLostError):
                self.ledger.commit(commit)
            return
        self.ledger.commit(commit)
        for pair in removed:
            model.rows.pop((begun.generation, *pair), None)
        model.rows |= {(begun.generation, row.source, row.id): row for row in rows}
        model.history += events
        model.epoch, begun.state = begun.epoch, "committed"
        model.generation = switch_to or model.generation

    @rule(number=numbers)
    def abandon(self, number):
        begun = self.model.begun[number]
        assert self.ledger.abandon(number) is (begun.state != "committed")
        if begun.state in ("staging", "intent"):
            begun.state = "undone"

    @rule(number=numbers)
    def forget(self, number):
        self.ledger.forget_publication(number)
        if self.model.begun[number].state == "undone":
            self.model.begun[number].state = "forgotten"

    @rule(generation=GENERATIONS, source=SOURCES, version=ANYTHING, at=MOMENTS, some=st.integers(0, 5))
    def touch(self, generation, source, version, at, some):
        ids = [id for (of, id) in sorted(self.model.of(generation)) if of == source][:some]
        self.ledger.touch(generation, source, dict.fromkeys([*ids, "nobody's"], version), at)
        for key in ((generation, source, id) for id in [*ids, "nobody's"]):
            if key in self.model.rows:
                self.model.rows[key] = replace(self.model.rows[key], version=version, verified_at=at)

    @rule(generation=GENERATIONS, source=SOURCES, id=IDS, access=ACCESS)
    def set_access(self, generation, source, id, access):
        self.ledger.set_access(generation, source, id, access)
        if (key := (generation, source, id)) in self.model.rows:
            self.model.rows[key] = replace(self.model.rows[key], access=access)

    @rule(generation=GENERATIONS)
    def drop(self, generation):
        if generation == self.model.generation:
            with pytest.raises(StateError):
                self.ledger.drop_generation(generation)
            return
        self.ledger.drop_generation(generation)
        self.model.rows = {key: row for key, row in self.model.rows.items() if key[0] != generation}

    @rule(events=st.lists(EVENTS, max_size=3))
    def record(self, events):
        self.ledger.record(events)
        self.model.history += events

    @rule(generation=GENERATIONS, text=IDS)
    def find(self, generation, text):
        assume(text)
        rows = self.model.of(generation).values()
        expected = {(r.source, r.id) for r in rows if r.id.endswith(text) or f"{r.source}/{r.id}" == text}
        assert {(r.source, r.id) for r in self.ledger.find(generation, text)} == expected

    @invariant()
    def ledger_is_as_modelled(self):
        ledger, model = self.ledger, self.model
        assert (ledger.epoch(), ledger.generation()) == (model.epoch, model.generation)
        assert ledger.epoch_at(datetime.now(UTC) + timedelta(days=1)) == model.epoch
        for generation in ("g1", "g2"):
            assert {(r.source, r.id): r for r in ledger.documents(generation)} == model.of(generation)
            for source in ("handbook", "wiki"):
                expected = {
                    id: (r.version, r.fingerprint) for (of, id), r in model.of(generation).items() if of == source
                }
                assert ledger.versions(generation, source) == expected
        found = {
            p.number: (p.generation, p.state, p.intent.epoch if p.intent else 0) for p in ledger.open_publications()
        }
        open_states = ("staging", "intent", "undone")
        assert found == {n: (b.generation, b.state, b.epoch) for n, b in model.begun.items() if b.state in open_states}
        assert ledger.history(limit=1000) == list(reversed(model.history))

    def teardown(self):
        if hasattr(self, "ledger"):
            self.ledger.close()


@pytest.mark.parametrize("examples", [25, pytest.param(300, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_any_sequence_of_publications(fresh_databases, examples):
    machine = type("Machine", (Publications,), {"make_ledger": staticmethod(lambda: fresh_databases().open())})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=25))
