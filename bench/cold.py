"""A cold ingest of real pages, beside the same model embedding the same groups of texts with nothing else to do."""

import statistics
from pathlib import Path
from typing import Any

from bench import command
from bench.command import Place
from bench.corpus import real_pages
from bench.figures import Figure, median

TARGET_RATIO = 1.15


def measure(work: Path, compiled: Path, *, pages: int | None, rounds: int) -> list[Figure]:
    """The two by turns, each first in every other round, so that neither has the quieter machine."""
    folder = real_pages(work / "pages", pages)
    config = command.source(folder)
    ingests: list[float] = []
    used: list[float] = []
    alone: list[dict[str, Any]] = []
    first: list[float] = []
    groups, answer = work / "groups.json", {}
    for number in range(rounds):
        place = Place(home=work / f"cold-{number}", compiled=compiled)
        if number % 2 and groups.exists():
            alone.append(command.script(place, "alone.py", str(groups)).answer)
        ran = command.script(place, "recorded.py", str(groups), "ingest", "--direct", "--json", *_at(config, place))
        ingests.append(ran.seconds)
        used.append(ran.cpu)
        first.append(ran.first("searchable as of") or ran.seconds)
        answer = ran.answer["sources"][0]
        if len(alone) <= number:
            alone.append(command.script(place, "alone.py", str(groups)).answer)
    embeds = [found["embed"] for found in alone]
    what = f"{answer['indexed']:,} pages, {answer['chunks']:,} passages, {alone[0]['tokens']:,} tokens"
    return [
        Figure(
            name="cold ingest / embedder alone",
            value=statistics.median(ingests) / statistics.median(embeds),
            unit="x",
            at_most=TARGET_RATIO,
            runs=[whole / part for whole, part in zip(ingests, embeds, strict=True)],
            note=what,
        ),
        Figure(
            name="  the same as processor time, which a busy machine changes less",
            value=statistics.median(used) / statistics.median([found["cpu"] for found in alone]),
            unit="x",
            runs=[whole / found["cpu"] for whole, found in zip(used, alone, strict=True)],
        ),
        median("cold ingest, whole command", ingests, "s"),
        median(
            "embedder alone, model loaded", embeds, "s", note=f"{alone[0]['texts'] / statistics.median(embeds):.0f}/s"
        ),
        median("embedder alone, load of the model", [found["load"] for found in alone], "s"),
        median("first documents searchable after", first, "s"),
    ]


def _at(config: Path, place: Place) -> list[str]:
    return ["--config", str(config), "--home", str(place.home)]
