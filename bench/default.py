"""The command as a newcomer enters it, with Prefect, on the examples; and the size of what is installed."""

import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from bench import command
from bench.command import Place
from bench.figures import Figure, median
from bench.machine import ROOT

MB = 1e6


def with_prefect(work: Path, compiled: Path, *, rounds: int) -> list[Figure]:
    """From entering the command until documents are searchable, and what of that is waiting for Prefect."""
    config = ROOT / "headwater.toml"
    ran = [
        command.headwater(Place(home=work / f"default-{n}", compiled=compiled), "ingest", config=config)
        for n in range(rounds)
    ]
    direct = [
        command.headwater(Place(home=work / f"direct-{n}", compiled=compiled), "ingest", "--direct", config=config)
        for n in range(rounds)
    ]
    first = [run.first("searchable as of") or run.seconds for run in ran]
    ready = [run.first("Prefect is ready") or 0.0 for run in ran]
    documents = sum(source["indexed"] for source in ran[0].answer["sources"])
    return [
        median("with Prefect, first document searchable", first, "s", at_most=25.0),
        median(
            "with Prefect, whole command", [r.seconds for r in ran], "s", at_most=60.0, note=f"{documents} documents"
        ),
        median("  Prefect ready after", ready, "s"),
        median(
            "  first document after Prefect was ready",
            [f - r for f, r in zip(first, ready, strict=True)],
            "s",
            at_most=2.0,
        ),
        median("--direct, first document searchable", [r.first("searchable as of") or r.seconds for r in direct], "s"),
        median("--direct, whole command", [run.seconds for run in direct], "s"),
    ]


def installed() -> list[Figure]:
    """Files of every package that Headwater needs at run time, and of the environment as it is."""
    sizes = sorted(((_size(name), name) for name in set(_needed("headwater"))), reverse=True)
    largest = ", ".join(f"{name} {size / MB:,.0f}" for size, name in sizes[:6])
    total = sum(size for size, _ in sizes)
    environment = sum(path.lstat().st_size for path in Path(sys.prefix).rglob("*") if path.is_file())
    return [
        Figure(name="installed packages", value=total / MB, unit="MB", note=f"{len(sizes)} packages; {largest}"),
        Figure(name="the whole environment, with development tools", value=environment / MB, unit="MB"),
    ]


def _needed(name: str, extras: frozenset[str] = frozenset(), seen: set[tuple[str, str]] | None = None) -> Iterator[str]:
    """Installed packages that this one needs, itself included, by their normalized names."""
    seen = set() if seen is None else seen
    found = metadata.distribution(name)
    yield _normal(name)
    for text in found.requires or ():
        requirement = Requirement(text)
        for extra in ("", *sorted(extras)):
            key = (_normal(requirement.name), f"{sorted(requirement.extras)}")
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": extra})
            if wanted and key not in seen:
                seen.add(key)
                yield from _needed(requirement.name, frozenset(requirement.extras), seen)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _size(name: str) -> int:
    files = metadata.distribution(name).files or ()
    paths = (Path(str(file.locate())) for file in files if not file.name.endswith(".pyc"))
    return sum(path.lstat().st_size for path in paths if path.is_file())
