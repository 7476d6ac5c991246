"""`headwater freshness`."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from app.console import err, plain, print_json, warn
from app.freshness_drawing import draw_report
from app.measures import zone_of
from app.options import Config, Home, Json, load_settings
from flows.alerts import Delivered
from flows.alerts import notify as send
from flows.freshness import freshness_of
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.freshness.as_json import as_json
from headwater.freshness.terms import terms_for, terms_of
from headwater.freshness.values import FindingKind, PutAside, Report, Severity
from headwater.freshness.wording import counted
from headwater.ledger.acknowledged import ACKNOWLEDGED
from headwater.settings import Settings, did_you_mean

UNTOLD, FOUND = 1, 3
NOBODY = "nobody"
"""The owner of what has none, on the command line."""
_KINDS = tuple(kind.value for kind in FindingKind)
_SEVERITIES = {severity.word: severity for severity in Severity}


def freshness(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Names of sources. Default: all.", metavar="SOURCE", show_default=False)
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="At that moment: 2026-10-31 is the end of that day, else with a zone, 2026-10-31T12:00Z.",
            metavar="DATE",
        ),
    ] = None,
    documents: Annotated[bool, typer.Option("--documents", help="With --json: every document too.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page, to send around or to print.", metavar="FILE")
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on", help="End with 3 when there are findings as severe as this.", metavar="notice|warning|critical"
        ),
    ] = None,
    owner: Annotated[
        list[str] | None,
        typer.Option(
            "--owner", help="Only findings of this owner; nobody for those of none. Repeatable.", metavar="NAME"
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only findings of this kind, as in overdue_review. Repeatable.", metavar="FINDING"),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="List what is snoozed too, after what is acknowledged; JSON has both anyway.")
    ] = False,
    notify: Annotated[
        bool,
        typer.Option(
            "--notify", help="Tell [alerts] what began and what ended, and owners once a week; of everything."
        ),
    ] = False,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """What may be wrong because of age: which documents keep their promises, which do not, whose they are, what to do.

    Lag is the time from a change at the source until it was searchable; age is that of the content as it is stated,
    never that of a file. --owner and --kind leave out other findings, --owner other owners and documents too, and
    --fail-on looks at what is left; the sums stay those of everything. What somebody put aside (`headwater findings`)
    counts in no --fail-on and no alert. Neither sources nor the index are asked.

    Exit codes: 0 all well; 1 it could not be made, or --notify could not tell somebody; 2 usage or configuration;
    3 there are findings of --fail-on.
    """
    limit = _severity(fail_on)
    kinds = frozenset(_kind(text) for text in kind or ())
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater freshness") as workshop:
        at = None if as_of is None else moment_of(as_of, _timezone(workshop, sources or ()))
        whole = freshness_of(workshop, as_of=at, sources=sources or None)
        told = _tell(workshop, whole) if notify else None
    owners = frozenset(_owner(name, whole, settings) for name in owner or ())
    report = narrowed_to(whole, owners, kinds)
    words = _narrowed(whole, report, [*sorted(owners), *sorted(kinds)]) if owners or kinds else ""
    failing = [one for one in report.findings if limit is not None and one.severity >= limit]
    shown = report if all_ else replace(report, aside=tuple(one for one in report.aside if _acknowledged(one)))
    if html is not None:
        _write_page(shown, words, html)
    if json:
        print_json(
            {
                **as_json(report, documents=documents),
                **_asked(sources or (), owners, kinds, limit, len(failing)),
                **({"notified": told.as_json()} if told else {}),
            }
        )
    else:
        draw_report(shown, narrowed=words)
        if failing:
            err.print(
                f"[bold red]Failed:[/bold red] {counted(len(failing), 'finding')} of --fail-on {plain(fail_on or '')}"
            )
    raise typer.Exit(FOUND if failing else UNTOLD if told is not None and told.failed else 0)


def moment_of(text: str, timezone: str) -> datetime:
    """A date is its last moment in `timezone`; ConfigError for a time without a zone, and for what is neither."""
    try:
        if len(text) == len("2026-10-31"):
            following = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(following, time(), zone_of(timezone)) - timedelta(microseconds=1)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"--as-of {text!r} is not a date", advice="Write 2026-10-31, or 2026-10-31T12:00Z for a time of day."
        ) from None
    if at.tzinfo is None:
        raise ConfigError(
            f"--as-of {text!r} could be in any time zone",
            advice=f"Add one: {text}Z is UTC, {text}+02:00 is two hours ahead of it; or leave out the time of day.",
        )
    return at


def narrowed_to(report: Report, owners: Collection[str], kinds: Collection[FindingKind]) -> Report:
    """Findings, documents and standing of these owners, findings of these kinds; no names: all. Sums stay the same."""
    if not owners and not kinds:
        return report
    findings = (one for one in report.findings if not owners or one.owner in owners)
    return replace(
        report,
        findings=tuple(one for one in findings if not kinds or one.kind in kinds),
        aside=tuple(
            one
            for one in report.aside
            if (not owners or one.finding.owner in owners) and (not kinds or one.finding.kind in kinds)
        ),
        documents=tuple(one for one in report.documents if not owners or one.owner in owners),
        owners=tuple(one for one in report.owners if not owners or one.name in owners),
    )


def _acknowledged(one: PutAside) -> bool:
    return one.acknowledgement.state == ACKNOWLEDGED


def _timezone(workshop: Workshop, sources: Sequence[str]) -> str:
    """That of the report: the one zone of its sources, else UTC."""
    terms = terms_of(workshop.settings)
    names = {*terms, *(row.name for row in workshop.ledger.sources())}
    zones = {terms_for(terms, name).timezone for name in names if not sources or name in sources}
    return zones.pop() if len(zones) == 1 else "UTC"


def _severity(text: str | None) -> Severity | None:
    if text is not None and text not in _SEVERITIES:
        raise ConfigError(
            f"--fail-on {text!r} is no severity{did_you_mean(text, _SEVERITIES)}",
            advice=f"One of {', '.join(_SEVERITIES)}.",
        )
    return None if text is None else _SEVERITIES[text]


def _kind(text: str) -> FindingKind:
    name = text.replace("-", "_").replace(" ", "_")
    if name not in _KINDS:
        raise ConfigError(
            f"--kind {text!r} is no finding{did_you_mean(name, _KINDS)}", advice=f"Findings: {', '.join(_KINDS)}."
        )
    return FindingKind(name)


def _owner(name: str, report: Report, settings: Settings) -> str:
    """A name that nobody has would find nothing, and let --fail-on pass for ever."""
    known = {one.name for one in report.owners} | set(settings.owners)
    if name in known:
        return name
    if name == NOBODY:
        return ""
    names = sorted(known - {""})
    raise ConfigError(
        f"--owner {name!r} owns nothing{did_you_mean(name, names)}",
        advice=f"Owners: {', '.join([*names[:20], NOBODY])}{' ...' if len(names) > 20 else ''}.",
    )


def _narrowed(whole: Report, report: Report, names: Sequence[str]) -> str:
    to = ", ".join(name.replace("_", " ") if name in _KINDS else name or NOBODY for name in names)
    of = counted(len(whole.findings), "finding")
    return f"Narrowed to {to}: {len(report.findings):,} of {of} are listed. The sums are those of everything."


def _asked(
    sources: Sequence[str], owners: Collection[str], kinds: Collection[str], limit: Severity | None, failing: int
) -> dict[str, Any]:
    return {
        "asked": {"sources": list(sources), "owners": sorted(owners), "kinds": sorted(kinds)},
        "fail_on": None if limit is None else limit.word,
        "failing": failing,
    }


def _tell(workshop: Workshop, report: Report) -> Delivered:
    if not workshop.settings.alerts:
        raise ConfigError("nobody is there to be told", advice='Name them in headwater.toml: [alerts] to = ["..."].')
    told = send(workshop, report)
    for problem in told.problems:
        warn(problem)
    return told


def _write_page(report: Report, narrowed: str, file: Path) -> None:
    # Imported here: templates are for those who ask for a page.
    from app.pages.freshness import freshness_page
    from app.pages.writing import write_page

    write_page(file, freshness_page(report, narrowed=narrowed))
    err.print(f"Wrote {plain(str(file))}")
