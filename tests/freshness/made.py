"""Reports that are made up: of any size, with every kind of finding, and with texts that attack whoever shows them."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from headwater.freshness.values import (
    Bucket,
    Day,
    DocumentStanding,
    Finding,
    FindingKind,
    Headline,
    Kept,
    OwnerStanding,
    PutAside,
    Report,
    Severity,
    SourceStanding,
)
from headwater.ledger.acknowledged import Acknowledgement

AS_OF = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
SOURCES = {"help-center": "help", "product-changelog": "release_note", "runbooks": "sop"}
OWNERS = ("support-content", "payments", "sre", "")
CONTACTS = {"support-content": "mailto:content@example.com", "sre": "https://chat.example.com/sre"}
PLAIN_TITLES = (
    "Rotate an API key",
    "Refund a payment that was captured twice",
    "Connect a calendar",
    "Release 4.12: bulk edits and faster exports",
    "Major incident: first fifteen minutes",
    "Restore a workspace from a backup",
    "Who can see a private board",
)
HOSTILE_TITLES = (
    "<script>document.title='taken'</script>",
    '"><img src=x onerror="document.title=\'taken\'">',
    "</table></main><style>body{display:none}</style>",
    "bell \x07 escape \x1b[31mred\x1b[0m null \x00 lone \udcff",
    "[bold red]not markup[/bold red] {{ 7 * 7 }} &amp; &lt;",
    "right to left override \u202etxt.exe",
    "مركز المساعدة: كيف تعيد تعيين كلمة المرور (الإصدار 2.1)",
    "איפוס סיסמה",
    "退款政策与常见问题：如何处理重复扣款",
    "パスワードを再設定する",
    "",
    "word " * 400,
    "x" * 3_000,
)
SEVERITY = {
    FindingKind.WRONG_ACCESS: Severity.CRITICAL,
    FindingKind.SOURCE_SILENT: Severity.CRITICAL,
    FindingKind.FAILING: Severity.CRITICAL,
    FindingKind.MISSING: Severity.CRITICAL,
    FindingKind.DEAD_LINK: Severity.NOTICE,
    FindingKind.CONFLICTING_DATES: Severity.NOTICE,
    FindingKind.WRONG_CLOCK: Severity.NOTICE,
}
EVIDENCE = {
    FindingKind.OVERDUE_REVIEW: "Its review was due on 3 November 2026: reviewed every 6 months, last on 3 May 2026.",
    FindingKind.LAG_BREACH: "It changed on 20 November 2026, 09:12 UTC and became searchable 31 h later, not in 24h.",
    FindingKind.FAILING: "BrokenFileError: the file ends in the middle of a table. 7 attempts, none of them worked.",
    FindingKind.SOURCE_SILENT: "The last complete listing is from 17 November 2026, 02:00 UTC; three runs failed.",
}


def document(number: int, rng: random.Random, titles: Sequence[str]) -> DocumentStanding:
    source = tuple(SOURCES)[number % len(SOURCES)]
    pipeline = rng.choices((Kept.YES, Kept.NO, Kept.UNKNOWN), (95, 3, 2))[0]
    content = Kept.NONE if source == "product-changelog" else rng.choices(tuple(Kept), (80, 12, 8, 0))[0]
    changed = AS_OF - timedelta(hours=rng.uniform(30, 9_000))
    lag = timedelta(minutes=rng.randrange(1500, 4800) if pipeline is Kept.NO else rng.randrange(6, 1200))
    known = pipeline is not Kept.UNKNOWN
    age = timedelta(days=rng.randrange(400))
    dated = content is not Kept.UNKNOWN
    name = f"articles/{number:05}-{'-'.join(titles[number % len(titles)].lower().split()[:3]) or 'untitled'}.md"
    return DocumentStanding(
        source=source,
        document=name,
        title=titles[number % len(titles)],
        kind=SOURCES[source],
        owner=OWNERS[number % 7 % len(OWNERS)],
        uri=f"https://help.example.com/{source}/{number}",
        edit=f"https://git.example.com/docs/edit/main/{number}.md" if number % 3 else "",
        changed_at=changed if known else None,
        changed_after=changed - timedelta(hours=6) if known else None,
        detected_at=changed + lag * 0.9 if known else None,
        searchable_at=changed + lag if known else None,
        verified_at=AS_OF - timedelta(hours=rng.uniform(0, 30)),
        lag=lag if known else None,
        lag_exact=bool(number % 4),
        dated=AS_OF - age if dated else None,
        due=AS_OF - age + timedelta(days=180) if dated and content is not Kept.NONE else None,
        due_by="at most 180d old" if dated and content is not Kept.NONE else "",
        age=age if dated else None,
        pipeline=pipeline,
        content=content,
        served=rng.randrange(40) if content is Kept.NO else 0,
    )


def finding(number: int, of: DocumentStanding, kind: FindingKind | None = None) -> Finding:
    kind = kind or tuple(FindingKind)[number % len(FindingKind)]
    whole_source = kind is FindingKind.SOURCE_SILENT
    return Finding(
        kind=kind,
        severity=SEVERITY.get(kind, Severity.WARNING),
        source=of.source,
        document="" if whole_source else of.document,
        title="" if whole_source else of.title,
        owner=of.owner,
        uri="" if whole_source else of.uri,
        edit="" if whole_source else of.edit,
        since=None if number % 9 == 8 else AS_OF - timedelta(hours=5 + 31 * (number % 60)),
        evidence=EVIDENCE.get(kind, f"The {kind.value.replace('_', ' ')} was seen in the audit of 21 November 2026."),
        next_step="Run headwater ingest help-center and read what it says."
        if number % 2
        else "Review it, and say when.",
    )


def buckets(labels: Sequence[str], total: int, broken_from: int) -> tuple[Bucket, ...]:
    weights = [max(1, 13 - 3 * abs(place - 2)) for place in range(len(labels))]
    counts = [total * weight // sum(weights) for weight in weights]
    return tuple(
        Bucket(label, count, 0 if place < broken_from else count * 2 // 3)
        for place, (label, count) in enumerate(zip(labels, counts, strict=True))
    )


def put_aside(of: Finding, *, days: int | None = None, reason: str = "known, see the ticket") -> PutAside:
    """Snoozed for so many days, or acknowledged."""
    acknowledged = Acknowledgement(
        kind=of.kind.value, source=of.source, document=of.document, severity=int(of.severity), title=of.title,
        reason=reason, who="0123456789ab", name="ops", at=AS_OF - timedelta(days=2),
        until=None if days is None else AS_OF + timedelta(days=days), id=1,
    )  # fmt: skip
    return PutAside(of, acknowledged)


def days(rng: random.Random) -> tuple[Day, ...]:
    found = []
    for back in range(29, -1, -1):
        date = (AS_OF - timedelta(days=back)).date().isoformat()
        changes = rng.choice((0, 0, 1, 3, 8))
        worst = timedelta(hours=rng.choice((0.4, 1.5, 3, 6, 12, 31)))
        found.append(Day(date, changes, worst / 3, worst) if changes else Day(date, 0, None, None))
    return tuple(found)


def severities(findings: Sequence[Finding]) -> dict[str, int]:
    return dict(Counter(one.severity.word for one in findings))


def source(name: str, documents: Sequence[DocumentStanding], findings: Sequence[Finding]) -> SourceStanding:
    rng = random.Random(name)
    own = [one for one in documents if one.source == name]
    within = sum(one.within for one in own)
    silent = name == "runbooks"
    return SourceStanding(
        name=name,
        kind={"help-center": "zendesk", "product-changelog": "github_releases"}.get(name, "git"),
        timezone="UTC",
        documents=len(own),
        within=within,
        stale=sum(one.freshness == "stale" for one in own),
        unknown=sum(one.freshness == "unknown" for one in own),
        kept_share=within / len(own) if own else None,
        last_complete=AS_OF - timedelta(days=5 if silent else 0, hours=1) if own else None,
        last_success=AS_OF - timedelta(hours=1) if own else None,
        last_verified=AS_OF - timedelta(hours=1) if own else None,
        last_error="TransientSourceError: it answered 503" if silent and own else "",
        failed_runs=3 if silent and own else 0,
        failing=2,
        quarantined=1,
        tombstoned=0,
        withheld=0,
        changes_a_week=12.5 if own else None,
        lag_median=timedelta(minutes=42) if own else None,
        lag_95=timedelta(hours=21) if own else None,
        max_lag="none" if name == "product-changelog" else "24h",
        days=days(rng) if own else (),
        findings=severities([one for one in findings if one.source == name]),
    )


def owner(name: str, documents: Sequence[DocumentStanding], findings: Sequence[Finding]) -> OwnerStanding:
    own = [one for one in documents if one.owner == name]
    return OwnerStanding(
        name=name,
        contact=CONTACTS.get(name, ""),
        documents=len(own),
        within=sum(one.within for one in own),
        overdue=sum(one.content is Kept.NO for one in own),
        findings=severities([one for one in findings if one.owner == name]),
    )


def headline(documents: Sequence[DocumentStanding], owners: Sequence[OwnerStanding]) -> Headline:
    pipeline, content = (Counter(getattr(one, name) for one in documents) for name in ("pipeline", "content"))
    promised = sum({one.pipeline, one.content} != {Kept.NONE} for one in documents)
    within = sum(one.within for one in documents)
    overdue = sum(bool(one.overdue and one.name) for one in owners)
    if not documents:
        sentence = "There are no documents yet."
    elif not promised:
        sentence = f"Nothing was promised of {len(documents):,} documents."
    else:
        sentence = (
            f"{within * 1000 // promised / 10:.1f}% of {promised:,} documents are within their promise; "
            f"{overdue} owners have overdue reviews"
        )
    return Headline(
        documents=len(documents),
        promised=promised,
        within=within,
        lag_kept=pipeline[Kept.YES],
        lag_broken=pipeline[Kept.NO],
        lag_unknown=pipeline[Kept.UNKNOWN],
        content_kept=content[Kept.YES],
        content_broken=content[Kept.NO],
        content_unknown=content[Kept.UNKNOWN],
        content_unpromised=content[Kept.NONE],
        unowned=sum(not one.owner for one in documents),
        owners_overdue=overdue,
        served_stale=sum(one.served for one in documents),
        sentence=sentence,
    )


def report_of(
    documents: Sequence[DocumentStanding],
    findings: Sequence[Finding],
    *,
    notes: tuple[str, ...] = (),
    aside: Sequence[PutAside] = (),
) -> Report:
    """Sums that follow from the documents, as a built report has them."""
    findings = sorted(findings, key=lambda one: (-one.severity, one.since or AS_OF))
    names = sorted({one.source for one in documents} or set(SOURCES))
    sources = tuple(source(name, documents, findings) for name in names)
    owners = tuple(owner(name, documents, findings) for name in sorted({one.owner for one in documents}))
    measured = sum(one.lag is not None for one in documents)
    return Report(
        as_of=AS_OF,
        made_at=AS_OF + timedelta(seconds=2),
        timezone="Europe/Madrid",
        epoch=412,
        headline=headline(documents, owners),
        sources=sources,
        owners=owners,
        findings=tuple(findings),
        lag=buckets(
            ("under 15 min", "15 min to 1 h", "1 h to 6 h", "6 h to 1 d", "1 d to 3 d", "over 3 d"), measured, 4
        ),
        age=buckets(("under 30 d", "30 d to 90 d", "90 d to 180 d", "180 d to 1 y", "over 1 y"), len(documents), 3),
        documents=tuple(sorted(documents, key=lambda one: (one.source, one.document))),
        notes=notes,
        aside=tuple(aside),
    )


def made(documents: int = 60, findings: int = 34, *, hostile: bool = False, seed: int = 7) -> Report:
    """As a real one would be; with `hostile`, every title and many texts attack the page or the terminal."""
    rng = random.Random(seed)
    titles = HOSTILE_TITLES if hostile else PLAIN_TITLES
    standings = [document(number, rng, titles) for number in range(documents)]
    found = [finding(number, standings[number * 5 % documents]) for number in range(findings)]
    notes = (
        ("The audit of 21 November 2026 is older than a week.",)
        if not hostile
        else ("<b onclick=alert(1)>note</b> [red]x[/red]",)
    )
    return report_of(standings, found, notes=notes)


def empty() -> Report:
    """Nothing was ever ingested."""
    return report_of([], [])


def unpromised() -> Report:
    """Documents of which nothing is promised."""
    rng = random.Random(1)
    standings = [
        replace(
            document(number, rng, PLAIN_TITLES), pipeline=Kept.NONE, content=Kept.NONE, due=None, due_by="", served=0
        )
        for number in range(12)
    ]
    return report_of(standings, [])
