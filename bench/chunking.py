"""Where chunks should begin and end: `python -m bench.chunking --json FILE --plot FILE --cache FOLDER`.

Five corpora in one index, 472 questions with marked excerpts, the five best chunks by cosine, the packaged model.
Takes about 20 minutes on two cores, nearly all of it embedding; with `--cache` a second run takes seconds.
"""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.chunking_ours import ours
from bench.chunking_peers import peers
from bench.chunking_plot import draw
from bench.chunking_score import Asked, Cut, Score, compared, scored, summary
from bench.chunking_vectors import Remembered
from bench.machine import describe
from bench.retrieval_data import DATA
from headwater.embedding.open import open_dense
from headwater.interfaces import Tokens

FOLDER = DATA / "chunking-evaluation"
DEFAULT = "headwater"
PUBLISHED = {
    "published: fixed tokens 250/125": {"recall": 82.4, "precision": 3.6, "iou": 3.5, "precision_omega": 11.4},
    "published: cluster-semantic 200": {"recall": 75.2, "precision": 7.2, "iou": 7.2, "precision_omega": 33.6},
}


def main() -> int:
    options = _options()
    questions, corpora = _questions(), _corpora()
    dense = open_dense()
    vectors = Remembered(dense, options.cache)
    asked = vectors.of([question.text for question in questions])
    scores: dict[str, list[Score]] = {}
    rows: dict[str, dict[str, Any]] = {}
    for name, cutter in _systems(corpora, dense.tokens).items():
        if options.only and not any(part in name for part in options.only):
            continue
        cuts = cutter()
        scores[name] = scored(questions, cuts, asked, vectors.of([cut.embedded for cut in cuts]))
        lengths = dense.tokens.count_many([cut.embedded for cut in cuts])
        rows[name] = {
            **summary(scores[name]), "chunks": len(cuts), "tokens": round(sum(lengths) / len(lengths), 1),
        }  # fmt: skip
        print(name, rows[name], file=sys.stderr)
    _report(rows, scores, options)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="SVG or PNG, by its name")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="keep vectors there for another time")
    parser.add_argument("--only", nargs="*", metavar="PART", help="only systems whose name has one of these in it")
    return parser.parse_args()


def _systems(corpora: dict[str, str], tokens: Tokens) -> Mapping[str, Callable[[], Sequence[Cut]]]:
    systems: dict[str, Callable[[], Sequence[Cut]]] = {
        DEFAULT: lambda: ours(corpora, tokens, size=None, overlap=0, header=True),
        "headwater, no context line": lambda: ours(corpora, tokens, size=None, overlap=0, header=False),
        "headwater 200": lambda: ours(corpora, tokens, size=200, overlap=0, header=True),
        "headwater 200, no context line": lambda: ours(corpora, tokens, size=200, overlap=0, header=False),
        "headwater 256/100, no context line": lambda: ours(corpora, tokens, size=None, overlap=100, header=False),
        "headwater 160": lambda: ours(corpora, tokens, size=160, overlap=0, header=True),
        "headwater 160, no context line": lambda: ours(corpora, tokens, size=160, overlap=0, header=False),
        "headwater 128": lambda: ours(corpora, tokens, size=128, overlap=0, header=True),
    }
    for name, made in peers(tokens).items():
        systems[name] = lambda made=made: _cut(corpora, made())  # type: ignore[misc]  # mypy does not see defaults
    return systems


def _cut(corpora: Mapping[str, str], cutter: Callable[[str], Sequence[tuple[int, int]]]) -> list[Cut]:
    return [
        Cut(name, start, end, text[start:end])
        for name, text in corpora.items()
        for start, end in cutter(text)
        if text[start:end].strip()
    ]


def _corpora() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((FOLDER / "corpora").glob("*.md"))}


def _questions() -> list[Asked]:
    with (FOLDER / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        return [
            Asked(
                row["question"],
                row["corpus_id"],
                tuple((one["start_index"], one["end_index"]) for one in json.loads(row["references"])),
            )
            for row in csv.DictReader(file)
        ]


def _report(rows: Mapping[str, dict[str, Any]], scores: Mapping[str, list[Score]], options: argparse.Namespace) -> None:
    table = Table(title="recall and precision by character, %", title_justify="left", box=None, pad_edge=False)
    table.add_column("system")
    names = ("recall", "precision", "iou", "precision_omega", "chunks", "tokens")
    for name in names:
        table.add_column(name, justify="right")
    for system, row in [*rows.items(), *PUBLISHED.items()]:
        table.add_row(system, *(str(row.get(name, "")) for name in names))
    Console(stderr=True, width=140).print(table)
    if options.json:
        against = {
            name: compared(scores[DEFAULT], scores[name]) for name in scores if DEFAULT in scores and name != DEFAULT
        }
        found = {"machine": describe(), "systems": rows, "published": PUBLISHED, f"{DEFAULT} minus": against}
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if options.plot:
        draw({**rows, **PUBLISHED}, options.plot)


if __name__ == "__main__":
    sys.exit(main())
