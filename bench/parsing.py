"""How much of a document comes through parsing, and how fast: `python -m bench.parsing --json FILE`.

Headwater beside unstructured, markitdown and (HTML) trafilatura, on the data that `HEADWATER_DATA` names:

- `manual`: one manual as HTML and PDF against its plain text (`same-document`). Its table of contents is left out of
  the truth: the same headings stand where they belong.
- `office`: real files by kind, against the Markdown that another parser made of them (so that nobody reaches 1), a
  document a vote. Pages whose truth keeps the site's navigation count too; what removes navigation loses by them.
- `pages`: real HTML pages (postgresql-doc-15), for time only.

What the figures mean stands in `bench/parsing_metrics.py`. Each parser runs alone in a process, warmed up by the
smallest document; a document's time is the processor time of its only reading, which other work on the machine hardly
touches. A document that a parser fails on counts as empty.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.corpus import REAL_PAGES
from bench.machine import ROOT, describe
from bench.parsing_peers import OFFICE, READS

OURS = "headwater"
FIGURES = ("recall", "precision", "order", "cells", "neighbours")
_FASTER = 10.0


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents of one kind, each with its truth, None where only time is taken."""

    name: str
    kind: str
    files: tuple[tuple[Path, Path | None], ...]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as scratch:
        corpora = [c for c in _corpora(Path(scratch), options.pages) if not options.only or c.name in options.only]
        found = {corpus.name: _measured(corpus) for corpus in corpora}
    targets = _targets(found)
    if options.json:
        shown = {"machine": describe(), "targets": targets, "corpora": found}
        lines = json.dumps(shown).replace('{"name"', '\n{"name"')  # a document a line
        options.json.write_text(lines + "\n", encoding="utf-8")
    missed = [target["name"] for target in targets if not target["met"]]
    print(json.dumps({"missed": missed}) if missed else "every target is met")
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="corpora to run, such as manual-pdf or office-docx (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine, versions and every figure there")
    parser.add_argument("--pages", type=int, default=100, help="HTML pages that are timed without a truth")
    return parser.parse_args()


def _corpora(scratch: Path, pages: int) -> Iterable[Corpus]:
    data = Path(os.environ.get("HEADWATER_DATA", ROOT.parent / "shared" / "data"))
    manual = data / "same-document" / "developers-reference" / "developers-reference"
    truth = _without_contents(manual.with_suffix(".txt"), scratch)
    for kind in ("html", "pdf"):
        yield Corpus(f"manual-{kind}", kind, ((manual.with_suffix(f".{kind}"), truth),))
    for kind in ("html", *OFFICE):
        truths = data / "office" / kind / "groundtruth"
        files = [(f, truths / f"{f.name}.md") for f in sorted((data / "office" / kind / "sources").iterdir())]
        yield Corpus(f"office-{kind}", kind, tuple((file, truth) for file, truth in files if truth.exists()))
    found = sorted(REAL_PAGES.glob("*.html"))
    if found:
        yield Corpus("pages-html", "html", tuple((f, None) for f in found[:: max(1, len(found) // pages)][:pages]))


def _without_contents(file: Path, scratch: Path) -> Path:
    """The manual's text from its first chapter on, and what stands before its contents."""
    text = file.read_text(encoding="utf-8")
    contents, body = text.index("* 1. Scope"), text.index("1. Scope of This Document\n****")
    shortened = scratch / file.name
    shortened.write_text(text[:contents] + text[body:], encoding="utf-8")
    return shortened


def _measured(corpus: Corpus) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kinds in READS.items():
        if corpus.kind in kinds:
            found[name] = _summary(_run(name, corpus))
    _show(corpus, found)
    return found


def _run(parser: str, corpus: Corpus) -> dict[str, Any]:
    files = [str(part) for file, truth in corpus.files for part in (file, truth or "-")]
    command = [sys.executable, "-m", "bench.parsing_worker", parser, corpus.kind, *files]
    quiet = {"DO_NOT_TRACK": "1", "UNSTRUCTURED_DISABLE_NOTICE": "1", "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **quiet})
    if done.returncode:
        raise SystemExit(f"{parser} on {corpus.name} ended with {done.returncode}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _summary(run: dict[str, Any]) -> dict[str, Any]:
    """Means over documents; over all words together as `pooled`."""
    if "missing" in run:
        return run
    documents = run["documents"]
    seconds = sum(one["seconds"] for one in documents)
    summary: dict[str, Any] = {
        "count": len(documents),
        "failed": sum("failure" in one for one in documents),
        "seconds": round(seconds, 4),
        "per_second": round(len(documents) / seconds, 2),
    }
    for figure in FIGURES:
        shares = [one[figure] for one in documents if figure in one and one[figure][1]]
        if shares:
            summary[figure] = round(mean(found / of for found, of in shares), 4)
            summary[f"{figure}_pooled"] = round(sum(s[0] for s in shares) / sum(s[1] for s in shares), 4)
    return {**summary, "documents": documents}


def _targets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Better than each peer on recall and on precision, corpus by corpus; on HTML ten times unstructured's speed."""
    targets = []
    for corpus, parsers in found.items():
        ours = parsers[OURS]
        for peer, theirs in parsers.items():
            if peer == OURS or "missing" in theirs:
                continue
            targets += [
                _target(f"{corpus}: {figure} of words against {peer}", ours[figure], theirs[figure])
                for figure in ("recall", "precision")
                if figure in ours and figure in theirs
            ]
            # The office pages are mostly a few lines long, where any parser is quick: stated, not a target.
            if peer == "unstructured" and corpus in ("manual-html", "pages-html"):
                ratio = round(theirs["seconds"] / ours["seconds"], 1)
                targets.append(_target(f"{corpus}: times the speed of {peer}", ratio, _FASTER))
    return targets


def _target(name: str, value: float, at_least: float) -> dict[str, Any]:
    return {"name": name, "value": value, "at_least": at_least, "met": value >= at_least}


def _show(corpus: Corpus, found: dict[str, Any]) -> None:
    table = Table(title=f"{corpus.name}: {len(corpus.files)} documents", title_justify="left", box=None, pad_edge=False)
    table.add_column("parser")
    for name in (*FIGURES, "per second", "failed"):
        table.add_column(name, justify="right")
    for parser, summary in found.items():
        if "missing" in summary:
            table.add_row(parser, "cannot run:", summary["missing"])
            continue
        figures = [f"{summary[figure]:.3f}" if figure in summary else "" for figure in FIGURES]
        table.add_row(parser, *figures, f"{summary['per_second']:,.2f}", str(summary["failed"] or ""))
    Console(stderr=True, highlight=False, width=140).print(table, "")


if __name__ == "__main__":
    sys.exit(main())
