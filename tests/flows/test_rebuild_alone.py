"""Nothing that happens while another generation is filled is lost with the switch to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows import maintain
from flows.maintain import rebuild
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import BusyError
from headwater.ledger.base import Block
from tests.support.state import open_workshop, run_all, scratch


@pytest.fixture
def project() -> Iterator[Path]:
    """A source with two documents, ingested."""
    with scratch("rebuild") as folder:
        (folder / "docs").mkdir()
        for name in ("one", "two"):
            (folder / "docs" / f"{name}.md").write_text(f"# {name}\n\nWhat document {name} says.\n")
        (folder / "headwater.toml").write_text(
            '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ncontent = "help"\ndefault_access = ["public"]\n'
        )
        with opened(folder) as workshop:
            assert run_all(workshop).exit_code == 0
        yield folder


def opened(project: Path, **options: Any) -> Workshop:
    return open_workshop(project / "headwater.toml", project / "state", **options)


def rebuild_while(project: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Workshop], None]) -> list[str]:
    """What is searchable after a rebuild, when something happens as soon as its sources are done."""
    carry_over = maintain._carry_over

    def first(workshop: Workshop, *generations: str) -> None:
        happens(workshop)
        carry_over(workshop, *generations)

    monkeypatch.setattr(maintain, "_carry_over", first)
    with opened(project) as live:
        rebuild(lambda target: opened(project, opened=live, target=target), live, ["docs"])
        return sorted(passage.document for passage in live.searcher().search("document", frozenset()))


def test_a_source_stays_shut_to_others_until_the_switch(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def ingest(_: Workshop) -> None:
        with opened(project) as second, pytest.raises(BusyError, match="'source:docs' is held by process"):
            second.prepare("docs")
        tried.append(True)

    assert rebuild_while(project, monkeypatch, ingest) == ["one.md", "two.md"]
    assert tried
    with opened(project) as after:
        assert run_all(after).exit_code == 0


def test_what_is_blocked_meanwhile_stays_blocked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def block(workshop: Workshop) -> None:
        workshop.ledger.block(Block("docs", "two.md", "it is wrong", utc_now()))

    assert rebuild_while(project, monkeypatch, block) == ["one.md"]


def test_a_block_that_was_stopped_half_way_is_made_whole_by_the_next_run(project: Path) -> None:
    """The block is written before the document is taken out of search."""
    with opened(project) as workshop:
        workshop.ledger.block(Block("docs", "two.md", "it is wrong", utc_now()))
    with opened(project) as workshop:
        run_all(workshop)
        assert [passage.document for passage in workshop.searcher().search("document", frozenset())] == ["one.md"]
