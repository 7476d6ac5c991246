"""What is announced while a run is under way: looked at between its batches, and never undone by older fetches."""

import os
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows import drain
from flows.refresh import Refreshed, refresh
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import SkippableError
from headwater.inbox.inbox import Inbox
from headwater.ledger.waiting import WHOLE, Ask
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
    return World(project)


def test_a_fetch_that_became_stale_is_dropped_and_the_document_looked_at_again(world: World) -> None:
    def edit(workshop: Workshop) -> None:
        world.project.write("c.md", article("c.md", "newer"))
        world.announce(workshop, "c.md")

    with world.run(once(edit, "fetched", "c.md")) as workshop:
        assert found(workshop, "c.md is newer")
        assert not found(workshop, "c.md is 2")
        assert not workshop.ledger.waiting()
        assert not disagreements(workshop)
        runs = [event.run for event in workshop.ledger.history("docs", "c.md") if event.outcome == "indexed"]
        # Published once, by the look between the batches: what the run had fetched before was never seen.
        assert len(runs) == 1
        assert runs[0] != workshop.begin_run().run


def test_what_the_run_has_published_already_is_looked_at_again(world: World) -> None:
    def edit(workshop: Workshop) -> None:
        world.project.write("a.md", article("a.md", "newer"))
        world.announce(workshop, "a.md")

    with world.run(once(edit, "fetched", "h.md")) as workshop:
        assert found(workshop, "a.md is newer")
        assert not workshop.ledger.waiting()


def test_rights_are_taken_away_before_the_run_goes_on(world: World) -> None:
    world.project.ingest()
    for id in IDS:
        world.project.write(id, article(id, "second"))

    def close(workshop: Workshop) -> None:
        world.project.write("b.md", "---\naccess: [group:sre]\n---\n" + article("b.md", "secret"))
        world.announce(workshop, "b.md", access=True)

    with world.run(once(close, "fetched", "b.md")) as workshop:
        row = workshop.ledger.document(workshop.generation, "docs", "b.md")
        assert row is not None
        assert row.access.allow == {"group:sre"}
        assert not found(workshop, "b.md")
        assert not disagreements(workshop)


def test_what_came_back_after_it_was_missing_from_the_listing_is_not_removed(world: World) -> None:
    world.project.ingest()
    path = world.project.folder / "docs" / "h.md"
    path.unlink()

    def return_it(workshop: Workshop) -> None:
        world.project.write("h.md", article("h.md", "back again"))
        world.announce(workshop, "h.md")

    with world.run(once(return_it, "listed", "g.md")) as workshop:
        assert found(workshop, "h.md is back again")
        assert workshop.ledger.count(workshop.generation, "docs") == len(IDS)


def test_what_is_deleted_while_it_is_staged_is_gone(world: World) -> None:
    def delete(workshop: Workshop) -> None:
        (world.project.folder / "docs" / "c.md").unlink()
        world.announce(workshop, "c.md")

    with world.run(once(delete, "fetched", "c.md")) as workshop:
        assert not found(workshop, "c.md")
        assert workshop.ledger.document(workshop.generation, "docs", "c.md") is None
        assert not workshop.ledger.waiting()


def test_a_wish_for_the_whole_source_waits_for_the_end_of_the_run(world: World) -> None:
    with world.run(once(lambda workshop: world.announce(workshop, WHOLE), "fetched", "c.md")) as workshop:
        assert [row.document for row in workshop.ledger.waiting()] == [WHOLE]
        assert [row.attempts for row in workshop.ledger.waiting()] == [0]


def test_a_document_that_fails_stays_in_the_inbox_and_the_run_goes_on(world: World) -> None:
    def spoil(workshop: Workshop) -> None:
        world.project.write("c.md", b"\x00\x01 no text \x00")
        world.announce(workshop, "c.md")

    with world.run(once(spoil, "fetched", "c.md")) as workshop:
        (row,) = workshop.ledger.waiting()
        assert row.document == "c.md"
        assert row.error
        assert workshop.ledger.count(workshop.generation, "docs") == len(IDS) - 1


def test_nothing_is_looked_at_twice_without_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time that the run looks at it, it is published by somebody else."""
    numbers = iter(range(100))

    def edit(workshop: Workshop, what: str, id: str) -> None:
        if (what, id) == ("fetched", "c.md"):
            world.project.write("c.md", article("c.md", f"of change {next(numbers)}"))
            refresh(workshop, "docs", "c.md", covered=True)
            world.project.write("c.md", article("c.md", f"of change {next(numbers)}"))

    with world.run(edit) as workshop:
        assert next(numbers) < 20
        failures = workshop.ledger.failures(workshop.generation)
        assert [(one.document, one.retriable) for one in failures] == [("c.md", True)]
        assert found(workshop, "c.md is of change")


def test_a_source_that_waits_for_its_turn_is_looked_at_too(world: World) -> None:
    folder = world.project.folder
    (folder / "other").mkdir()
    (folder / "other" / "z.md").write_text(article("z.md", "old"))
    with (folder / "headwater.toml").open("a") as file:
        file.write('\n[[source]]\nname = "other"\nkind = "folder"\npath = "other"\ndefault_access = ["public"]\n')
    seen: list[int] = []

    def edit(workshop: Workshop) -> None:
        (folder / "other" / "z.md").write_text(article("z.md", "newer"))
        ask = Ask(source="other", document="z.md", reason="told")
        Inbox(workshop.ledger, timing=AT_ONCE).receive("other", "", [ask])

    def happens(workshop: Workshop, what: str, id: str) -> None:
        hook(workshop, what, id)
        if (what, id) == ("fetched", "z.md"):
            seen.append(len(workshop.ledger.waiting()))

    hook = once(edit, "fetched", "a.md")
    with world.run(happens) as workshop:
        assert found(workshop, "z.md is newer")
        assert not found(workshop, "z.md is old")
        # It was done by the time that the run came to it.
        assert seen[-1] == 0


def test_what_was_fetched_while_somebody_else_looked_is_older_than_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look finds that a new document is gone, which leaves no trace in the ledger."""
    go, fetched = threading.Event(), threading.Event()

    def happens(workshop: Workshop, what: str, id: str) -> None:
        if (what, id) == ("fetched", "b.md") and not go.is_set():
            world.announce(workshop, "c.md")
            assert go.wait(20)
        if (what, id) == ("fetched", "c.md"):
            fetched.set()

    def look(workshop: Workshop, source: str, document: str, fresh: float) -> Refreshed:
        go.set()
        assert fetched.wait(20)
        (world.project.folder / "docs" / document).unlink()
        return refresh(workshop, source, document, fresh=fresh, covered=True)

    monkeypatch.setattr("flows.refresh._meanwhile", look)
    with world.run(happens) as workshop:
        assert not workshop.ledger.waiting()
        assert workshop.ledger.document(workshop.generation, "docs", "c.md") is None
        assert workshop.ledger.count(workshop.generation, "docs") == len(IDS) - 1


def test_a_body_that_was_kept_for_later_is_older_than_what_was_announced(world: World) -> None:
    folder = world.project.folder
    (folder / "other").mkdir()
    (folder / "other" / "z.md").write_text(article("z.md", "old"))
    with (folder / "headwater.toml").open("a") as file:
        file.write('\n[[source]]\nname = "other"\nkind = "folder"\npath = "other"\ndefault_access = ["public"]\n')
    world.project.ingest()
    # Fetched ahead of its turn, for its readers; the new document only in its turn.
    (folder / "other" / "z.md").write_text(article("z.md", "in between"))
    world.project.write("i.md", article("i.md", "new"))

    def edit(workshop: Workshop) -> None:
        (folder / "other" / "z.md").write_text(article("z.md", "newest"))
        ask = Ask(source="other", document="z.md", reason="told")
        Inbox(workshop.ledger, timing=AT_ONCE).receive("other", "", [ask])

    with world.run(once(edit, "fetched", "i.md")) as workshop:
        assert found(workshop, "z.md is newest")
        assert not found(workshop, "z.md is in between")


ACTIONS = st.sampled_from(["write", "delete", "close", "open", "spoil"])
HAPPENS = st.lists(
    st.tuples(st.sampled_from(["listed", "fetched"]), st.sampled_from(IDS), ACTIONS, st.sampled_from(IDS)), max_size=8
)


@settings(max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "8")), deadline=None,
          phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])  # fmt: skip
@given(before=st.sets(st.sampled_from(IDS)), happens=HAPPENS)
def test_whatever_happens_meanwhile_the_index_is_as_the_source(
    pool: ParserPool, before: set[str], happens: list[tuple[str, str, str, str]]
) -> None:
    """Every change is announced; when all that was announced is looked at, a fresh index is the same."""
    with scratch("meanwhile") as folder:
        (folder / "docs").mkdir()
        project = Project(folder, SharedParsing(pool))
        project.configure(max_removed_share="1.0")
        for id in before:
            project.write(id, article(id, "first"))
        project.ingest()
        for id in IDS[:5]:
            project.write(id, article(id, "second"))
        world, plans, numbers = World(project), list(happens), iter(range(100))

        def hook(workshop: Workshop, what: str, id: str) -> None:
            due = [plan for plan in plans if plan[:2] == (what, id)]
            for plan in due:
                plans.remove(plan)
                change(project, plan[2], plan[3], next(numbers))
                world.announce(workshop, plan[3], access=plan[2] == "close")

        with world.run(hook) as workshop:
            deadline = time.monotonic() + 30
            inbox = Inbox(workshop.ledger, clock=lambda: utc_now() + timedelta(hours=1))
            while (rows := inbox.take()) and time.monotonic() < deadline:
                for row in rows:
                    with suppress(SkippableError):  # what is spoilt
                        refresh(workshop, "docs", row.document)
                    inbox.done(row)
            assert not disagreements(workshop)
            with open_workshop(folder / "headwater.toml", folder / "fresh", dense=HashDense(),
                               parsing=project.parsing) as fresh:  # fmt: skip
                run_all(fresh)
                failing = {failure.document for failure in fresh.ledger.failures(fresh.generation)}
                kept = visible(workshop)
                assert set(visible(fresh)) <= set(kept)
                extra = set(kept) - set(visible(fresh))
                assert all(any(f'"{id}"' in text or id in text for id in failing) for text in extra)
