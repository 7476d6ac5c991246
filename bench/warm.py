"""A script: one process that stays up, told of one changed document after the other; prints seconds until searchable.

Arguments: configuration, state folder, folder of documents, rounds.
"""

import json
import sys
import time
from pathlib import Path

from bench.corpus import PER_FOLDER, article
from flows.steps import direct_steps, run_sources
from flows.workshop import Workshop
from headwater.settings import load


def main() -> None:
    config, home, folder, rounds = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    with Workshop(load(config, home=home), command="bench (warm)") as opened:
        for number in (0, 1):  # models, parsers and index: what a process that has been up for a while has open
            _told(opened, folder, number, "Warm-up.")
        seconds: dict[str, list[float]] = {"html": [], "md": []}
        for turn in range(rounds):
            for suffix, number in (("html", 1_000 + 2 * turn), ("md", 1_001 + 2 * turn)):
                seconds[suffix].append(_told(opened, folder, number % _count(folder), f"Quokka turn {turn} {suffix}."))
    print(json.dumps(seconds))


def _told(opened: Workshop, folder: Path, number: int, note: str) -> float:
    """Change a document, then tell the process, which searches until it finds the new text."""
    path = next((folder / f"part-{number // PER_FOLDER:03}").glob(f"article-{number:05}.*"))
    path.write_text(article(number, note=note), encoding="utf-8")
    id = path.relative_to(folder).as_posix()
    told = time.monotonic()
    with Workshop(opened.settings, command="bench (warm)", only=id, opened=opened) as workshop:
        report = run_sources(workshop, ["help"], direct_steps(workshop))
    if report.sources[0].indexed != 1:
        raise SystemExit(f"{id} was edited, but the run says {report.as_json()}")
    while not any(note in passage.text for passage in opened.searcher().search(note, frozenset({"public"}), limit=10)):
        if time.monotonic() - told > 30:
            raise SystemExit(f"{id} was published, but its new text is not found")
    return time.monotonic() - told


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.glob("part-*/article-*"))


if __name__ == "__main__":
    main()
