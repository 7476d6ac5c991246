"""What is announced while an index is rebuilt: in what is searched at once, and in what takes its place."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows import drain, maintain
from flows.workshop import Workshop
from headwater.inbox.inbox import Inbox
from headwater.ledger.waiting import Ask
from headwater.parsing.pool import ParserPool
from tests.support.compare import disagreements, visible
from tests.support.hash_embedder import HashDense
from tests.support.meanwhile import AT_ONCE, IDS, World, article, change, found, once
from tests.support.project import Project
from tests.support.state import SharedParsing, open_workshop, run_all, scratch


@pytest.fixture(autouse=True)
def _asks_at_every_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "ASK_SECONDS", 0.0)


@pytest.fixture
def world(project: Project) -> World:
    for number, id in enumerate(IDS):
        project.write(id, article(id, number))
    project.ingest()
    return World(project)


@contextmanager
def before_the_switch(monkeypatch: pytest.MonkeyPatch, asked: Callable[[Workshop], object]) -> Iterator[list[object]]:
    """What was answered of the index that is live, when the new one is about to take its place."""
    answers, last = [], maintain._carry_over

    def carry_over(workshop: Workshop, old: str, target: str) -> None:
        with Workshop(workshop.settings, command="test", opened=workshop) as live:
            assert live.generation == old
            answers.append(asked(live))
        last(workshop, old, target)

    with monkeypatch.context() as patch:
        patch.setattr(maintain, "_carry_over", carry_over)
        yield answers


def test_it_is_in_both(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the rebuild has been at the document already, is about to publish it, or comes to it later."""
    changed = ("a.md", "d.md", "g.md")

    def edit(workshop: Workshop) -> None:
        for id in changed:
            world.project.write(id, article(id, "newer"))
        world.announce(workshop, *changed)

    def both(workshop: Workshop) -> bool:
        return all(found(workshop, f"{id} is newer") for id in changed)

    with (
        before_the_switch(monkeypatch, both) as answers,
        world.rebuild(once(edit, "fetched", "d.md")) as live,
    ):
        assert answers == [True]
        assert both(live)
        assert not live.ledger.waiting()
        assert not disagreements(live)
        assert live.ledger.count(live.generation, "docs") == len(IDS)
        # A change is one change, however many generations it reaches.
        for id in changed:
            history = live.ledger.changes("docs", what={"content"}, limit=10, facts=False)
            assert [one.document for one in history].count(id) == 1


def test_rights_are_taken_away_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:

    def close(workshop: Workshop) -> None:
        world.project.write("a.md", "---\naccess: [group:sre]\n---\n" + article("a.md", "secret"))
        world.announce(workshop, "a.md", access=True)

    with (
        before_the_switch(monkeypatch, lambda live: found(live, "a.md")) as answers,
        world.rebuild(once(close, "fetched", "c.md")) as live,
    ):
        assert answers == [False]
        assert not found(live, "a.md")
        assert not disagreements(live)


def test_what_was_deleted_does_not_come_back(world: World) -> None:
    def delete(workshop: Workshop) -> None:
        for id in ("a.md", "d.md", "h.md"):
            (world.project.folder / "docs" / id).unlink()
            world.announce(workshop, id)

    with world.rebuild(once(delete, "fetched", "d.md")) as live:
        assert not any(found(live, id) for id in ("a.md", "d.md", "h.md"))
        assert live.ledger.count(live.generation, "docs") == len(IDS) - 3


def test_a_source_that_is_done_is_still_looked_at(world: World) -> None:
    """Its lease is held until the switch, so nobody else can."""
    folder = world.project.folder
    (folder / "other").mkdir()
    for id in ("y.md", "z.md"):
        (folder / "other" / id).write_text(article(id, "old"))
    with (folder / "headwater.toml").open("a") as file:
        file.write('\n[[source]]\nname = "other"\nkind = "folder"\npath = "other"\ndefault_access = ["public"]\n')
    world.project.ingest()

    def edit(workshop: Workshop) -> None:
        world.project.write("b.md", article("b.md", "newer"))
        Inbox(workshop.ledger, timing=AT_ONCE).receive("docs", "", [Ask(source="docs", document="b.md", reason="told")])

    with world.rebuild(once(edit, "fetched", "z.md")) as live:
        assert found(live, "b.md is newer")
        assert not live.ledger.waiting()


class OtherDense(HashDense):
    """Another model of the same length."""

    @property
    def fingerprint(self) -> str:
        return "other " + super().fingerprint


def test_for_another_model_it_waits_for_the_switch(world: World) -> None:
    """What is live was made by the old one, which is not there."""

    def edit(workshop: Workshop) -> None:
        world.project.write("a.md", article("a.md", "newer"))
        world.announce(workshop, "a.md")

    world.project.dense = OtherDense()
    with world.rebuild(once(edit, "fetched", "d.md")) as live:
        (row,) = live.ledger.waiting()
        assert (row.document, row.attempts, row.error) == ("a.md", 0, "")


ACTIONS = st.sampled_from(["write", "delete", "close", "open"])
HAPPENS = st.lists(st.tuples(st.sampled_from(IDS), ACTIONS, st.sampled_from(IDS)), min_size=1, max_size=6)


@settings(max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "5")), deadline=None,
          phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])  # fmt: skip
@given(happens=HAPPENS)
def test_whatever_happens_meanwhile_the_new_index_is_as_the_source(
    pool: ParserPool, happens: list[tuple[str, str, str]]
) -> None:
    """When all that was announced is looked at, a fresh index is the same."""
    with scratch("rebuilding") as folder:
        (folder / "docs").mkdir()
        project = Project(folder, SharedParsing(pool))
        project.configure(max_removed_share="1.0")
        for id in IDS[:6]:
            project.write(id, article(id, "first"))
        project.ingest()
        world, plans, numbers = World(project), list(happens), iter(range(100))

        def hook(workshop: Workshop, what: str, id: str) -> None:
            for plan in [plan for plan in plans if (what, id) == ("fetched", plan[0])]:
                plans.remove(plan)
                change(project, plan[1], plan[2], next(numbers))
                world.announce(workshop, plan[2], access=plan[1] == "close")

        with world.rebuild(hook) as live:
            # What was announced after the last look waits for the switch, and is looked at then.
            run_all(live)
            assert not disagreements(live)
            with open_workshop(folder / "headwater.toml", folder / "fresh", dense=HashDense(),
                               parsing=project.parsing) as fresh:  # fmt: skip
                run_all(fresh)
                assert visible(fresh) == visible(live)
