"""`headwater findings`: what a person should do, and what somebody said about it."""

from datetime import datetime
from typing import Annotated

import typer

from app.console import out, plain, print_json
from app.measures import day, zone_of
from app.options import Config, Home, Json, load_settings
from app.tables import plain_table
from flows.findings import find, findings_of, moment_until, put_aside, this_user
from flows.findings import reopen as take_up
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import ConfigError
from headwater.freshness.as_json import aside_as_json, finding_as_json
from headwater.freshness.values import Finding, PutAside, Report
from headwater.freshness.wording import counted
from headwater.ledger.acknowledged import Acknowledgement

_COMMAND = "headwater findings"
_SHOWN, _WIDTH, _ID = 100, 60, 8

Id = Annotated[str, typer.Argument(help="As headwater findings shows it, or its first characters.", metavar="ID")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for whoever asks in a month.", metavar="TEXT")]

findings = typer.Typer(
    name="findings",
    help="List what a person should do; with acknowledge, snooze or reopen: say that somebody knows.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@findings.callback(invoke_without_command=True)
def listed(context: typer.Context, json: Json = False, config: Config = None, home: Home = None) -> None:
    """List the findings of the freshness report, the worst first, with the ids by which they are put aside.

    What is acknowledged stays away from alerts until it ends, what is snoozed until its time comes; both come back
    at once when they become more severe. Their documents count as stale all the same.

    See also: headwater findings acknowledge ID --reason TEXT, headwater findings snooze ID --until 7d --reason TEXT,
    headwater findings reopen ID. What each finding means, and what to do: headwater freshness.
    """
    if context.invoked_subcommand is not None:
        if json or config or home:
            raise ConfigError(
                f"options of findings {context.invoked_subcommand} go after {context.invoked_subcommand}",
                advice=f"headwater findings {context.invoked_subcommand} ID --json",
            )
        return
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        report = findings_of(workshop)
    if json:
        print_json(
            {
                "open": [finding_as_json(one) for one in report.findings],
                "aside": [aside_as_json(one) for one in report.aside],
            }
        )
    else:
        _print(report)


@findings.command("acknowledge")
def acknowledge(id: Id, reason: Reason = "", json: Json = False, config: Config = None, home: Home = None) -> None:
    """Say that somebody knows: it is listed as acknowledged, and alerted no more, until it ends or becomes worse."""
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        of = find(findings_of(workshop), id)
        made = put_aside(workshop.ledger, of, reason=reason, who=_COMMAND, name=this_user())
    _report(of, made, "acknowledged", json=json)


@findings.command("snooze")
def snooze(
    id: Id,
    until: Annotated[
        str, typer.Option("--until", help="7d, 3 weeks, or the end of a day: 2027-01-31.", metavar="WHEN")
    ],
    reason: Reason = "",
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Hide a finding until then; it comes back by itself, and before that when it becomes worse."""
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        report = findings_of(workshop)
        of, moment = find(report, id), moment_until(until, utc_now(), zone_of(report.timezone))
        made = put_aside(workshop.ledger, of, reason=reason, who=_COMMAND, name=this_user(), until=moment)
    _report(of, made, f"snoozed until {_time(made.until, report)}", json=json)


@findings.command("reopen")
def reopen(id: Id, json: Json = False, config: Config = None, home: Home = None) -> None:
    """Take up again what was acknowledged or snoozed."""
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        of = find(findings_of(workshop), id)
        done = take_up(workshop.ledger, of, who=_COMMAND, name=this_user())
    if json:
        print_json({"reopened": int(done)})
    else:
        out.print(plain(f"{_named(of)} is open again." if done else f"{_named(of)} was not put aside."))


def _report(of: Finding | PutAside, made: Acknowledgement, said: str, *, json: bool) -> None:
    if json:
        finding = of.finding if isinstance(of, PutAside) else of
        print_json(aside_as_json(PutAside(finding, made)))
    else:
        out.print(plain(f"{_named(of)} is {said}."))


def _named(of: Finding | PutAside) -> str:
    one = of.finding if isinstance(of, PutAside) else of
    return f"{one.kind.value.replace('_', ' ')} of {_place(one)}"


def _place(one: Finding) -> str:
    return f"{one.source}/{one.document}" if one.document else f"{one.source}, the whole source"


def _print(report: Report) -> None:
    if not report.findings and not report.aside:
        out.print("Nothing was found.")
        return
    if report.findings:
        table = plain_table("id", "severity", "finding", "since", "owner", "document")
        for column in table.columns:
            column.justify = "left"
        for one in report.findings[:_SHOWN]:
            table.add_row(*_row(one, report), plain(_place(one)))
        out.print(table)
    left = len(report.findings) - _SHOWN
    if left > 0:
        out.print(f"... and {left:,} more: add --json")
    if report.aside:
        _print_aside(report)
    out.print("To say that somebody knows: headwater findings acknowledge ID --reason TEXT")


def _print_aside(report: Report) -> None:
    out.print(f"\n[bold]{counted(len(report.aside), 'finding')} put aside:[/bold]")
    for one in report.aside[:_SHOWN]:
        of = one.acknowledgement
        until = f" until {_time(of.until, report)}" if of.until is not None else ""
        who = plain(of.name or of.who)
        out.print(
            f"{one.finding.id[:_ID]}  {one.finding.severity.word}  {plain(_named(one))}: {of.state}{until} by {who}, "
            f"{_time(of.at, report)}: {plain(of.reason)}"
        )


def _row(one: Finding, report: Report) -> tuple[str, ...]:
    kind = one.kind.value.replace("_", " ")
    return one.id[:_ID], one.severity.word, kind, _time(one.since, report), plain(one.owner[:_WIDTH])


def _time(at: datetime | None, report: Report) -> str:
    return day(at, zone_of(report.timezone)) if at is not None else ""
