"""Findings as messages: the worst ten, the rest counted, and nothing of a document but its title and the evidence."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from headwater.alerting.tracking import Breach
from headwater.freshness.headline import share
from headwater.freshness.values import Finding, OwnerStanding, Severity
from headwater.freshness.wording import counted, moment

SHOWN = 10
_LINE, _NAME = 400, 120
_CALLS = re.compile(r"@(?=everyone\b|here\b|channel\b|all\b|room\b)|<(?=[!@#])", re.IGNORECASE)
"""What chat services take for a call to all members of a room."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
"""Unseen as well, and part of how some scripts are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Plain text; `severity` is None for good news and for what is no alert."""

    title: str
    body: str
    severity: Severity | None = None
    good: bool = False


def began(findings: Sequence[Finding], zone: str, page: str) -> Message:
    """Findings worst first."""
    first = findings[0]
    title = (
        f"{first.severity.word}: {_kind(first.kind.value)}: {_called(first.title, first.source, first.document)}"
        if len(findings) == 1
        else f"{counted(len(findings), 'finding')} ({_severities(findings)})"
    )
    lines = [_finding(one, zone) for one in findings[:SHOWN]]
    return _message(title, [*lines, *_rest(len(findings), page)], first.severity)


def ended(breaches: Sequence[Breach], page: str) -> Message:
    """Breaches worst first."""
    told, missed = [one for one in breaches if one.told], [one for one in breaches if not one.told]
    first = breaches[0]
    title = (
        f"over: {_kind(first.key[0])}: {_called(first.title, *first.key[1:])}"
        if len(breaches) == 1
        else f"{counted(len(breaches), 'finding')} over"
    )
    lines = [_over(one) for one in told[:SHOWN]]
    if missed:
        lines.append("Began and ended while this could not be delivered:")
        lines += [_over(one) for one in missed[: SHOWN - len(lines) + 1]]
    shown = sum(line.startswith("- ") for line in lines)
    return _message(title, [*lines, *_rest(len(breaches), page, shown)], good=True)


def digest(owner: OwnerStanding, findings: Sequence[Finding], zone: str, page: str) -> Message:
    """What one owner answers for; findings worst first."""
    lines = [_standing(owner), *(_finding(one, zone) for one in findings[:SHOWN]), *_rest(len(findings), page)]
    title = f"weekly digest for {owner.name}: {counted(len(findings), 'open finding')}"
    return _message(title, lines)


def digests(of: Sequence[tuple[OwnerStanding, Sequence[Finding]]], page: str) -> Message:
    """Of all owners that cannot be written to, most findings first."""
    number = sum(len(findings) for _, findings in of)
    lines = []
    for owner, findings in of[:SHOWN]:
        more = f", {len(findings) - 3:,} more" if len(findings) > 3 else ""
        lines.append(f"{owner.name or 'Without an owner'}: {counted(len(findings), 'finding')}. {_standing(owner)}")
        lines += [f"- {_headed(one)}" for one in findings[:3]]
        lines += [f"- {more[2:]}"] if more else []
    if len(of) > SHOWN:
        lines.append(f"And {counted(len(of) - SHOWN, 'owner')} more.")
    title = f"weekly digest: {counted(number, 'open finding')} of {counted(len(of), 'owner')}"
    return _message(title, [*lines, *_rest(0, page)])


def trial() -> Message:
    """What `headwater alerts --test` sends."""
    return _message("a test", ["This address is told when something is not fresh any more, and when it is again."])


def _message(title: str, lines: Sequence[str], severity: Severity | None = None, *, good: bool = False) -> Message:
    return Message(
        title=_one_line(f"Headwater: {title}", 2 * _NAME), body="\n".join(lines), severity=severity, good=good
    )


def _finding(one: Finding, zone: str) -> str:
    since = f", since {moment(one.since, zone)}" if one.since else ""
    said = f"- {_headed(one)}{since}: {_one_line(one.evidence)} Next: {_one_line(one.next_step)}"
    return f"{said} {_one_line(one.edit)}" if one.edit else said


def _headed(one: Finding) -> str:
    owner = f" ({_one_line(one.owner, _NAME)})" if one.owner else ""
    return f"{one.severity.word}: {_kind(one.kind.value)}: {_called(one.title, one.source, one.document)}{owner}"


def _over(one: Breach) -> str:
    return f"- {_kind(one.key[0])}: {_called(one.title, *one.key[1:])}"


def _standing(owner: OwnerStanding) -> str:
    if not owner.documents:
        return "No documents."
    overdue = f"; {counted(owner.overdue, 'overdue review')}" if owner.overdue else ""
    of = counted(owner.documents, "document")
    return f"{share(owner.within, owner.documents)} of {of} within their promise{overdue}."


def _rest(number: int, page: str, shown: int = SHOWN) -> list[str]:
    more = [f"And {number - shown:,} more."] if number > shown else []
    return [*more, f"The report: {page}"] if page else more


def _severities(findings: Sequence[Finding]) -> str:
    count = Counter(one.severity for one in findings)
    return ", ".join(f"{count[one]:,} {one.word}" for one in reversed(Severity) if count[one])


def _kind(name: str) -> str:
    return name.replace("_", " ")


def _called(title: str, source: str, document: str) -> str:
    place = f"{source}/{document}" if document else source
    return _one_line(f"{title} ({place})" if title and title != document else place, _NAME)


def _one_line(text: str, most: int = _LINE) -> str:
    """As it is, but on one line, without what steers a terminal or calls everybody in a room."""
    plain = "".join(" " if unicodedata.category(one) in _UNSEEN and one not in _JOINERS else one for one in text)
    plain = _CALLS.sub(lambda match: f"{match[0]} ", " ".join(plain.split()))
    return plain if len(plain) <= most else plain[: most - 3] + "..."
