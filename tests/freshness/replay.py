"""A year of a repository, ingested day by day under a clock that is told the time, and asked about on each of them."""

import random
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from flows.freshness import freshness_of
from flows.workshop import Workshop
from headwater.clock import told_by
from headwater.freshness.values import DocumentStanding, Report
from tests.freshness.replay_truth import Expected, Truth
from tests.support.hash_embedder import HashDense
from tests.support.state import SharedParsing, open_workshop, run_all

CONFIG = """\
[[source]]
name = "docs"
kind = "git"
path = "{repository}"
branch = "replay"
include = ["**/*.md"]
default_access = ["public"]
owner = "{owner}"
content = {{ "**" = "{kind}" }}
"""
MAX_AGE = {"help": 180, "sop": 365, "release_note": None}


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says of one document: all that has to be said the same when it is asked for later."""

    lag: timedelta | None
    exact: bool
    age: timedelta | None
    dated: datetime | None
    due: datetime | None
    pipeline: str
    content: str
    owner: str
    outcome: str

    @staticmethod
    def of(one: DocumentStanding) -> "Told":
        return Told(
            one.lag, one.lag_exact, one.age, one.dated, one.due, one.pipeline.value, one.content.value, one.owner,
            one.outcome,
        )  # fmt: skip

    def differs(self, other: Expected) -> list[str]:
        """Names of what git says otherwise."""
        names = ("lag", "exact", "age", "dated", "due", "pipeline", "content")
        return [name for name in names if getattr(self, name) != getattr(other, name)]


@dataclass(slots=True)
class Replay:
    """Mismatches are kept as sentences, since one is seldom alone."""

    folder: Path
    parsing: SharedParsing
    kind: str
    dense: HashDense = field(default_factory=HashDense)
    truth: Truth = field(init=False)
    told: dict[datetime, dict[str, Told]] = field(default_factory=dict)
    epochs: dict[datetime, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    mismatches: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.truth = Truth(self.folder / "repository", MAX_AGE[self.kind])

    def clone(self, bundle: Path, renamed: tuple[bytes, bytes] | None = None) -> str:
        """A bare clone with a branch for us to move; `renamed` replaces the end of paths. Returns the newest commit."""
        repository = self.folder / "repository"
        subprocess.run(["git", "clone", "-q", "--bare", "--", bundle, repository], capture_output=True, check=True)
        if renamed is not None:
            _rewrite(repository, *renamed)
        self.owned_by("first")
        return self.truth.git("rev-parse", "HEAD").strip()

    def owned_by(self, owner: str) -> None:
        """What the settings say of every document, from the next run on: no change at the source."""
        config = CONFIG.format(repository=self.folder / "repository", kind=self.kind, owner=owner)
        (self.folder / "headwater.toml").write_text(config)

    def last_day(self, branch: str) -> date:
        """The one after its newest commit."""
        return date.fromisoformat(self.truth.git("log", "-1", "--format=%cs", branch).strip()) + timedelta(days=1)

    def run(self, branch: str, days: Sequence[datetime], off: Iterable[datetime] = ()) -> None:
        """Ingest on every day but those that are `off`, and compare on every day."""
        idle = set(off)
        for day in days:
            with told_by(partial(datetime.fromisoformat, day.isoformat())), self._opened() as workshop:
                if day not in idle:
                    self._ingest(workshop, branch, day)
                self._compare(freshness_of(workshop), day)

    def ask_again(self, days: Iterable[datetime], now: datetime) -> None:
        """As of each of these days: what was said on that day has to be what the history says of it."""
        with told_by(lambda: now), self._opened() as workshop:
            for day in days:
                report = freshness_of(workshop, as_of=day)
                self._same("epoch", report.epoch, self.epochs[day], day)
                found = {one.document: Told.of(one) for one in report.documents}
                for path in found.keys() | self.told[day].keys():
                    self._same(path, found.get(path), self.told[day].get(path), day)
                    self.counts["asked again"] += 1

    def _opened(self) -> Workshop:
        return open_workshop(
            self.folder / "headwater.toml", self.folder / "home", dense=self.dense, parsing=self.parsing
        )

    def _ingest(self, workshop: Workshop, branch: str, day: datetime) -> None:
        commit = self.truth.last_commit(branch, day)
        self.truth.git("update-ref", "refs/heads/replay", commit)
        report = run_all(workshop)
        assert [source.error for source in report.sources] == [""]
        self.counts["changes"] += self.truth.look(commit, day)
        self.counts["runs"] += 1

    def _compare(self, report: Report, day: datetime) -> None:
        expected = self.truth.expected(day)
        told = {one.document: Told.of(one) for one in report.documents}
        for path in told.keys() | expected.keys():
            ours, git = told.get(path), expected.get(path)
            if ours is None or git is None:
                self.mismatches.append(f"{day:%Y-%m-%d} {path}: {'not reported' if git else 'not in git'}")
            elif differing := ours.differs(git):
                self.mismatches.append(f"{day:%Y-%m-%d} {path}: {', '.join(differing)}: {ours}, by git {git}")
            self.counts["compared"] += 1
            if git is not None:
                self.counts["exact"] += git.exact
                self.counts[f"pipeline {git.pipeline}"] += 1
                self.counts[f"content {git.content}"] += 1
        self.told[day], self.epochs[day] = told, report.epoch
        self.counts["days"] += 1

    def _same(self, name: str, now: object, then: object, day: datetime) -> None:
        if now != then:
            self.mismatches.append(f"as of {day:%Y-%m-%d} {name}: {now}, on the day {then}")


def days_off(days: Sequence[datetime], share: float) -> list[datetime]:
    """Days on which nothing runs, some in a row; never the first."""
    rng, found = random.Random(7), list[datetime]()
    for day in days[1:]:
        if rng.random() < (0.5 if found and found[-1] == day - timedelta(days=1) else share):
            found.append(day)
    return found


def _rewrite(repository: Path, end: bytes, other: bytes) -> None:
    """The same history with other names of files; times, authors and merges stay as they are."""
    told = subprocess.run(
        ["git", "--git-dir", repository, "fast-export", "--signed-tags=strip", "--tag-of-filtered-object=drop", "HEAD"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    parts, position = list[bytes](), 0
    while position < len(told):
        stop = told.index(b"\n", position) + 1
        line = told[position:stop]
        position = stop
        if line.startswith(b"data "):
            size = int(line[5:])
            line, position = line + told[stop : stop + size], stop + size
        elif line[:2] in (b"M ", b"D ") and line.endswith(end + b"\n"):
            line = line.removesuffix(end + b"\n") + other + b"\n"
        parts.append(line)
    importing = ["git", "--git-dir", str(repository), "fast-import", "--quiet", "--force"]
    subprocess.run(importing, input=b"".join(parts), capture_output=True, check=True)
