"""A rebuild for another model: beside the live index, all of it, or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from connectors.adhoc import adhoc_source
from flows import maintain
from flows.maintain import rebuild
from flows.steps import direct_steps, run_sources
from flows.workshop import Workshop
from headwater.errors import FatalError, FingerprintError, IndexMismatchError
from headwater.interfaces import Vectors
from headwater.settings import Settings, load
from tests.support.hash_embedder import HashDense
from tests.support.state import scratch


class WideDense(HashDense):
    """Another model, whose vectors are longer."""

    @property
    def fingerprint(self) -> str:
        return "wide " + super().fingerprint

    @property
    def dimensions(self) -> int:
        return super().dimensions + 8

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.pad(super().embed(texts), ((0, 0), (0, 8)))

    def embed_query(self, text: str) -> Vectors:
        return np.pad(super().embed_query(text), (0, 8))


@pytest.fixture
def home() -> Iterator[Path]:
    with scratch("rebuild") as folder:
        yield folder


@pytest.fixture
def settings(home: Path) -> Settings:
    """Two documents, and a third that will not be readable later."""
    docs = home / "docs"
    docs.mkdir()
    for name in ("one", "two"):
        (docs / f"{name}.md").write_text(f"# {name}\n\nWhat document {name} says.\n")
    (docs / "later-broken.csv").write_text("name,value\nalpha,1\n")
    (home / "headwater.toml").write_text(
        '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ncontent = "help"\ndefault_access = ["public"]\n'
    )
    return load(home / "headwater.toml", home=home / "state")


def workshop(
    settings: Settings, dense: HashDense, *, opened: Workshop | None = None, target: str | None = None
) -> Workshop:
    made = Workshop(settings, command="test", opened=opened, target=target)
    vars(made)["dense"] = dense
    return made


def answers(opened: Workshop, question: str) -> list[tuple[str, str]]:
    return sorted((p.document, p.text) for p in opened.searcher().search(question, frozenset(), limit=20))


def ingest(settings: Settings, dense: HashDense) -> None:
    with workshop(settings, dense) as opened:
        report = run_sources(opened, ["docs"], direct_steps(opened))
        assert report.sources[0].indexed == 3, report


def rebuilt(settings: Settings, live: Workshop, dense: HashDense) -> None:
    rebuild(lambda target: workshop(settings, dense, opened=live, target=target), live, ["docs"])


def test_another_model_is_refused_until_a_rebuild_and_then_finds_everything(settings: Settings, home: Path) -> None:
    other = home / "other"
    other.mkdir()
    (other / "adhoc.md").write_text("# Ad hoc\n\nNamed on the command line once.\n")
    with workshop(settings, HashDense()) as opened:
        opened.add_adhoc(source := adhoc_source(other, ["public"]))
        report = run_sources(opened, ["docs", source.name], direct_steps(opened))
        assert [source.indexed for source in report.sources] == [3, 1], report
        before = answers(opened, "document")
    assert {document for document, _ in before} == {"one.md", "two.md", "later-broken.csv", "adhoc.md"}
    (home / "docs" / "later-broken.csv").write_bytes(b"\x00\x01\x02 nothing that is text \x00")

    with workshop(settings, WideDense()) as opened, pytest.raises((FingerprintError, IndexMismatchError)) as refused:
        run_sources(opened, ["docs"], direct_steps(opened))
    assert "headwater rebuild" in refused.value.advice

    with workshop(settings, WideDense()) as live:
        rebuilt(settings, live, WideDense())
        assert live.store.generations() == [live.ledger.generation()]
    with workshop(settings, WideDense()) as opened:
        assert answers(opened, "document") == before
        assert {failure.document for failure in opened.ledger.failures(opened.generation)} == {"later-broken.csv"}


def test_a_rebuild_that_breaks_changes_nothing_and_leaves_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(settings, HashDense())
    with workshop(settings, HashDense()) as live:
        before, generation = answers(live, "document"), live.generation

        def broken(*_: object) -> None:
            raise RuntimeError("in the middle")

        with monkeypatch.context() as patch:
            patch.setattr(maintain, "_carry_over", broken)
            with pytest.raises(RuntimeError, match="in the middle"):
                rebuilt(settings, live, HashDense())
        assert (live.generation, live.store.generations()) == (generation, [generation])
        assert answers(live, "document") == before
    with workshop(settings, HashDense()) as live:
        rebuilt(settings, live, HashDense())
        assert live.generation != generation
        assert answers(live, "document") == before


def test_a_source_that_cannot_be_read_stops_the_rebuild(settings: Settings, home: Path) -> None:
    ingest(settings, HashDense())
    (home / "docs").rename(home / "elsewhere")
    with workshop(settings, HashDense()) as live:
        before = answers(live, "document")
        with pytest.raises(FatalError, match="given up: docs"):
            rebuilt(settings, live, HashDense())
        assert answers(live, "document") == before


def test_what_a_killed_rebuild_left_is_dropped_by_the_next(settings: Settings) -> None:
    ingest(settings, HashDense())
    with workshop(settings, HashDense()) as live:
        dead = replace(live.holder, pid=2**22 + 1)
        live.store.open("g7", dimensions=live.dense.dimensions)
        live.ledger.begin_publication("g7", dead)
        rebuilt(settings, live, HashDense())
        assert live.store.generations() == [live.generation]
