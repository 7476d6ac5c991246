"""Who may not read any more stops reading at once: before anything is parsed, and whatever becomes of the parse."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from flows.inspect import access_of, status_of
from flows.maintain import find_document
from flows.show import show_document
from flows.workshop import Workshop
from headwater.index.base import Index, IndexStore
from headwater.parsing.pool import ParserPool
from headwater.parsing.registry import Format
from tests.support.compare import disagreements
from tests.support.project import Project, everything
from tests.support.state import SharedParsing, run_all, scratch

MARKDOWN = Format("text/markdown", (".md",), "text", "tests.support.waiting_parser")
OPEN = "# Keys\n\nThe signing key is rotated each quarter.\n"


class Witness(SharedParsing):
    """Notes in order what is written to the index, and when the first document is handed to a parser."""

    def __init__(self, pool: ParserPool) -> None:
        super().__init__(pool)
        self.seen: list[str] = []

    def submit(self, raw: Any) -> Any:
        self.seen.append(f"parse {raw.id}")
        return super().submit(raw)

    def watch(self, workshop: Workshop) -> None:
        vars(workshop)["store"] = _WatchedStore(workshop.store, self.seen)


class _WatchedStore:
    def __init__(self, store: IndexStore, seen: list[str]) -> None:
        self._store, self._seen = store, seen

    def open(self, *args: Any, **named: Any) -> Any:
        return _WatchedIndex(self._store.open(*args, **named), self._seen)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _WatchedIndex:
    def __init__(self, index: Index, seen: list[str]) -> None:
        self._index, self._seen = index, seen

    def __getattr__(self, name: str) -> Any:
        if name in ("set_access", "flush", "upsert"):
            self._seen.append(name)
        return getattr(self._index, name)


@pytest.fixture(scope="module")
def waiting_pool() -> Iterator[ParserPool]:
    with ParserPool(workers=2, timeout=3, formats=(MARKDOWN,)) as opened:
        yield opened


@pytest.fixture
def waiting(waiting_pool: ParserPool) -> Iterator[Project]:
    with scratch("revocation") as folder:
        (folder / "docs").mkdir()
        made = Project(folder, Witness(waiting_pool))
        made.configure()
        yield made


@contextmanager
def running(project: Project, workshop: Workshop, awaited: str) -> Iterator[None]:
    """A run in another thread, from when the parser has `awaited` in its hands; over when this is left."""
    reports: list[Any] = []
    thread = threading.Thread(target=lambda: reports.append(run_all(workshop)))
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not (project.folder / f"parsing-{awaited}").exists():
            assert thread.is_alive(), reports
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield
    finally:
        (project.folder / "go-on").touch()
        thread.join()


def closed(project: Project, order: str, readers: str = "access: [group:sre]") -> str:
    return f"---\n{readers}\n---\n# Keys\n\nThe new key is secret.\n\nparser: {order} {project.folder}\n"


def found(workshop: Workshop, *asker: str) -> set[tuple[str, str]]:
    return {(p.document, p.text) for p in everything(workshop, "signing key", *asker)}


def test_a_revocation_is_in_force_while_the_document_is_still_being_parsed(waiting: Project) -> None:
    waiting.write("keys.md", OPEN)
    waiting.write("other.md", OPEN)
    waiting.ingest()
    waiting.write("keys.md", closed(waiting, "wait"))
    with waiting.open() as workshop:
        with running(waiting, workshop, "keys.md"):
            assert {document for document, _ in found(workshop)} == {"other.md"}
            assert {document for document, _ in found(workshop, "group:sre")} == {"other.md", "keys.md"}
            assert not any("secret" in text for _, text in found(workshop, "group:sre"))
            assert disagreements(workshop) == []
        assert {document for document, _ in found(workshop)} == {"other.md"}
        assert any("secret" in text for _, text in found(workshop, "group:sre"))


@pytest.mark.parametrize("order", ["fail", "hang"])
def test_a_revocation_stays_when_the_new_version_cannot_be_parsed(waiting: Project, order: str) -> None:
    waiting.write("keys.md", OPEN)
    waiting.ingest()
    waiting.write("keys.md", closed(waiting, order))
    report = waiting.ingest()
    assert (report.exit_code, report.sources[0].failed) == (3, 1)
    assert waiting.search("signing key") == []
    assert [p.text for p in waiting.search("signing key", "group:sre")] == ["The signing key is rotated each quarter."]
    again = waiting.ingest()
    assert (again.sources[0].failed, waiting.parsing.asked) == (1, [])


def test_all_revocations_of_all_sources_are_flushed_before_any_parsing(waiting: Project) -> None:
    for number in range(130):
        waiting.write(f"{number:03}.md", OPEN)
        waiting.write(f"../more/{number:03}.md", OPEN)
    waiting.configure()
    config = waiting.folder / "headwater.toml"
    second = '\n[[source]]\nname = "more"\nkind = "folder"\npath = "more"\ndefault_access = ["public"]\n'
    config.write_text(config.read_text() + second)
    waiting.ingest()
    for number in range(130):
        waiting.write(f"{number:03}.md", closed(waiting, "wait"))
        waiting.write(f"../more/{number:03}.md", closed(waiting, "wait", "access: []"))
    witness = waiting.parsing
    assert isinstance(witness, Witness)
    witness.seen.clear()
    with waiting.open() as workshop:
        witness.watch(workshop)
        with running(waiting, workshop, "000.md"):
            before = witness.seen[: next(n for n, what in enumerate(witness.seen) if what.startswith("parse"))]
            assert before.count("set_access") == 260
            assert "flush" in before[-1:]
            assert found(workshop) == set()
            assert len(found(workshop, "group:sre")) == 50
    with waiting.open() as workshop:
        assert disagreements(workshop) == []


@pytest.mark.parametrize(
    ("before", "after", "meanwhile"),
    [
        ("[public]", "[group:sre]", {"group:sre"}),
        ("[group:sre]", "[group:support]", set()),
        ("[group:sre, group:support]", "[group:support]", {"group:support"}),
        ("[public]", "{ deny: [group:sre] }", {"group:support", ""}),
        ("[group:sre]", "[public]", {"group:sre"}),
    ],
)
def test_what_is_readable_in_between_is_what_both_versions_allow(
    waiting: Project, before: str, after: str, meanwhile: set[str]
) -> None:
    waiting.configure(default_access='["public", "group:sre", "group:support"]')
    waiting.write("keys.md", f"---\naccess: {before}\n---\n{OPEN}")
    waiting.ingest()
    waiting.write("keys.md", closed(waiting, "wait", f"access: {after}"))
    with waiting.open() as workshop, running(waiting, workshop, "keys.md"):
        readers = {name for name in ("", "group:sre", "group:support") if found(workshop, *filter(None, [name]))}
        assert readers == meanwhile


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("access: [group:nobody-knows]", "not under [groups]"),
        ("access: [group:suport]", "did you mean group:support"),
        ("access: [sre]", "did you mean group:sre"),
        ("access: everyone", "not a reader"),
        ("access: { deny: [someone] }", "not a reader"),
        ("access: []", "names nobody"),
        ("acces: [group:sre]", "misspelt"),
        ("access: [group:sre", "may say who may read"),
        ("access: { allow: { group: sre } }", "access"),
    ],
)
def test_unknown_access_is_nobody_and_is_reported(project: Project, front: str, said: str) -> None:
    project.write("keys.md", f"---\n{front}\n---\n{OPEN}")
    project.write("fine.md", OPEN)
    report = project.ingest()
    assert {(problem.document, problem.outcome) for problem in report.problems} == {("keys.md", "indexed")}
    assert any(said in problem.reason for problem in report.problems)
    for asker in ((), ("group:sre", "group:support", "group:nobody-knows", "group:suport", "user:ann@example.com")):
        assert {passage.document for passage in project.search("signing key", *asker)} == {"fine.md"}


@pytest.mark.parametrize("toml", ['access = ["group:suport"]', "access = [", 'acess = ["public"]', "access = 3"])
def test_a_folder_rule_that_cannot_be_understood_closes_what_is_below_at_once(project: Project, toml: str) -> None:
    project.write("ops/keys.md", OPEN)
    project.write("fine.md", OPEN)
    project.ingest()
    assert len(project.search("signing key")) == 2
    project.write("ops/.headwater.toml", toml)
    report = project.ingest()
    assert {problem.document for problem in report.problems} == {"ops/keys.md"}
    assert {p.document for p in project.search("signing key", "group:sre", "group:support")} == {"fine.md"}


def test_what_an_asker_may_read_is_listed_without_the_rest(project: Project) -> None:
    """`access --as` shows one reader's documents; `status` and `show` are for operators, and show everything."""
    project.write("open.md", OPEN)
    project.write("closed.md", f"---\naccess: [group:sre]\n---\n# Takeover plans\n\n{OPEN}")
    project.ingest()
    with project.open() as workshop:
        assert [row["document"] for row in access_of(workshop, frozenset())] == ["open.md"]
        assert "Takeover" not in str(access_of(workshop, frozenset({"group:support"})))
        assert "Takeover" in str(access_of(workshop, frozenset({"group:sre"})))
        assert "Takeover" in str(status_of(workshop, documents=True))
        assert "Takeover" in str(show_document(workshop, find_document(workshop, "closed.md")))
