"""`headwater compact`, and what a run and a serving process do by themselves."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import run
from flows.compact import begin_if_worth, compact, compact_after_run
from flows.workshop import Workshop
from headwater.index import compact as deciding
from headwater.index.shared import SharedStore
from headwater.parsing.pool import ParserPool
from tests.index.conftest import scratch
from tests.support.compare import disagreements, visible
from tests.support.hash_embedder import HashDense
from tests.support.project import Project
from tests.support.state import SharedParsing

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def parsing() -> Iterator[SharedParsing]:
    pool = ParserPool(workers=1)
    yield SharedParsing(pool)
    pool.close()


@pytest.fixture
def project(parsing: SharedParsing) -> Iterator[Project]:
    with scratch() as folder:
        made = Project(folder, parsing)
        made.configure()
        for number in range(4):
            made.write(f"{number}.md", f"# Page {number}\n\nThe wombat of page {number}.\n")
        made.ingest()
        yield made


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every index took too much."""
    for name in ("FACTOR", "FLOOR", "_GROWN"):
        monkeypatch.setattr(deciding, name, 0)
    monkeypatch.setattr(deciding.DiskUse, "worth_compacting", property(lambda use: use.held > 0))


def test_by_hand(project: Project, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setattr(Workshop, "dense", HashDense())
    where = ["--config", str(project.folder / "headwater.toml"), "--home", str(project.folder / "home")]
    with project.open() as workshop:
        before = visible(workshop)
    assert run(["compact", "--json", *where]) == 0
    printed = json.loads(capsysbinary.readouterr().out)
    text = (REPOSITORY / "docs" / "commands.md").read_text().split("## compact")[1].split("\n## ")[0]
    assert printed.keys() == json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0]).keys()
    assert (printed["state"], printed["copied"]) == ("done", 5)
    assert run(["compact", *where]) == 0
    assert re.search(
        rb"MB before, .* MB now: 5 passages in \d+ s, in which a search waited", capsysbinary.readouterr().out
    )
    with project.open() as workshop:
        assert visible(workshop) == before
        assert disagreements(workshop) == []


def test_where_nothing_was_ingested_nothing_is_made(
    project: Project, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["compact", "--config", str(project.folder / "headwater.toml"), "--home", str(tmp_path / "new")]) == 0
    assert b"There is no index yet" in capsysbinary.readouterr().out
    assert not list((tmp_path / "new").glob("index/*/"))


def test_a_run_sees_to_it(project: Project, always: None) -> None:
    report = project.ingest()
    assert not any("compacted" in note for note in report.notes), "nothing changed: the index is not even opened"
    project.write("1.md", "# Page 1\n\nThe quokka.\n")
    report = project.ingest()
    assert any(note.startswith("The index was compacted: ") for note in report.notes)
    assert next(passage.text for passage in project.search("quokka", "public")).endswith("The quokka.")


def test_what_stays_up_does_it_in_the_background(project: Project, always: None) -> None:
    with project.open() as opened:
        before = visible(opened)
        with Workshop(opened.settings, command="look", opened=opened) as borrowed:
            assert compact_after_run(borrowed) == "", "the process that goes on sees to it"
        assert begin_if_worth(opened)
        assert isinstance(opened.store, SharedStore)
        assert opened.store.owned
        done = compact(opened, lambda _: None)
        assert done.state == "done"
        assert visible(opened) == before
