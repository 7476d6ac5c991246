"""Listings that go on where an earlier one ended or broke off, and what a listing of changes alone must not forget."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headwater.errors import TransientSourceError
from headwater.ingest import listing
from headwater.ingest.listing import UNDER_WAY, listed
from headwater.ingest.plan import plan_source
from headwater.interfaces import Scanned
from headwater.ledger.base import Commit, DocumentRow, Failure, Intent, Ledger, SourceRow
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.model import PUBLIC, Access, Checkpoint, Complete, Gone, NotModified, RawDocument, Ref, Unreadable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
READERS = Access(frozenset({"group:sre"}), frozenset({"user:a@b"}))
ITEMS = (Ref("a", "1"), Ref("b", "1", READERS), Gone("c"), Unreadable("d", "OSError", "locked"))


@dataclass(frozen=True)
class Pages:
    """Lists `items` one a page, each with a cursor; breaks off before the item number `breaks`."""

    items: tuple[Scanned, ...] = ITEMS
    breaks: int = 99
    whole: bool = True
    name: str = "wiki"
    asked: list[bytes | None] = field(default_factory=list, compare=False, repr=False)

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        self.asked.append(resume)
        for number in range(int(resume or 0), len(self.items)):
            if number == self.breaks:
                raise TransientSourceError("503")
            yield self.items[number]
            yield Checkpoint(str(number + 1).encode())
        if self.whole:
            yield Complete()

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        return NotModified("1")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


@pytest.fixture
def every_page_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "SAVE_SECONDS", 0.0)


def items(found: Iterator[Scanned]) -> list[Scanned]:
    return [item for item in found if not isinstance(item, Checkpoint)]


@pytest.mark.usefixtures("every_page_saved")
def test_an_interrupted_listing_goes_on(ledger: Ledger) -> None:
    broken = Pages(breaks=3)
    with pytest.raises(TransientSourceError):
        list(listed(broken, ledger, None))
    mended = replace(broken)
    object.__setattr__(mended, "breaks", 99)
    # The same settings, as far as anybody can see.
    value = ledger.learned("wiki", UNDER_WAY) or {}
    ledger.learn("wiki", UNDER_WAY, {**value, "connector": listing._settings(mended)})
    assert items(listed(mended, ledger, b"0")) == [*ITEMS, Complete()]
    assert mended.asked[-1] == b"3"
    assert not ledger.learned("wiki", UNDER_WAY)


@pytest.mark.usefixtures("every_page_saved")
def test_other_settings_begin_anew(ledger: Ledger) -> None:
    with pytest.raises(TransientSourceError):
        list(listed(Pages(breaks=3), ledger, None))
    other = Pages(breaks=50)
    assert items(listed(other, ledger, None)) == [*ITEMS, Complete()]
    assert other.asked == [None]


def test_a_quick_listing_writes_nothing(ledger: Ledger) -> None:
    assert items(listed(Pages(), ledger, None)) == [*ITEMS, Complete()]
    assert ledger.learned("wiki", UNDER_WAY) is None


def publish(ledger: Ledger, *rows: DocumentRow) -> None:
    number = ledger.begin_publication("g1", this_process("test"))
    epoch = ledger.next_epoch()
    ledger.write_intent(Intent(publication=number, generation="g1", epoch=epoch, new_ids=(), old_ids=()))
    ledger.commit(Commit(publication=number, epoch=epoch, rows=rows))


def row(id: str, fingerprint: str = "text/html help now") -> DocumentRow:
    return DocumentRow(
        source="wiki", id=id, version="1", content_hash="", fingerprint=fingerprint, access=PUBLIC, publication=1,
        chunks=1, kind="help", title=id, uri="", updated_at=None, detected_at=NOW, published_at=NOW, verified_at=NOW,
    )  # fmt: skip


def current(media_type: str, kind: str) -> str:
    return f"{media_type} {kind} now"


def test_a_listing_of_changes_alone_forgets_nothing(ledger: Ledger) -> None:
    publish(ledger, row("same"), row("outdated", "text/html help before"), row("gone"))
    failure = Failure(
        source="wiki", document="failing", version="1", fingerprint="text/html help now", error="FetchError",
        reason="503",
        retriable=True, attempts=1, first_at=NOW, last_at=NOW,
    )  # fmt: skip
    hopeless = replace(failure, document="hopeless", retriable=False)
    ledger.save_failures("g1", [failure, hopeless])
    ledger.save_source(SourceRow(name="wiki", kind="wiki", adhoc=False, checkpoint=b"0"))
    connector = Pages(items=(Ref("new", "1"), Gone("gone")), whole=False)
    plan = plan_source(connector, ledger, "g1", current)
    assert connector.asked == [b"0"]
    assert {ref.id for ref in plan.changed} == {"new", "outdated", "failing"}
    assert (plan.absent, plan.complete, plan.checkpoint) == (("gone",), False, b"2")
    # Another generation has to be filled from everything.
    plan_source(connector, ledger, "g2", current)
    assert connector.asked[-1] is None
