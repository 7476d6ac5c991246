"""Passages say how fresh their document is, and answers from stale ones are counted."""

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli import run
from flows.evaluate import _remembering
from flows.freshness import freshness_of
from flows.serving import COUNT_SECONDS, Standings, count_stale, stale_in
from flows.workshop import Workshop
from headwater.clock import told_by
from headwater.freshness.terms import terms_of
from headwater.ledger.base import Failure, Ledger
from headwater.ledger.open import open_ledger
from headwater.retrieval.passage import Passage
from tests.support.hash_embedder import HashDense
from tests.support.state import open_workshop, run_all, scratch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DOCUMENTS = {
    "overdue.md": "---\nreview_by: 2025-04-01\nupdated: 2024-05-01\n---\n# Overdue\n\nRotate the key of the vault.\n",
    "fresh.md": "---\nupdated: 2026-11-01\n---\n# Fresh\n\nRotate the key of the door.\n",
    "undated.md": "# Undated\n\nRotate the key of the car.\n",
    "notes/1.md": "---\nkind: release_note\nupdated: 2020-01-01\n---\n# Note\n\nRotate the key faster.\n",
}


@pytest.fixture
def home() -> Iterator[Path]:
    with scratch("served") as folder:
        for name, text in DOCUMENTS.items():
            file = folder / "docs" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (folder / "headwater.toml").write_text(
            '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ndefault_access = ["public"]\n'
            'timezone = "Europe/Madrid"\n'
        )
        with told_by(lambda: NOW), opened(folder) as workshop:
            assert run_all(workshop).exit_code == 0
        yield folder


def opened(home: Path) -> Workshop:
    return open_workshop(home / "headwater.toml", home / "state")


def ask(home: Path, at: datetime = NOW) -> dict[str, Passage]:
    with told_by(lambda: at), opened(home) as workshop:
        return {one.document: one for one in workshop.searcher().search("rotate the key", frozenset(), limit=20)}


def states(home: Path, at: datetime = NOW) -> dict[str, str]:
    return {name: one.freshness.state for name, one in ask(home, at).items() if one.freshness}


def counted(ledger: Ledger) -> dict[tuple[str, str], int]:
    return ledger.served("2000-01-01", "2999-01-01")


def test_each_state_with_its_reasons(home: Path) -> None:
    found = ask(home, NOW + timedelta(minutes=5))
    said = {name: (one.freshness.state, one.freshness.reasons) for name, one in found.items() if one.freshness}
    assert said == {
        "overdue.md": ("stale", ("review was due 2025-04-01 (stated)",)),
        "fresh.md": ("fresh", ()),
        "undated.md": ("unknown", ("states no date (at most 180d old is promised)",)),
        "notes/1.md": ("fresh", ()),
    }


def test_it_is_what_the_report_says_whenever_it_is_asked(home: Path) -> None:
    for days in (0, 1, 2, 200, 2_000):
        at = NOW + timedelta(days=days, minutes=1)
        with told_by(lambda at=at: at), opened(home) as workshop:
            report = {one.document: one.freshness for one in freshness_of(workshop).documents}
        assert states(home, at) == report
    later = ask(home, NOW + timedelta(days=2))["fresh.md"].freshness
    assert later is not None
    assert later.reasons == ("not confirmed by its source since 2026-11-22 13:00 CET (within 24h is promised)",)


def test_a_newer_version_that_cannot_be_read_makes_the_served_one_stale(home: Path) -> None:
    with opened(home) as workshop:
        failure = Failure(
            source="docs", document="fresh.md", version="2", fingerprint="", error="BrokenFileError",
            reason="a sentence of the document", retriable=True, attempts=2, first_at=NOW, last_at=NOW,
        )  # fmt: skip
        workshop.ledger.save_failures(workshop.generation, [failure])
    assert states(home, NOW + timedelta(hours=23))["fresh.md"] == "unknown"
    at = NOW + timedelta(hours=25)
    assert states(home, at)["fresh.md"] == "stale"
    found = ask(home, at)["fresh.md"].freshness
    assert found is not None
    assert found.reasons == ("its newest version is not searchable since 2026-11-22 13:00 CET",)


def test_the_json_of_it(home: Path) -> None:
    printed = ask(home)["overdue.md"].as_json()["freshness"]
    assert printed == {
        "state": "stale", "updated": "2024-04-30T22:00:00Z", "due": "2025-03-31T22:00:00Z",
        "verified_at": "2026-11-22T12:00:00Z", "lag_seconds": None, "reasons": ["review was due 2025-04-01 (stated)"],
    }  # fmt: skip


def test_without_anyone_to_ask_there_is_none(home: Path) -> None:
    with opened(home) as workshop:
        searcher = replace(workshop.searcher(), freshness_of=None)
        assert {one.freshness for one in searcher.search("rotate the key", frozenset())} == {None}
        assert _remembering(workshop.searcher()).freshness_of is None


# counting -------------------------------------------------------------------------------------------------


@pytest.fixture
def command(home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> object:
    """`headwater search` with these arguments; returns what it printed."""
    monkeypatch.setattr(Workshop, "dense", HashDense())

    def call(*arguments: str) -> str:
        capfdbinary.readouterr()
        with told_by(lambda: NOW + timedelta(minutes=5)):
            code = run([*arguments, "-c", str(home / "headwater.toml"), "--home", str(home / "state")])
        printed = capfdbinary.readouterr()
        assert code == 0, printed.err
        return printed.out.decode()

    return call


def test_answers_are_counted_once_each_and_show_a_mark(home: Path, command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert "stale: review was due 2025-04-01 (stated)" in command("search", "rotate the key")
    (passage,) = [one for one in json.loads(command("search", "rotate the key", "--json"))["passages"]
                  if one["document"] == "overdue.md"]  # fmt: skip
    assert passage["freshness"]["state"] == "stale"
    questions = tmp_path / "questions.txt"
    questions.write_text("rotate the key\nkey of the vault\n")
    command("search", "--from", str(questions))
    command("search", "rotate the key", "--filter", "kind=release_note")
    with opened(home) as workshop:
        assert counted(workshop.ledger) == {("docs", "overdue.md"): 4}
        with told_by(lambda: NOW + timedelta(hours=1)):
            assert freshness_of(workshop).headline.served_stale == 4
    kept = (home / "state" / "ledger.db").read_bytes()
    assert b"rotate" not in kept


def test_evaluations_are_not_counted(home: Path, command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question": "rotate the key of the vault", "document": "overdue.md"}\n')
    assert json.loads(command("eval", str(questions), "--json"))["asked"] == 1
    with opened(home) as workshop:
        assert counted(workshop.ledger) == {}


def test_a_ledger_that_is_being_written_slows_nobody_for_long(home: Path) -> None:
    answers = [stale_in(ask(home).values())]
    assert answers[0] == {("docs", "overdue.md")}
    ledger = open_ledger(home / "state" / "ledger.db", busy_seconds=COUNT_SECONDS * 2)
    other = sqlite3.connect(home / "state" / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    count_stale(ledger, answers)
    assert time.monotonic() - started < COUNT_SECONDS * 1.8
    time.sleep(COUNT_SECONDS * 1.5)
    other.execute("ROLLBACK")
    other.close()
    assert counted(ledger) == {}
    count_stale(ledger, answers)
    assert counted(ledger) == {("docs", "overdue.md"): 1}
    ledger.close()


def test_a_ledger_that_cannot_be_written_is_no_error(home: Path) -> None:
    ledger = open_ledger(home / "state" / "ledger.db")
    with sqlite3.connect(home / "state" / "ledger.db") as other:
        other.execute("CREATE TRIGGER shut BEFORE INSERT ON served BEGIN SELECT RAISE(ABORT, 'read-only'); END")
    count_stale(ledger, [frozenset({("docs", "overdue.md")})])
    assert counted(ledger) == {}
    ledger.close()


def test_ten_documents_take_a_few_milliseconds(home: Path) -> None:
    with opened(home) as workshop:
        standings = Standings(workshop.ledger, terms_of(workshop.settings))
        names = [("docs", name) for name in DOCUMENTS]
        best = min(_seconds(standings, workshop.generation, names) for _ in range(50))
    assert best < 0.02  # 0.002 on a machine that does nothing else


def _seconds(standings: Standings, generation: str, names: list[tuple[str, str]]) -> float:
    started = time.perf_counter()
    assert len(standings(generation, names)) == len(names)
    return time.perf_counter() - started
