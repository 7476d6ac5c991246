"""The sums of a report, and the sentence that says them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from headwater.freshness.values import DocumentStanding, Finding, FindingKind, Headline, Kept, OwnerStanding
from headwater.freshness.wording import counted


def share(part: int, whole: int) -> str:
    """One decimal, rounded down, so that 99.96% is never shown as all of them."""
    tenths = 1000 * part // whole
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths / 10:.1f}%"


def headline(documents: Sequence[DocumentStanding], owners: Sequence[OwnerStanding]) -> Headline:
    """Pipeline lag, age of content, what nothing was promised of and what nobody owns are counted apart."""
    lag, content = Counter(one.pipeline for one in documents), Counter(one.content for one in documents)
    promised = sum({one.pipeline, one.content} != {Kept.NONE} for one in documents)
    within = sum(one.within for one in documents)
    overdue = sum(owner.overdue > 0 for owner in owners if owner.name)
    return Headline(
        documents=len(documents),
        promised=promised,
        within=within,
        lag_kept=lag[Kept.YES],
        lag_broken=lag[Kept.NO],
        lag_unknown=lag[Kept.UNKNOWN],
        content_kept=content[Kept.YES],
        content_broken=content[Kept.NO],
        content_unknown=content[Kept.UNKNOWN],
        content_unpromised=content[Kept.NONE],
        unowned=sum(not one.owner for one in documents),
        owners_overdue=overdue,
        served_stale=sum(one.served for one in documents),
        sentence=_sentence(len(documents), promised, within, owners),
    )


def _sentence(documents: int, promised: int, within: int, owners: Sequence[OwnerStanding]) -> str:
    if not documents:
        return "Nothing is known of any document yet."
    if not promised:
        return f"Nothing was promised of any of {counted(documents, 'document')}."
    of = counted(promised, "document")
    words = f"{share(within, promised)} of {of} {'is' if promised == 1 else 'are'} within their promise"
    if promised < documents:
        words += f" ({documents - promised:,} more without any)"
    named = sum(owner.overdue > 0 for owner in owners if owner.name)
    unowned = sum(owner.overdue for owner in owners if not owner.name)
    if named:
        words += f"; {counted(named, 'owner has', 'owners have')} overdue reviews"
    if unowned:
        words += f"; {counted(unowned, 'overdue review')} {'has' if unowned == 1 else 'have'} no owner"
    return f"{words}."


def owner_standings(
    documents: Iterable[DocumentStanding],
    findings: Iterable[Finding],
    contacts: Mapping[str, str],
    aside: Iterable[Finding] = (),
) -> tuple[OwnerStanding, ...]:
    """Those with most overdue reviews first, then by name; what nobody owns last.

    A review that somebody put aside is overdue all the same.
    """
    count: Counter[str] = Counter()
    within: Counter[str] = Counter()
    overdue: Counter[str] = Counter()
    severities: dict[str, Counter[str]] = {}
    for one in documents:
        count[one.owner] += 1
        within[one.owner] += one.within
    for finding in findings:
        overdue[finding.owner] += finding.kind is FindingKind.OVERDUE_REVIEW
        severities.setdefault(finding.owner, Counter())[finding.severity.word] += 1
    for finding in aside:
        overdue[finding.owner] += finding.kind is FindingKind.OVERDUE_REVIEW
    names = sorted(count.keys() | severities.keys(), key=lambda name: (not name, -overdue[name], name))
    return tuple(
        OwnerStanding(
            name=name,
            contact=contacts.get(name, ""),
            documents=count[name],
            within=within[name],
            overdue=overdue[name],
            findings=dict(severities.get(name, {})),
        )
        for name in names
    )
