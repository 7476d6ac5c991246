"""Speed and memory of ingestion, on this machine: `uv run bench/ingest.py --json FILE`.

Sections, all by default: installed, default, memory, incremental, warm, cold. All of them take about an hour on two
cores, nearly all of it embedding; `--pages 120 --rounds 2 --documents 1000` gives an idea in ten minutes. Nothing else
should run meanwhile.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import cold, default, small
from bench.figures import Figure, show
from bench.machine import describe


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="headwater-bench-", ignore_cleanup_errors=True) as scratch:
        work = options.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        found = _measured(options, work.resolve())
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    missed = [f["name"] for figures in found["sections"].values() for f in figures if f.get("met") is False]
    print(json.dumps({"missed": missed}) if missed else "every target is met")
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", help="which to run, in this order (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine, versions and every figure there")
    parser.add_argument("--pages", type=int, help="real pages of the cold run (default: all of postgresql-doc-15)")
    parser.add_argument("--documents", type=int, default=10_000, help="small documents of the other sections")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions; figures are medians")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep corpora and state there for another time")
    return parser.parse_args()


def _measured(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    compiled, many, rounds = work / "bytecode", options.documents, options.rounds
    sections: dict[str, Callable[[], list[Figure]]] = {
        "installed": default.installed,
        "default": lambda: default.with_prefect(work, compiled, rounds=rounds),
        "memory": lambda: small.cold_memory(work, compiled, few=many // 10, many=many, pages=240),
        "incremental": lambda: small.incremental(work, compiled, many=many, rounds=rounds),
        "warm": lambda: small.warm(work, compiled, many=many, rounds=rounds),
        "cold": lambda: cold.measure(work, compiled, pages=options.pages, rounds=rounds),
    }
    unknown = sorted(set(options.sections) - set(sections))
    if unknown:
        raise SystemExit(f"no section {', '.join(unknown)}; there are {', '.join(sections)}")
    found: dict[str, Any] = {"machine": describe(), "sections": {}}
    for name in options.sections or sections:
        figures = sections[name]()
        show(f"{name} (load {_load()})", figures)
        found["sections"][name] = [figure.as_json() for figure in figures]
    return found


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
