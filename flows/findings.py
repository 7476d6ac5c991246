"""Put findings aside, and take them up again: who did it, when and why is kept."""

import getpass
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo

from flows.freshness import freshness_of
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import ConfigError
from headwater.freshness.values import Finding, PutAside, Report
from headwater.keys.keys import note
from headwater.ledger.acknowledged import Acknowledgement
from headwater.ledger.base import Ledger
from headwater.settings import parse_duration

LONGEST = timedelta(days=366)
LONGEST_REASON = 2_000
_LEAST_OF_ID = 4


def findings_of(workshop: Workshop) -> Report:
    """As of now; what is put aside is among it."""
    return freshness_of(workshop)


def find(report: Report, id: str) -> Finding | PutAside:
    """The worst finding with this id, or with an id that begins so; ConfigError where that is none, or not only one."""
    wanted = id.strip().lower()
    found: dict[str, Finding | PutAside] = {}
    for one in report.findings:
        if one.id.startswith(wanted):
            found.setdefault(one.id, one)
    for other in report.aside:
        if other.finding.id.startswith(wanted):
            found.setdefault(other.finding.id, other)
    if len(wanted) < _LEAST_OF_ID or not found:
        raise ConfigError(f"there is no finding {id!r} now", advice="See: headwater findings.")
    if len(found) > 1:
        raise ConfigError(f"{id!r} may be any of {len(found)} findings", advice="Write more of the id.")
    return next(iter(found.values()))


def put_aside(
    ledger: Ledger, of: Finding | PutAside, *, reason: str, who: str, name: str, until: datetime | None = None
) -> Acknowledgement:
    """Acknowledged, or snoozed `until` then; takes the place of what was said of it before.

    ConfigError without a reason, and for a moment that is over or more than a year ahead.
    """
    finding, now, said = _finding(of), utc_now(), " ".join(reason.split())
    if not said or len(said) > LONGEST_REASON:
        what = "a reason is missing" if not said else f"a reason may have {LONGEST_REASON:,} characters"
        raise ConfigError(what, advice="Say why, for whoever asks in a month.")
    if until is not None and not now < until <= now + LONGEST:
        raise ConfigError(
            "a finding is snoozed until a moment to come, within a year",
            advice="Write for example 7d, or 2027-01-31. What should stay away for good is acknowledged.",
        )
    one = Acknowledgement(
        kind=finding.kind.value,
        source=finding.source,
        document=finding.document,
        severity=int(finding.severity),
        title=finding.title,
        reason=said,
        who=who,
        name=name,
        at=now,
        until=until,
    )
    made = replace(one, id=ledger.acknowledge(one))
    note(ledger, who, "snooze" if until else "acknowledge", _target(finding))
    return made


def reopen(ledger: Ledger, of: Finding | PutAside, *, who: str, name: str) -> bool:
    """False when it was not put aside, or is open again already."""
    if not isinstance(of, PutAside):
        return False
    ended = ledger.end_acknowledgements([of.acknowledgement.id], utc_now(), f"taken up again by {name or who}")
    if ended:
        note(ledger, who, "reopen", _target(of.finding))
    return bool(ended)


def moment_until(text: str, now: datetime, zone: tzinfo) -> datetime:
    """`7d` from now on, the end of a day in this zone (`2027-01-31`), or a moment with a zone of its own."""
    plain = text.strip()
    try:
        if len(plain) == len("2027-01-31") and plain[4:5] == "-":
            following = date.fromisoformat(plain) + timedelta(days=1)
            return datetime.combine(following, time(), zone) - timedelta(microseconds=1)
        if plain[4:5] == "-":
            at = datetime.fromisoformat(plain)
            return at if at.tzinfo is not None else at.replace(tzinfo=zone)
        return now.astimezone(zone) + parse_duration(plain)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{text!r} is neither a length of time nor a day", advice="Write for example 7d, 3 weeks, or 2027-01-31."
        ) from None


def this_user() -> str:
    """Whoever types at this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # nobody has this number, or there are no users here
        return ""


def _finding(of: Finding | PutAside) -> Finding:
    return of.finding if isinstance(of, PutAside) else of


def _target(finding: Finding) -> str:
    place = f"{finding.source}/{finding.document}" if finding.document else finding.source
    return f"{finding.kind.value} {place}"[:300]
