"""Documents that were put: the contract, and what becomes of what was said with them."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.push import PushConnector
from connectors.registry import ReadsStore, build
from headwater.errors import FatalError
from headwater.interfaces import Connector
from headwater.ledger.base import Ledger
from headwater.ledger.open import open_ledger
from headwater.ledger.pushed import Pushed, PushedStore, version_of
from headwater.model import Access, RawDocument
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract, fetched

_opened: dict[Path, Ledger] = {}


@dataclass(frozen=True)
class Kept:
    """The store of a ledger, which can be pickled."""

    path: Path

    @property
    def ledger(self) -> Ledger:
        return _opened.setdefault(self.path, open_ledger(self.path)) if self.path not in _opened else _opened[self.path]

    def pushed_versions(self, source: str) -> Mapping[str, str]:
        return self.ledger.pushed_versions(source)

    def pushed(self, source: str, document: str) -> Pushed | None:
        return self.ledger.pushed(source, document)

    def pushed_document(self, source: str, document: str) -> Pushed | None:
        return self.ledger.pushed_document(source, document)

    def taken_back(self, source: str, documents: Iterable[str]) -> Set[str]:
        return self.ledger.taken_back(source, documents)


def made(store: PushedStore | None, **settings: Any) -> PushConnector:
    default: dict[str, Any] = {"default_access": Access(frozenset({"group:readers"}))}
    built = build(SourceSettings(name="wiki", kind="push", **{**default, **settings}), frozenset({"readers", "others"}))
    assert isinstance(built, ReadsStore)
    connector = built if store is None else built.reading(store)
    assert isinstance(connector, PushConnector)
    return connector


def pushed(id: str, content: bytes = b"Text", **said: Any) -> Pushed:
    one = Pushed(
        source="wiki",
        document=id,
        content=content,
        pushed_at=datetime.now(UTC),
        **{"media_type": "text/markdown", **said},
    )
    return replace(one, version=version_of(one))


class PushBench(Bench):
    def __init__(self, path: Path) -> None:
        self.kept = Kept(path)
        self._connector = made(self.kept)

    @property
    def connector(self) -> Connector:
        return self._connector

    def put(self, name: str, text: str, readers: str | None = None) -> str:
        id = f"{name}.md"
        allow = None if readers is None else frozenset({readers})
        self.kept.ledger.keep_pushed(pushed(id, text.encode(), allow=allow))
        return id

    def remove(self, id: str) -> None:
        now = datetime.now(UTC)
        self.kept.ledger.keep_pushed(Pushed(source="wiki", document=id, pushed_at=now, removed_at=now))

    def cut_listing(self) -> None:
        """As when the ledger is damaged."""
        with closing(sqlite3.connect(self.kept.path)) as connection:
            connection.execute("DROP TABLE pushed")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[PushBench]:
    path = tmp_path / "ledger.db"
    yield PushBench(path)
    if path in _opened:
        _opened.pop(path).close()


class TestPushContract(ConnectorContract):
    kind = "push"
    unserved = "what is put is kept by Headwater itself"

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        path = tmp_path / "ledger.db"
        yield PushBench(path)
        if path in _opened:
            _opened.pop(path).close()


# what was said with it --------------------------------------------------------------------------------------


def read(bench: PushBench, connector: PushConnector | None = None, **said: Any) -> RawDocument:
    bench.kept.ledger.keep_pushed(pushed("a.md", **said))
    return fetched(connector or made(bench.kept), "a.md")


def test_what_is_said_with_it_counts(bench: PushBench) -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    raw = read(
        bench,
        content=b"# A\n",
        title="A title",
        uri="https://wiki.example.com/a",
        updated_at=moment,
        meta={"product": "Ledger", "kind": "sop", "tags": ("x", "y"), "review_by": "2026-09-01"},
    )
    assert (raw.title, raw.uri, raw.updated_at, raw.kind) == ("A title", "https://wiki.example.com/a", moment, "sop")
    assert (raw.meta["product"], raw.meta["tags"]) == ("Ledger", ("x", "y"))
    assert "product: from its source" in raw.meta["origins"]  # type: ignore[operator]
    assert str(raw.meta["review_by"]).startswith("2026-09-01")


def test_front_matter_of_the_document_counts_more_and_narrows(bench: PushBench) -> None:
    content = b"---\ntitle: Its own\naccess: {deny: [group:others]}\n---\n# A\n"
    raw = read(bench, content=content, title="Said", allow=frozenset({"group:readers"}))
    assert (raw.title, raw.content) == ("Its own", b"# A\n")
    assert raw.access == Access(frozenset({"group:readers"}), frozenset({"group:others"}))
    assert read(bench, content=content, media_type="application/pdf").content == content


def test_readers_narrow_what_the_source_allows(bench: PushBench) -> None:
    public = made(bench.kept, default_access=Access(frozenset({"public"})))
    assert read(bench, public, allow=frozenset({"group:others"})).access == Access(frozenset({"group:others"}))
    wider = read(bench, allow=frozenset({"group:others"}))
    assert wider.access.allow == frozenset()
    assert "may not read this" in str(wider.meta["access_findings"])
    open_to = made(bench.kept, allow_widening=True)
    assert read(bench, open_to, allow=frozenset({"group:others"})).access == Access(frozenset({"group:others"}))
    assert read(bench, public, deny=frozenset({"group:others"})).access == Access(
        frozenset({"public"}), frozenset({"group:others"})
    )


def test_nobody_named_by_anyone_is_nobody_and_is_reported(bench: PushBench) -> None:
    closed = made(bench.kept, default_access=Access())
    raw = read(bench, closed)
    assert raw.access == Access()
    assert "nobody may read this" in str(raw.meta["access_findings"])


def test_other_settings_are_another_version(bench: PushBench) -> None:
    read(bench)
    first, second = made(bench.kept), made(bench.kept, product="Ledger")
    versions = {connector.version("v") for connector in (first, second)}
    assert len(versions) == 2
    raw = fetched(second, "a.md")
    assert isinstance(second.fetch("a.md", fetched(first, "a.md").version), RawDocument)
    assert raw.meta["product"] == "Ledger"


def test_patterns_hold_for_it_too(bench: PushBench) -> None:
    bench.put("a", "Text")
    bench.put("drafts/b", "Text")
    connector = made(bench.kept, exclude=("drafts/**",))
    assert [item.id for item in connector.scan() if hasattr(item, "id")] == ["a.md"]


def test_it_changed_when_it_was_put(bench: PushBench) -> None:
    before = datetime.now(UTC)
    raw = read(bench)
    assert before <= datetime.fromisoformat(str(raw.meta["modified"])) <= datetime.now(UTC)
    assert raw.updated_at is None, "nothing is known of the age of its content"


def test_without_its_store_it_says_so() -> None:
    with pytest.raises(FatalError, match="not open"):
        list(made(None).scan())
