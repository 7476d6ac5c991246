from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.upkeep import KEPT, compact_history
from headwater.clock import told_by
from headwater.ledger.base import Event
from headwater.ledger.open import open_ledger


def test_old_history_goes_once_a_day(tmp_path: Path) -> None:
    """The clock of the tests stands where this one puts it."""
    ledger, now = open_ledger(tmp_path / "ledger.db"), datetime(2026, 6, 15, tzinfo=UTC)
    old = now - KEPT - timedelta(hours=1)

    def event(at: datetime) -> Event:
        return Event(at=at, run="r", source="docs", document="a.md", outcome="indexed")

    ledger.record([event(old), event(old), event(now)])
    with told_by(lambda: now):
        assert compact_history(ledger) == 2
        ledger.record([event(old), event(now)])
        assert compact_history(ledger) == 0
    with told_by(lambda: now + timedelta(hours=25)):
        assert compact_history(ledger) == 1
    ledger.close()
