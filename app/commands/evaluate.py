"""`headwater eval`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from app.console import err, out, plain, print_json
from app.options import Askers, Config, Home, Json, askers, load_settings
from app.progress import counted
from app.tables import plain_table
from flows.evaluate import evaluate
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.evaluation.compare import Comparison, compare
from headwater.evaluation.questions import load_questions
from headwater.evaluation.runs import Metric, Run, failing, load_run, save
from headwater.evaluation.scoring import metric_names
from headwater.settings import did_you_mean

SHOWN = 10
BELOW = 1


@dataclass(frozen=True, slots=True)
class _Floor:
    """A metric may not be lower than this."""

    metric: str
    least: float

    def missed_by(self, metrics: Mapping[str, Metric]) -> str:
        """What is wrong, or nothing."""
        found = metrics.get(self.metric)
        if found is None:
            return f"{self.metric} was not measured: no question of the file has a value for it"
        return f"{self.metric} is {found.value:.3f}, below {self.least:g}" if found.value < self.least else ""


def eval_(
    questions: Annotated[
        Path,
        typer.Argument(help="JSON lines, CSV or YAML: question, document; maybe anchor, answer, as, filter, id."),
    ],
    as_: Askers = None,
    compare_: Annotated[
        str | None,
        typer.Option(
            "--compare", help="Also compare with a saved run, question by question: its name, or last.", metavar="RUN"
        ),
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option("--fail-under", help="End with 1 below this, as in hit@1=0.6. Repeatable.", metavar="METRIC=X"),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with plots and failing questions.", metavar="FILE")
    ] = None,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Measure search with your own questions: is the right document found, and is its answer returned.

    Each question is asked as its own `as` (else --as) would ask it. hit@1 and hit@5: a passage of the right document
    comes first, or among the first five; mrr: the mean of 1/rank. recall@400, @800, @1600: the share of the answer's
    words, in runs of four, within that many returned tokens; whole@...: how often all of it is there. section_...: the
    same as hit and mrr for questions with an anchor. Runs are saved in the state folder.

    Exit codes: 0 all well; 1 a metric is below --fail-under, or the run failed; 2 usage or configuration.
    """
    settings = load_settings(config, home, quiet=json)
    floors = [_floor(text) for text in fail_under or ()]
    asked, who = load_questions(questions), askers(as_, settings)
    before = load_run(compare_, settings.home) if compare_ is not None else None
    with Workshop(settings, command="headwater eval") as workshop, counted("questions", len(asked)) as step:
        run = evaluate(workshop, asked, questions, who, step)
    save(run, settings.home)
    comparison = compare(run, before) if before is not None else None
    if html is not None:
        _write_page(run, comparison, html)
    missed = [sentence for floor in floors if (sentence := floor.missed_by(run.metrics))]
    if json:
        print_json(_as_json(run, comparison, missed))
    else:
        _print(run, comparison)
        for sentence in missed:
            err.print(f"[bold red]Failed:[/bold red] {plain(sentence)}")
    raise typer.Exit(BELOW if missed else 0)


def _floor(text: str) -> _Floor:
    name, _, value = text.partition("=")
    if name not in metric_names():
        raise ConfigError(
            f"--fail-under {text!r}: {name!r} is not a metric{did_you_mean(name, metric_names())}",
            advice=f"Metrics: {', '.join(metric_names())}.",
        )
    try:
        least = float(value)
    except ValueError:
        least = -1.0
    if not 0 <= least <= 1:
        raise ConfigError(f"--fail-under {text!r}: expected a number from 0 to 1", advice="Such as hit@1=0.6.")
    return _Floor(name, least)


def _as_json(run: Run, comparison: Comparison | None, missed: list[str]) -> dict[str, Any]:
    compared = comparison.as_json() if comparison is not None else None
    return {**run.as_json(), "compared": compared, "below": missed}


def _write_page(run: Run, comparison: Comparison | None, file: Path) -> None:
    # Imported here: templates are for those who ask for a page.
    from app.pages.evaluation import evaluation_page
    from app.pages.writing import write_page

    write_page(file, evaluation_page(run, comparison))
    err.print(f"Wrote {plain(str(file))}")


def _print(run: Run, comparison: Comparison | None) -> None:
    _print_metrics(run)
    for problem in run.not_asked[:SHOWN]:
        where = f"line {problem.line}: {problem.document}: {problem.reason}"
        out.print(f"[yellow]not asked[/yellow] {plain(where)}")
    _more(len(run.not_asked), "questions that were not asked")
    for note in run.notes[:SHOWN]:
        out.print(f"[yellow]Note:[/yellow] {plain(note)}")
    poor = failing(run.results)
    if poor:
        out.print(f"\n[bold]{len(poor):,} questions not found among the first five, or not answered whole:[/bold]")
    for result in poor[:SHOWN]:
        rank = f"rank {result.rank}" if result.rank else "not found"
        recall = f", {max(result.recall.values()):.0%} of the answer" if result.recall else ""
        out.print(plain(f"line {result.line}: {result.question}  ({rank}{recall}; expected {result.expected[0]})"))
        if result.rank != 1 and result.returned:
            first = result.returned[0]
            out.print(f"  [dim]first instead: {plain(f'{first.source}/{first.document}: {first.title}')}[/dim]")
    _more(len(poor), "such questions")
    if comparison is not None:
        _print_comparison(comparison)
    out.print(f"Run {run.run}: {len(run.results):,} questions asked, {len(run.not_asked):,} not, saved.")


def _more(count: int, what: str) -> None:
    if count > SHOWN:
        out.print(f"... and {count - SHOWN:,} more {what}: add --json or --html to see all.")


def _print_metrics(run: Run) -> None:
    metrics = run.metrics
    groups = {"all": metrics}
    for what, found in (("kind", run.by(lambda r: r.kind)), ("source", run.by(lambda r: r.source))):
        if len(found) > 1:
            groups |= {f"{what} {name}": values for name, values in found.items()}
    table = plain_table("metric", *(plain(name) for name in groups), "questions")
    for name, metric in metrics.items():
        values = (f"{found[name].value:.3f}" if name in found else "-" for found in groups.values())
        table.add_row(name, *values, f"{metric.count:,}")
    out.print(table)


def _print_comparison(comparison: Comparison) -> None:
    alone = f"; {comparison.only_now} only now, {comparison.only_before} only then"
    out.print(f"\n[bold]Against {plain(comparison.run)}:[/bold] {comparison.pairs:,} questions in both{alone}.")
    table = plain_table("metric", "before", "now", "change", "95% interval", "")
    for name, found in comparison.metrics.items():
        colour = ("green" if found.change > 0 else "red") if found.certain else "dim"
        table.add_row(
            name,
            f"{found.before:.3f}",
            f"{found.now:.3f}",
            f"[{colour}]{found.change:+.3f}[/{colour}]",
            f"{found.low:+.3f} to {found.high:+.3f}",
            "[dim]may be chance[/dim]" if found.change and not found.certain else "",
        )
    out.print(table)
    for what, moved in (("worse", comparison.worse), ("better", comparison.better)):
        for one in moved[:SHOWN]:
            ranks = f"rank {one.rank_before or 'none'} to {one.rank or 'none'}"
            recall = "" if one.recall is None else f", recall {one.recall_before or 0:.2f} to {one.recall:.2f}"
            out.print(plain(f"{what}: {one.question}  ({ranks}{recall})"))
        _more(len(moved), f"answered {what}")
