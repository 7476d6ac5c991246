"""What of a report a person put aside, and when that does not hold any more.

Putting aside changes what is told, never what is counted: a document that is stale stays stale.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from headwater.freshness.values import Finding, FindingKind, PutAside
from headwater.ledger.acknowledged import Acknowledgement, Key

OVER, EXPIRED = "the finding is over", "its time has come"
WORSE, ANEW = "the finding became more severe", "the finding ended and began again"

_BEGINNINGS = frozenset({
    FindingKind.OVERDUE_REVIEW, FindingKind.LAG_BREACH, FindingKind.SOURCE_SILENT, FindingKind.UNVERIFIED,
    FindingKind.FAILING, FindingKind.QUARANTINED, FindingKind.WITHHELD,
})  # fmt: skip
"""Those whose `since` is when they began; of the others it is the time of an audit, say, which comes again."""


def separated(
    findings: Sequence[Finding], acknowledgements: Iterable[Acknowledgement], at: datetime
) -> tuple[tuple[Finding, ...], tuple[PutAside, ...]]:
    """Open ones and those that are put aside at this moment, both in their order; of one key either all or none."""
    known = {one.key: one for one in acknowledgements}
    if not known:
        return tuple(findings), ()
    present = _by_key(findings, known)
    holding = {key: one for key, one in known.items() if not ending(one, present.get(key, ()), at)}
    left = tuple(one for one in findings if one.key not in holding)
    return left, tuple(PutAside(one, holding[one.key]) for one in findings if one.key in holding)


def endings(
    findings: Sequence[Finding], acknowledgements: Iterable[Acknowledgement], at: datetime
) -> dict[str, list[int]]:
    """Why -> ids of those that do not hold any more; `findings` are all there are at this moment.

    Those made at this moment or later are left out: the findings may be from just before.
    """
    known = {one.key: one for one in acknowledgements if one.at < at}
    present, found = _by_key(findings, known), dict[str, list[int]]()
    for key, one in known.items():
        if why := ending(one, present.get(key, ()), at):
            found.setdefault(why, []).append(one.id)
    return found


def ending(one: Acknowledgement, present: Sequence[Finding], at: datetime) -> str:
    """Why it does not hold of these findings, all of its key; "" while it does."""
    if not present:
        return OVER
    if one.until is not None and one.until <= at:
        return EXPIRED
    if any(finding.severity > one.severity for finding in present):
        return WORSE
    return ANEW if all(_began_after(finding, one.at) for finding in present) else ""


def _began_after(finding: Finding, moment: datetime) -> bool:
    """It cannot be the one that was looked at then, though it is of the same kind and document."""
    return finding.kind in _BEGINNINGS and finding.since is not None and finding.since > moment


def _by_key(findings: Iterable[Finding], wanted: Mapping[Key, object]) -> dict[Key, list[Finding]]:
    found: dict[Key, list[Finding]] = {}
    for one in findings:
        if one.key in wanted:
            found.setdefault(one.key, []).append(one)
    return found
