"""After any sequence of changes, an index kept up to date equals one made anew, and nothing was embedded twice."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from connectors import opened
from flows import steps
from flows.maintain import rebuild, remove_document, unblock
from flows.steps import direct_steps, run_sources
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.ingest.report import RunReport
from headwater.ledger.base import Block
from headwater.parsing.pool import ParserPool
from tests.ingest.equality import Kept, check_equal
from tests.ingest.library import FOLDERS, FRONTS, PATHS, RULES, SETTINGS, SOURCES, Library, Text, texts
from tests.support.compare import disagreements, rows, texts_in, visible_of
from tests.support.hash_embedder import HashDense
from tests.support.state import SharedParsing, open_workshop, run_all, scratch

SETTLED_NS = 40_000_000
"""Instead of two seconds: files become old enough within a test, and the clock is still coarser than a tick."""
BROKEN = (b"\x00\x01\x02 no text \x00\x00", b" \n\t\n", b"\x7fELF\x02\x01\x01\x00")


class Incremental(RuleBasedStateMachine):
    """Two sources; changes pile up until `ingest`, which compares everything."""

    parsing: ClassVar[SharedParsing]

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        folder = self.closing.enter_context(scratch("machine"))
        self.library = Library(folder / "library")
        self.home = folder / "home"
        self.blocked: set[tuple[str, str]] = set()
        self.forgotten: dict[tuple[str, str], Kept] = {}
        """Documents of sources that are not configured now, as they were when last they were."""
        self.dense = HashDense()

    def teardown(self) -> None:
        self.closing.close()

    # files ------------------------------------------------------------------------------------------------

    @initialize(first=st.lists(st.tuples(st.sampled_from(SOURCES), st.sampled_from(PATHS), texts), max_size=6))
    def begin(self, first: list[tuple[str, str, Text]]) -> None:
        for source, id, text in first:
            self.write(source, id, text)
        self.ingest(settled=False)

    @rule(source=st.sampled_from(SOURCES), id=st.sampled_from(PATHS), text=texts)
    def write(self, source: str, id: str, text: Text) -> None:
        self.library.write(source, id, text.rendered(Path(id).suffix).encode())

    @precondition(lambda self: self.library.files())
    @rule(data=st.data())
    def edit_one_word(self, data: st.DataObject) -> None:
        source, id = self._some_file(data)
        content = self.library.path(source, id).read_bytes()
        self.library.write(source, id, content.replace(b"month", b"quarter").replace(b"hour", b"day"))

    @precondition(lambda self: self.library.files())
    @rule(data=st.data(), front=st.sampled_from(FRONTS))
    def change_front_matter(self, data: st.DataObject, front: dict[str, str]) -> None:
        source, id = self._some_file(data)
        body = self.library.path(source, id).read_bytes()
        if body.startswith(b"---\n"):
            body = body.partition(b"\n---\n")[2]
        lines = "".join(f"{key}: {value}\n" for key, value in front.items())
        self.library.write(source, id, (f"---\n{lines}---\n".encode() if lines else b"") + body)

    @precondition(lambda self: self.library.files())
    @rule(data=st.data(), to=st.sampled_from(SOURCES), new=st.sampled_from(PATHS), copy=st.booleans())
    def move(self, data: st.DataObject, to: str, new: str, copy: bool) -> None:
        source, id = self._some_file(data)
        old, path = self.library.path(source, id), self.library.path(to, new)
        assume(not path.exists())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(old) if copy else old.rename(path)

    @precondition(lambda self: self.library.files())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.library.path(*self._some_file(data)).unlink()

    @precondition(lambda self: self.library.files())
    @rule(data=st.data(), content=st.sampled_from(BROKEN))
    def break_file(self, data: st.DataObject, content: bytes) -> None:
        self.library.write(*self._some_file(data), content)

    @precondition(lambda self: self.library.files())
    @rule(data=st.data())
    def rewrite_in_place(self, data: st.DataObject) -> None:
        self.library.rewrite_in_place(*self._some_file(data))

    @precondition(lambda self: self.library.files())
    @rule(data=st.data(), seconds=st.sampled_from((0, 1_500_000_000, 4_000_000_000)))
    def set_clock_of_file(self, data: st.DataObject, seconds: int) -> None:
        os.utime(self.library.path(*self._some_file(data)), (seconds, seconds))

    @rule(source=st.sampled_from(SOURCES), folder=st.sampled_from(FOLDERS), toml=st.sampled_from((*RULES, None)))
    def folder_rules(self, source: str, folder: str, toml: str | None) -> None:
        path = self.library.path(source, folder) / ".headwater.toml"
        if toml is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(toml)

    def _some_file(self, data: st.DataObject) -> tuple[str, str]:
        found: tuple[str, str] = data.draw(st.sampled_from(self.library.files()))
        return found

    # configuration ----------------------------------------------------------------------------------------

    @rule(source=st.sampled_from(SOURCES), setting=st.sampled_from([(k, v) for k, vs in SETTINGS.items() for v in vs]))
    def change_setting(self, source: str, setting: tuple[str, str]) -> None:
        if source in self.library.tables:
            self.library.change(source, *setting)

    @rule(groups=st.sampled_from((("sre", "support"), ("sre",), ("support", "nobody-knows"))))
    def change_groups(self, groups: tuple[str, ...]) -> None:
        self.library.groups = groups
        self.library.configure()

    @precondition(lambda self: len(self.library.tables) == len(SOURCES))
    @rule()
    def take_source_out(self) -> None:
        with self._opened() as workshop:
            keys = [key for key in rows(workshop) if key[0] == "notes"]
            self.forgotten = {key: Kept(rows(workshop)[key], visible_of(workshop, [key])) for key in keys}
        self.taken = self.library.tables.pop("notes")
        self.library.configure()

    @precondition(lambda self: len(self.library.tables) < len(SOURCES))
    @rule()
    def put_source_back(self) -> None:
        self.forgotten = {}
        self.library.tables["notes"] = self.taken
        self.library.configure()

    # what a person does by hand ---------------------------------------------------------------------------

    @rule(data=st.data())
    def block(self, data: st.DataObject) -> None:
        with self._opened() as workshop:
            live = sorted(key for key in rows(workshop) if key not in self.forgotten)
            assume(live)
            key = data.draw(st.sampled_from(live))
            row = next(r for r in workshop.ledger.documents(workshop.generation) if (r.source, r.id) == key)
            remove_document(workshop, row, block="wrong")
            assert not visible_of(workshop, [key])
        self.blocked.add(key)

    @precondition(lambda self: self.blocked)
    @rule(data=st.data())
    def unblock(self, data: st.DataObject) -> None:
        source, id = data.draw(st.sampled_from(sorted(self.blocked)))
        with self._opened() as workshop:
            unblock(workshop, f"{source}/{id}")
        self.blocked.remove((source, id))

    @rule()
    def rebuild(self) -> None:
        with self._opened() as live:
            names = [source.name for source in live.settings.sources]
            before = live.generation

            def make(target: str) -> Workshop:
                return Workshop(live.settings, command="test", target=target, opened=live)

            report = rebuild(make, live, names)
            assert live.ledger.generation() != before
            assert live.store.generations() == [live.ledger.generation()]
            self._check(live, report)

    # runs -------------------------------------------------------------------------------------------------

    def ingest(self, settled: bool) -> None:
        """Everything configured; `settled` when no file is so young that it is read to know its version."""
        if settled:
            time.sleep(SETTLED_NS / 1e9 + 0.005)
        with self._opened() as workshop:
            known = texts_in(workshop.index())
            self.dense.texts.clear()
            report = run_all(workshop)
            embedded = self.dense.texts
            assert len(set(embedded)) == len(embedded), "embedded twice in one run"
            assert not known & set(embedded), "embedded although its vector was in the index"
            assert sum(source.embedded for source in report.sources) == len(embedded)
            assert known | set(embedded) == texts_in(workshop.index()), "embedded for nothing"
            self._check(workshop, report)

    # Rules are equally likely, and a run is wanted after every few changes.
    ingest_young = rule(settled=st.just(False))(ingest)
    ingest_settled = rule(settled=st.just(True))(ingest)
    ingest_either = rule(settled=st.booleans())(ingest)
    ingest_again = rule(settled=st.booleans())(ingest)

    @precondition(lambda self: self.library.files())
    @rule(data=st.data())
    def ingest_one(self, data: st.DataObject) -> None:
        """It may touch that document alone; what it leaves behind is compared after the next run."""
        source, id = self._some_file(data)
        assume(source in self.library.tables)
        with self._opened(only=id) as workshop:
            before = rows(workshop)
            report = run_sources(workshop, [source], direct_steps(workshop))
            after = rows(workshop)
            assert [s.error for s in report.sources] == [""]
            assert {k: v for k, v in before.items() if k != (source, id)}.keys() == {
                k: v for k, v in after.items() if k != (source, id)
            }.keys()
            assert not disagreements(workshop)

    def _opened(self, home: Path | None = None, **options: Any) -> Workshop:
        return open_workshop(
            self.library.config, home or self.home, dense=self.dense if home is None else None, parsing=self.parsing,
            **options,
        )  # fmt: skip

    def _check(self, workshop: Workshop, report: RunReport) -> None:
        assert [source.error for source in report.sources] == [""] * len(report.sources)
        assert disagreements(workshop) == []
        with scratch("fresh") as home, self._opened(home) as fresh:
            for source, document in self.blocked:
                fresh.ledger.block(Block(source, document, "wrong", utc_now()))
            expected = run_all(fresh)
            assert [source.failed for source in report.sources] == [source.failed for source in expected.sources]
            check_equal(workshop, fresh, self.forgotten)


@pytest.fixture(scope="module")
def machine() -> Iterator[type[Incremental]]:
    with ParserPool(workers=1) as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr(opened, "SETTLED_NS", SETTLED_NS)
        # Bodies of a few documents are kept between the look at their readers and their turn, those of others are not.
        patch.setattr(steps, "KEPT_BYTES", 800)
        Incremental.parsing = SharedParsing(pool)
        yield Incremental


def _settings(examples: int, steps: int) -> settings:
    # Without shrinking: a step takes a quarter of a second, and a sequence of them is short enough to read.
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=[Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def test_any_sequence_of_changes_ends_as_a_fresh_index(machine: type[Incremental]) -> None:
    run_state_machine_as_test(machine, settings=_settings(examples=9, steps=15))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_sequences_of_changes_end_as_a_fresh_index(machine: type[Incremental]) -> None:
    run_state_machine_as_test(machine, settings=_settings(examples=200, steps=40))
