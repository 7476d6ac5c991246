"""Whether what was to hold after a soak does: the index against a new one of the same source, and what was seen."""

import json
import statistics
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.soak_node import WideHash
from bench.soak_watch import MB, Watch, quarters, slope
from flows.workshop import Workshop
from headwater.inbox.inbox import Inbox
from headwater.index.compact import FLOOR
from headwater.ledger.base import DocumentRow
from headwater.model import Ref
from tests.support.compare import Key, disagreements, rows, visible
from tests.support.state import open_workshop, run_all

if TYPE_CHECKING:
    from bench.soak import Soak

NO_TIME = datetime.min.replace(tzinfo=UTC)
MOST_DISK, JOURNAL_MB = 3.0, 64.0
MEMORY_SHARE, MEMORY_MB = 0.15, 15.0
HANDLES = 8
LONGEST_GAP = 8.0
"""Seconds, on a machine that others use as well; what was measured is in the result."""


@dataclass(frozen=True, slots=True)
class Compared:
    """An index against a new one of the same source."""

    documents: int
    points: int
    live_mb: float
    held_mb: float
    journal_mb: float
    problems: list[str]


def judged(soak: "Soak", watch: Watch) -> dict[str, Any]:
    """Figures, and `problems`: what does not hold, in words."""
    compared = compare(soak.folder / "headwater.toml", soak.node.home, soak.folder / "fresh")
    memory, handles = _memory(watch), _handles(watch)
    disk, gaps = _disk(watch, compared), _gaps(watch, soak.compactions)
    problems = [*soak.problems, *compared.problems, *watch.wrong[:5]]
    problems += [*memory.pop("problems"), *handles.pop("problems"), *disk.pop("problems"), *gaps.pop("problems")]
    return {
        "counted": dict(sorted(soak.counted.items())),
        "documents": compared.documents,
        "points": compared.points,
        "memory": memory,
        "handles": handles,
        "disk": disk,
        "searches": gaps,
        "log": _log(soak.node.log),
        "problems": problems,
    }


def unseen(soak: "Soak") -> list[str]:
    """Changes that were announced and are not in the ledger although nothing waits any more."""
    with open_workshop(soak.folder / "headwater.toml", soak.folder / "asking", dense=WideHash()) as asking:
        scanned = list(asking.connector(asking.source("help")).scan())
    now = {one.id: one.version for one in scanned if isinstance(one, Ref)}
    ledger = soak.node.ledger
    known = {id: version for id, (version, _) in ledger.versions(ledger.generation(), "help").items()}
    wrong = sorted(id for id in soak.announced if known.get(id) != now.get(id))
    return [f"{len(wrong)} announced changes were not seen, such as {wrong[:3]}"] if wrong else []


def compare(config: Path, home: Path, fresh: Path) -> Compared:
    """The state in `home` against what a first run makes of the same source in `fresh`."""
    with open_workshop(config, home, dense=WideHash()) as lived, open_workshop(config, fresh, dense=WideHash()) as new:
        run_all(new)
        problems = disagreements(lived)
        problems += _difference("points", visible(lived), visible(new))
        was, now = _timeless(lived), _timeless(new)
        problems += [f"document {key} is only in one of them" for key in sorted(was.keys() ^ now.keys())[:5]]
        problems += [f"document {key} differs" for key in sorted(was.keys() & now.keys()) if was[key] != now[key]][:5]
        waiting = Inbox(lived.ledger).rows()
        problems += [f"the inbox holds {len(waiting)} rows"] if waiting else []
        problems += _leases(lived)
        use = lived.store.disk(lived.ledger.generation())
        assert use is not None
        return Compared(len(was), use.points, use.live / MB, use.held / MB, use.journal / MB, problems)


def _timeless(workshop: Workshop) -> dict[Key, DocumentRow]:
    """Rows without what tells when something was looked at."""
    return {
        key: replace(row, detected_at=NO_TIME, published_at=NO_TIME, verified_at=NO_TIME)
        for key, row in rows(workshop).items()
    }


def _difference(what: str, was: Counter[str], now: Counter[str]) -> list[str]:
    found = []
    for name, extra in (("too many", was - now), ("missing", now - was)):
        if extra:
            found.append(f"{extra.total()} {what} {name}, such as {next(iter(extra))[:300]}")
    return found


def _leases(workshop: Workshop) -> list[str]:
    held = [name for name, _ in workshop.ledger.holders()]
    opened = workshop.ledger.open_publications()
    return ([f"leases are held: {held}"] if held else []) + ([f"{len(opened)} publications are open"] if opened else [])


def _memory(watch: Watch) -> dict[str, Any]:
    samples = watch.longest()
    own = [sample.own for sample in samples]
    first, last = quarters(own) if own else (0.0, 0.0)
    flat = last <= first * (1 + MEMORY_SHARE) + MEMORY_MB
    return {
        "minutes": round((samples[-1].at - samples[0].at) / 60, 1) if samples else 0.0,
        "own_first_mb": first,
        "own_last_mb": last,
        "own_slope_mb_per_hour": round(slope([(sample.at, sample.own) for sample in samples]), 1),
        "pss_slope_mb_per_hour": round(slope([(sample.at, sample.pss) for sample in samples]), 1),
        "own_most_mb": max(own, default=0.0),
        "problems": [] if flat else [f"memory grew from {first} to {last} MB"],
    }


def _handles(watch: Watch) -> dict[str, Any]:
    samples, found, problems = watch.longest(), {}, []
    for name in ("descriptors", "threads"):
        values = [float(getattr(sample, name)) for sample in samples] or [0.0]
        first, last = quarters(values)
        found[name] = {"first": first, "last": last, "most": max(values)}
        if last > first + HANDLES:
            problems.append(f"{name} grew from {first:g} to {last:g}")
    return {**found, "problems": problems}


def _disk(watch: Watch, compared: Compared) -> dict[str, Any]:
    live, most = compared.live_mb, max((sample.index for sample in watch.samples), default=0.0)
    end, total = compared.held_mb / live, (compared.held_mb + compared.journal_mb) / live
    problems = []
    # A small index is left alone, and a copy stands beside the old one for a while.
    if most > max(MOST_DISK * live, 2 * live + FLOOR / MB):
        problems.append(f"the index took {most:.0f} MB for {live:.0f} MB of live data")
    if compared.held_mb + compared.journal_mb > MOST_DISK * live + JOURNAL_MB:
        problems.append(f"the index ends at {total:.1f} times its live data")
    return {
        "live_mb": round(live, 1),
        "end_times_live": round(end, 2),
        "end_with_journal_times_live": round(total, 2),
        "most_times_live": round(most / live, 2),
        "most_with_journal_times_live": round(max((s.index + s.journal for s in watch.samples), default=0.0) / live, 2),
        "ledger_last_mb": watch.samples[-1].ledger if watch.samples else 0.0,
        "problems": problems,
    }


def _gaps(watch: Watch, compactions: list[dict[str, Any]]) -> dict[str, Any]:
    took = sorted(gap for _, gap in watch.gaps) or [0.0]
    worst = sorted(watch.gaps, key=lambda one: -one[1])[:5]
    return {
        "searches": watch.searches,
        "p50": statistics.median(took),
        "p99": took[int(len(took) * 0.99)],
        "longest": took[-1],
        "longest_while_compacting": _longest_within(watch, compactions),
        "compactions": compactions,
        "worst": [{"at": at, "seconds": gap} for at, gap in worst],
        "problems": [f"a search waited {took[-1]:.1f} s"] if took[-1] > LONGEST_GAP else [],
    }


def _longest_within(watch: Watch, spans: list[dict[str, Any]]) -> float:
    return max((gap for at, gap in watch.gaps for span in spans if span["from"] <= at <= span["to"] + gap), default=0.0)


def _log(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """How often what was logged, above debug and beside requests."""
    said = Counter(line["message"].split(":")[0][:80] for line in lines if line.get("logger") != "headwater.http")
    errors = [line["message"][:200] for line in lines if line.get("level", "").upper() in ("ERROR", "CRITICAL")]
    return {"said": dict(said.most_common(25)), "errors": json.loads(json.dumps(errors[:10]))}
