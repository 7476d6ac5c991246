"""What is forgotten in time, so that a ledger does not grow for ever."""

from datetime import datetime, timedelta

from headwater.clock import utc_now
from headwater.ledger.base import Ledger

KEPT = timedelta(days=400)
"""History that stays: a year and some, so that a report can be compared with that of a year ago."""
_EVERY = timedelta(days=1)
_LEARNED, _NO_SOURCE = "compacted", ""


def compact_history(ledger: Ledger) -> int:
    """Forget what is older, once a day; returns how many lines went."""
    now, last = utc_now(), ledger.learned(_NO_SOURCE, _LEARNED) or {}
    if last and now - datetime.fromisoformat(str(last["at"])) < _EVERY:
        return 0
    gone = ledger.compact(now - KEPT)
    ledger.learn(_NO_SOURCE, _LEARNED, {"at": now.isoformat(), "lines": gone})
    return gone
