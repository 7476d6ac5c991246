"""Documents that are not searchable in their newest version, or not verified, now or at a moment in the past."""

from collections.abc import Mapping
from datetime import datetime

from headwater.freshness.standing import Trouble
from headwater.ledger.base import Ledger

TOMBSTONES, WITHHELD = "tombstones", "withheld"
"""Names under which ingestion leaves, per source, what it does not find any more, and removals that wait."""
_QUARANTINED = "Quarantined"

Name = tuple[str, str]


def troubles_now(ledger: Ledger, generation: str, sources: list[str]) -> dict[Name, Trouble]:
    """(source, document) -> what is wrong."""
    found: dict[Name, Trouble] = {}
    for source in sources:
        for id, since in (ledger.learned(source, TOMBSTONES) or {}).items():
            found[source, id] = Trouble(outcome="tombstoned", since=datetime.fromisoformat(since), reason="")
    for failure in ledger.failures(generation):
        held = failure.error == _QUARANTINED
        reason = failure.reason if held else f"{failure.error}: {failure.reason}"
        found[failure.source, failure.document] = Trouble(
            outcome=_outcome(failure.reason) if held else "failing",
            since=failure.first_at,
            reason=reason,
            attempts=failure.attempts,
            retriable=failure.retriable,
        )
    return found


def troubles_at(ledger: Ledger, moment: datetime) -> dict[Name, Trouble]:
    """As far as the history of outcomes tells."""
    return {
        (one.source, one.document): Trouble(
            outcome=_outcome(one.reason) if one.outcome == "quarantined" else "failing",
            since=one.since,
            reason=one.reason,
            attempts=one.attempts,
        )
        for one in ledger.troubles_at(moment)
    }


def removals_withheld(ledger: Ledger, source: str) -> Mapping[str, object]:
    """Documents that would be removed if that were believed: `documents`, `live`, `since`; {} when there are none."""
    found = ledger.learned(source, WITHHELD) or {}
    return found if found.get("documents") else {}


def _outcome(reason: str) -> str:
    return "withheld" if reason.startswith(WITHHELD) else "quarantined"
