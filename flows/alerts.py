"""Tell people what a freshness report found, once when it begins and once when it ends, and owners once a week."""

import importlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flows.freshness import freshness_of
from flows.workshop import Workshop
from headwater.alerting import wording
from headwater.alerting.digest import Owed, Round, owed
from headwater.alerting.telling import Receiver, Seen, Told, tell
from headwater.alerting.tracking import Breach, Tracked
from headwater.alerting.wording import Message
from headwater.errors import BusyError, ConfigError, HeadwaterError, with_advice
from headwater.freshness.values import Finding, Report, Severity
from headwater.ledger.base import Ledger
from headwater.settings import AlertSettings, Secret
from headwater.settings.contacts import is_mail

LEASE, WAIT_SECONDS = "alerts", 30.0
_SOURCE, _TRACKED, _ROUND = "", "alerts: ", "alerts digest"
"""No source has this name, so that what is kept under it is nobody's."""

log = logging.getLogger("headwater")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a report: what each receiver was told, how many digests went out, and what did not."""

    told: tuple[Told, ...] = ()
    digests: int = 0
    problems: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.problems)

    def as_json(self) -> dict[str, object]:
        return {
            "told": [{"to": one.name, "began": one.began, "ended": one.ended} for one in self.told],
            "digests": self.digests,
            "problems": list(self.problems),
        }


@dataclass(frozen=True, slots=True)
class _Kept:
    """What receivers were told, in the ledger."""

    ledger: Ledger

    def load(self, name: str) -> Tracked:
        return Tracked.of_json(self.ledger.learned(_SOURCE, _TRACKED + name))

    def save(self, name: str, tracked: Tracked) -> None:
        self.ledger.learn(_SOURCE, _TRACKED + name, tracked.as_json())


@dataclass(frozen=True, slots=True)
class Address:
    """One address of `[alerts] to`; `name` is the reference that it is written as, or its number."""

    name: str
    place: str
    address: Secret = field(repr=False)
    zone: str = "UTC"
    page: str = ""

    def began(self, findings: Sequence[Finding]) -> None:
        self.send(wording.began(findings, self.zone, self.page))

    def ended(self, breaches: Sequence[Breach]) -> None:
        self.send(wording.ended(breaches, self.page))

    def send(self, message: Message) -> None:
        _deliver()(message, self.address, self.place)


def addresses(alerts: AlertSettings) -> list[Address]:
    """Named without anything secret, the same in every run as long as they are written the same."""
    seen: Counter[str] = Counter()
    found = []
    for number, secret in enumerate(alerts.to, start=1):
        written = str(secret)
        seen[written] += 1
        name = written if seen[written] == 1 else f"{written} {seen[written]}"
        found.append(Address(name, f"[alerts] to, number {number}", secret, alerts.timezone, alerts.page))
    return found


def notify(workshop: Workshop, report: Report, *, digest: bool = True, also: Sequence[Receiver] = ()) -> Delivered:
    """`digest`: also the weekly ones, when they are due and the report is of every source; `also`: receivers beside
    those of the settings.

    Never raises for what could not be delivered: that is in `problems`, and tried again with the next report.
    ConfigError for a report of another time than now.
    """
    alerts, ledger = workshop.settings.alerts, workshop.ledger
    if report.as_of != report.made_at:
        raise ConfigError("people are told of now, not of another moment", advice="Leave out --as-of, or --notify.")
    receivers: list[Receiver] = [*addresses(alerts), *also]
    if not receivers and not alerts:
        return Delivered()
    try:
        with ledger.lease(LEASE, workshop.holder, seconds=120, wait=WAIT_SECONDS):
            seen = Seen(
                findings=report.findings,
                least=Severity[alerts.severity.upper()],
                as_of=report.as_of,
                covered=_covered(workshop, report),
                aside=frozenset(one.finding.key for one in report.aside),
            )
            told = tuple(tell(receiver, seen, _Kept(ledger)) for receiver in receivers)
            whole = all(seen.covered(source.name) for source in workshop.settings.sources)
            sent, problems = _digests(ledger, alerts, report, seen.least, send=digest and whole)
    except BusyError as error:
        return Delivered(problems=(f"another process is telling people at this moment ({error})",))
    return Delivered(told, sent, (*(with_advice(one.problem, one.advice) for one in told if one.problem), *problems))


def notify_after_run(workshop: Workshop) -> list[str]:
    """After an ingest: sentences about what could not be delivered."""
    try:
        return list(notify(workshop, freshness_of(workshop), digest=False).problems)
    except HeadwaterError as error:
        return [f"nobody was told what is not fresh: {error}"]
    except Exception as error:
        # What was ingested is published, whatever becomes of the alerts.
        log.exception("alerts failed")
        return [f"nobody was told what is not fresh: {type(error).__name__}; the log has its traceback"]


def try_addresses(alerts: AlertSettings) -> Iterator[tuple[str, str, HeadwaterError | None]]:
    """(place, name, what is wrong) of every address, after a message that says it is a test."""
    for one in addresses(alerts):
        try:
            one.send(wording.trial())
            yield one.place, one.name, None
        except HeadwaterError as error:
            yield one.place, one.name, error


def open_breaches(workshop: Workshop) -> Mapping[str, Sequence[Breach]]:
    """By the name of the address, what it was told that is not over yet."""
    kept = _Kept(workshop.ledger)
    return {
        one.name: [breach for breach in kept.load(one.name).breaches.values() if breach.told]
        for one in addresses(workshop.settings.alerts)
    }


def _covered(workshop: Workshop, report: Report) -> Callable[[str], bool]:
    """A report of some sources says nothing of the others that there are."""
    known = {source.name for source in workshop.settings.sources} | {row.name for row in workshop.ledger.sources()}
    silent = known - {source.name for source in report.sources}
    return lambda source: source not in silent


def _digests(
    ledger: Ledger, alerts: AlertSettings, report: Report, least: Severity, *, send: bool
) -> tuple[int, list[str]]:
    """How many were sent, and why others were not; each is struck off when it is delivered."""
    if alerts.digest is None:
        return 0, []
    owing = owed(report, least, _writable(alerts))
    messages = dict(_digest_messages(owing, alerts))
    before = Round.of_json(ledger.learned(_SOURCE, _ROUND))
    due = alerts.digest.last(report.as_of, alerts.timezone)
    if before.due is not None and not send:
        return 0, []
    round_ = before.begun(due, messages)
    if round_ != before:
        ledger.learn(_SOURCE, _ROUND, round_.as_json())
    sent, problems = 0, []
    for name in round_.pending:
        try:
            if name in messages:
                _send_digest(name, messages[name], alerts)
                sent += 1
        except HeadwaterError as error:
            problems.append(error.in_full)
            continue
        round_ = round_.without(name)
        ledger.learn(_SOURCE, _ROUND, round_.as_json())
    return sent, problems


def _writable(alerts: AlertSettings) -> list[str]:
    """Mail addresses only where there is a server to send through."""
    return [name for name, address in alerts.owners.items() if alerts.mail or not is_mail(_revealed(address))]


def _revealed(address: Secret) -> str:
    """ "" for what is not set, which is found out, and said, when it is written to."""
    try:
        return address.reveal()
    except HeadwaterError:
        return ""


def _digest_messages(owing: Owed, alerts: AlertSettings) -> Iterator[tuple[str, Message]]:
    for name, (owner, findings) in owing.reachable.items():
        yield f"owner {name}", wording.digest(owner, findings, alerts.timezone, alerts.page)
    if owing.others:
        rest = wording.digests(owing.others, alerts.page)
        for address in addresses(alerts):
            yield f"to {address.name}", rest


def _send_digest(name: str, message: Message, alerts: AlertSettings) -> None:
    kind, _, whose = name.partition(" ")
    if kind == "to":
        next(one for one in addresses(alerts) if one.name == whose).send(message)
        return
    contact, place = alerts.owners[whose], f"[owners] {whose}"
    address = contact.reveal()
    if is_mail(address):
        _deliver()(message, alerts.mail, "[alerts] mail", recipient=address[address.find(":") + 1 :])
    else:
        _deliver()(message, contact, place)


def _deliver() -> Callable[..., None]:
    # Imported when there is something to send: apprise takes a second.
    deliver: Callable[..., None] = importlib.import_module("headwater.alerting.delivery").deliver
    return deliver
