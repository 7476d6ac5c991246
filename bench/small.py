"""Many small documents: peak memory of cold runs, runs in which nothing or one document changed, a warm process."""

import os
from pathlib import Path
from typing import Any

from bench import command
from bench.command import Place, Ran
from bench.corpus import PER_FOLDER, article, generate, real_pages
from bench.figures import Figure, median

SETTLED = 2.5
"""Seconds after which a file's times are trusted."""
MB = 1e6


def cold_memory(work: Path, compiled: Path, *, few: int, many: int, pages: int) -> list[Figure]:
    """Peak memory of cold runs over `few` and `many` documents; leaves the larger state for the runs after it."""
    ran = {count: _cold(work, compiled, count) for count in (few, many)}
    real = real_pages(work / "some-pages", pages)
    of_real = _ingest(Place(home=work / "some-pages-home", compiled=compiled), command.source(real), sampled=True)
    own = {count: _peak(run) for count, run in ran.items()}
    figures = [
        Figure(
            name=f"cold peak, {many:,} documents / {few:,}",
            value=own[many] / own[few],
            unit="x",
            at_most=1.3,
            note="summed PSS of all processes, mapped index files apart",
        )
    ]
    for name, run in [
        *((f"{count:,} small documents", run) for count, run in ran.items()),
        (f"{pages} pages", of_real),
    ]:
        assert run.memory is not None
        mapped = f"with mapped index files {run.memory.total / MB:,.0f} MB; run {run.seconds:,.0f} s"
        figures.append(Figure(name=f"cold peak, {name}", value=_peak(run), unit="MB", at_most=1200, note=mapped))
    return figures


def incremental(work: Path, compiled: Path, *, many: int, rounds: int) -> list[Figure]:
    """No change, and one changed document, as whole commands over `many` files."""
    place, config = Place(home=_home(work, many), compiled=compiled), work / f"documents-{many}.toml"
    folder = work / f"documents-{many}"
    if not place.home.exists():
        _cold(work, compiled, many)
    _ingest(place, config)  # also settles the times of files, which are read again while they are young
    same = [_ingest(place, config) for _ in range(rounds)]
    bare = [_ingest(Place(home=place.home, compiled=None), config) for _ in range(rounds)]
    sampled = _ingest(place, config, sampled=True)
    assert sampled.memory is not None
    figures = [
        median(f"no change, {many:,} files", [ran.seconds for ran in same], "s", at_most=3.0),
        median("  the same without Python's bytecode cache", [ran.seconds for ran in bare], "s", at_most=3.0),
        median("  CPU of it", [ran.cpu for ran in same], "s"),
        Figure(
            name="  peak memory of it",
            value=sampled.memory.total / MB,
            unit="MB",
            at_most=300,
            note=f"PSS; {sampled.memory.own / MB:,.0f} MB without mapped index files",
        ),
    ]
    for suffix, number in (("html", 4_242 % many // 2 * 2), ("md", 4_242 % many // 2 * 2 + 1)):
        found, named = [], []
        for turn in range(rounds):
            path = _edit(folder, number, suffix, f"Edited in turn {turn}.")
            found.append(_changed(_ingest(place, config)))
            _edit(folder, number, suffix, f"Edited again in turn {turn}.")
            named.append(_changed(_ingest(place, config, "help", "--document", str(path.relative_to(folder)))))
        figures += [
            median(f"one changed {suffix}, found by a scan", found, "s", at_most=4.0),
            median(f"one changed {suffix}, named", named, "s", at_most=4.0),
        ]
    return figures


def warm(work: Path, compiled: Path, *, many: int, rounds: int) -> list[Figure]:
    """A process that is up: told of a changed document, until a search in it returns the new text."""
    place, config = Place(home=_home(work, many), compiled=compiled), work / f"documents-{many}.toml"
    if not place.home.exists():
        _cold(work, compiled, many)
    ran = command.script(place, "warm.py", str(config), str(place.home), str(work / f"documents-{many}"), str(rounds))
    answer: dict[str, list[float]] = ran.answer
    return [
        median(f"warm process, one changed {suffix} searchable", seconds, "s", at_most=1.0)
        for suffix, seconds in answer.items()
    ]


def _cold(work: Path, compiled: Path, count: int) -> Ran:
    folder = generate(work / f"documents-{count}", count)
    return _ingest(Place(home=_home(work, count), compiled=compiled), command.source(folder), sampled=True)


def _home(work: Path, count: int) -> Path:
    return work / f"documents-{count}-home"


def _ingest(place: Place, config: Path, *arguments: str, sampled: bool = False) -> Ran:
    return command.headwater(place, "ingest", "--direct", *arguments, config=config, sampled=sampled)


def _changed(ran: Ran) -> float:
    source: dict[str, Any] = ran.answer["sources"][0]
    if source["indexed"] != 1:
        raise SystemExit(f"one document was edited, but the run says {source}")
    return ran.seconds


def _edit(folder: Path, number: int, suffix: str, note: str) -> Path:
    path = folder / f"part-{number // PER_FOLDER:03}" / f"article-{number:05}.{suffix}"
    path.write_text(article(number, note=note), encoding="utf-8")
    os.utime(path)
    return path


def _peak(ran: Ran) -> float:
    assert ran.memory is not None
    return ran.memory.own / MB
