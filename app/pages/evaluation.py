"""An evaluation as a page: figures, plots, and the failing questions with what was returned instead."""

from collections import Counter

from app.pages.plots import Bar, Column, Curve, columns, curve
from app.pages.rendering import page
from headwater.evaluation.compare import Comparison
from headwater.evaluation.runs import Metric, Run, failing
from headwater.evaluation.scoring import BUDGETS

SHOWN_FAILURES = 200
LAST_OWN_COLUMN = 10


def evaluation_page(run: Run, comparison: Comparison | None) -> str:
    """Everything about one run, and how it differs from another where there is one."""
    poor = failing(run.results)
    groups = {"all": run.metrics}
    groups |= {f"kind: {name}": found for name, found in run.by(lambda result: result.kind).items()}
    groups |= {f"source: {name}": found for name, found in run.by(lambda result: result.source).items()}
    return page(
        "evaluation.html.j2",
        run=run,
        groups=groups,
        metrics=run.metrics,
        comparison=comparison,
        curves=_curves(run, comparison),
        budgets=BUDGETS,
        ranks=_ranks(run),
        sources=[_bar(name, found) for name, found in run.by(lambda result: result.source).items()],
        failing=poor[:SHOWN_FAILURES],
        more_failing=max(0, len(poor) - SHOWN_FAILURES),
    )


def _curves(run: Run, comparison: Comparison | None) -> list[Curve]:
    now = {budget: run.metrics[f"recall@{budget}"].value for budget in BUDGETS if f"recall@{budget}" in run.metrics}
    found = [curve("this run", "now", now)] if now else []
    if comparison is not None and now:
        before = {
            budget: comparison.metrics[f"recall@{budget}"].before
            for budget in BUDGETS
            if f"recall@{budget}" in comparison.metrics
        }
        found += [curve(comparison.run, "before", before)] if before else []
    return found


def _ranks(run: Run) -> list[Column]:
    counted = Counter(result.rank for result in run.results)
    alone = [(str(rank), counted[rank], "good" if rank <= 5 else "fair") for rank in range(1, LAST_OWN_COLUMN + 1)]
    later = sum(count for rank, count in counted.items() if rank > LAST_OWN_COLUMN)
    return columns([*alone, (f">{LAST_OWN_COLUMN}", later, "fair"), ("none", counted[0], "poor")])


def _bar(name: str, found: dict[str, Metric]) -> Bar:
    first, fifth = found["hit@1"], found["hit@5"]
    text = f"{first.value:.2f} / {fifth.value:.2f}  ({first.count:,})"
    return Bar(name, (("fair", fifth.value), ("good", first.value)), text)
