"""What a connector costs beyond the network, and what a run asks for when nothing changed.

`python -m bench.connectors --json FILE --table FILE`: a full run (list, then fetch each document) of every connector
against a server of this machine that answers at once, beside the same requests by a plain client; then a run without
changes.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import machine
from bench.connectors_places import PLACES, Place, opened
from bench.figures import Figure, median, show
from headwater.model import Checkpoint, NotModified, RawDocument, Ref


@dataclass(frozen=True, slots=True)
class Full:
    """A first run: seconds with and without the connector, and what it leaves for the next."""

    seconds: float
    bare: float
    requests: int
    versions: Mapping[str, str]
    token: bytes | None


def full(place: Place) -> Full:
    """List everything, fetch everything; then the same requests again, without us."""
    place.requests.clear()
    started = time.perf_counter()
    refs, token = listed(place, None)
    versions = {}
    for ref in refs:
        raw = place.connector.fetch(ref.id)
        assert isinstance(raw, RawDocument)
        versions[ref.id] = raw.version
    seconds = time.perf_counter() - started
    assert len(versions) == place.documents, f"{place.name}: {len(versions)} of {place.documents} documents"
    asked = list(place.requests)
    return Full(seconds, place.bare(asked), len(asked), versions, token)


def listed(place: Place, token: bytes | None) -> tuple[list[Ref], bytes | None]:
    refs = []
    for item in place.connector.scan(token):
        if isinstance(item, Ref):
            refs.append(item)
        elif isinstance(item, Checkpoint):
            token = item.token
    return refs, token


def unchanged(place: Place, before: Full) -> tuple[int, int, float]:
    """Requests, bodies of documents and seconds of a run in which nothing changed, as an ingest makes it."""
    place.requests.clear()
    started = time.perf_counter()
    refs, _ = listed(place, before.token)
    fetched = 0
    for ref in refs:
        known = before.versions[ref.id]
        if ref.version != known and not isinstance(place.connector.fetch(ref.id, known), NotModified):
            fetched += 1
    return len(place.requests), fetched, time.perf_counter() - started


def measured(name: str, count: int, rounds: int) -> tuple[list[Figure], dict[str, Any]]:
    """The figures of one connector, and its line of the table."""
    runs = []
    for _ in range(rounds):
        with (
            tempfile.TemporaryDirectory(prefix="headwater-bench-") as scratch,
            opened(name, count, Path(scratch)) as place,
        ):
            before = full(place)
            asked, fetched, seconds = unchanged(place, before)
            runs.append((before, asked, fetched, seconds, place))
    before, asked, fetched, _, place = runs[-1]
    overhead = [1e3 * (run.seconds - run.bare) / count for run, *_ in runs]
    allowed = place.pages + (count if place.conditional else 0)
    figures = [
        median(f"{place.name}: overhead", overhead, "ms/document"),
        median(f"{place.name}: bare", [1e3 * run.bare / count for run, *_ in runs], "ms/document"),
        Figure(name=f"{place.name}: requests, nothing changed", value=asked, unit="", at_most=allowed),
        Figure(name=f"{place.name}: bodies, nothing changed", value=fetched, unit="", at_most=0),
        median(f"{place.name}: nothing changed", [seconds for _, _, _, seconds, _ in runs], "s"),
    ]
    line = {
        "connector": place.name,
        "overhead": statistics.median(overhead),
        "bare": figures[1].value,
        "first": before.requests / count,
        "unchanged": asked,
        "allowed": allowed,
        "bodies": fetched,
        "seconds": figures[4].value,
    }
    return figures, line


def table(lines: list[dict[str, Any]], about: dict[str, Any], count: int) -> str:
    """The page under docs/benchmarks."""
    load, cpu = about["load"][0], f"{about['cores']} cores ({about['cpu']})"
    head = (
        "# What connectors cost\n\n"
        f"{count} documents of about 4 kB each, from servers of the same machine that answer at once; medians of\n"
        f"`python -m bench.connectors` at {about['commit']} on {cpu}, load {load}.\n\n"
        "*Overhead*: a full run (list, then fetch every document) less the same requests by a plain httpx client, or\n"
        "the same reads without a connector. *Needed*: one request for each page of a listing, and where only a look\n"
        "shows a change, one conditional request for each page. Requests of `git` and `folder` are not over HTTP.\n\n"
        "| connector | overhead, ms/document | bare, ms/document | requests/document, first run "
        "| requests, nothing changed | needed | bodies read | seconds, nothing changed |\n"
        "|---|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    rows = [
        f"| {one['connector']} | {one['overhead']:.2f} | {one['bare']:.2f} | {one['first']:.2f} | {one['unchanged']} "
        f"| {one['allowed']} | {one['bodies']} | {one['seconds']:.2f} |"
        for one in lines
    ]
    return head + "\n".join(rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="*", metavar="PLACE", help=f"of {', '.join(PLACES)} (default: all)")
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    about, figures, lines = machine.describe(), [], []
    for name in given.places or PLACES:
        found, line = measured(name, given.documents, given.rounds)
        show(line["connector"], found)
        figures += found
        lines.append(line)
    if given.json:
        written = {"machine": about, "documents": given.documents, "figures": [one.as_json() for one in figures]}
        given.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    if given.table:
        given.table.write_text(table(lines, about, given.documents), encoding="utf-8")
    return 1 if any(one.met is False for one in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
