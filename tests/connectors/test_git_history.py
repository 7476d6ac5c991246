"""A year of real commits, step by step: after each of them the index equals a fresh one of that commit."""

import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connectors.gitrepo.snapshot import close_all
from flows.workshop import Workshop
from headwater.parsing.pool import ParserPool
from tests.ingest.equality import check_equal
from tests.support.compare import disagreements, rows, texts_in
from tests.support.hash_embedder import HashDense
from tests.support.state import SharedParsing, open_workshop, run_all, scratch

CONFIG = """\
[groups]
sre = "SRE"

[[source]]
name = "runbooks"
kind = "git"
path = "{repository}"
branch = "replay"
default_access = ["public", "group:sre"]
content = {{ "**/README.md" = "help", "**" = "sop" }}
"""


@dataclass(slots=True)
class Replay:
    """A bare clone whose branch `replay` is moved along, with an index that follows it."""

    folder: Path
    parsing: SharedParsing
    dense: HashDense = field(default_factory=HashDense)
    seen: Counter[str] = field(default_factory=Counter)

    def git(self, *arguments: str) -> str:
        ran = subprocess.run(
            ["git", "--git-dir", self.folder / "repository", *arguments], capture_output=True, check=True
        )
        return ran.stdout.decode().strip()

    def clone(self, bundle: Path) -> None:
        subprocess.run(
            ["git", "clone", "-q", "--bare", "--", bundle, self.folder / "repository"], capture_output=True, check=True
        )
        (self.folder / "headwater.toml").write_text(CONFIG.format(repository=self.folder / "repository"))

    def year(self, last: str, steps: int) -> Sequence[str]:
        """`steps` commits (all, for 0) of the twelve months before `last`, evenly taken from the main line."""
        line = self.git(
            "log", "--first-parent", "--reverse", "--format=%H", f"--since={last} -1 year", f"--until={last}"
        )
        commits = line.split()
        assert len(commits) > 20, "a year in which little happened shows little"
        if not steps:
            return commits
        return [commits[round(n * (len(commits) - 1) / (steps - 1))] for n in range(steps)]

    def step(self, commit: str) -> None:
        self.git("update-ref", "refs/heads/replay", commit)
        with self.opened("home") as workshop:
            known = texts_in(workshop.index())
            self.dense.texts.clear()
            report = run_all(workshop)
            assert [source.error for source in report.sources] == [""]
            assert not known & set(self.dense.texts), "embedded although its vector was in the index"
            assert disagreements(workshop) == []
            self._compare(workshop)
            (source,) = report.sources
            self.seen += Counter(indexed=source.indexed, removed=source.removed, unchanged=source.unchanged)

    def opened(self, home: str) -> Workshop:
        return open_workshop(self.folder / "headwater.toml", self.folder / home, dense=self.dense, parsing=self.parsing)

    def _compare(self, workshop: Workshop) -> None:
        with scratch("fresh") as home, self.opened(str(home)) as fresh:
            (source,) = run_all(fresh).sources
            assert not source.error
            assert rows(fresh), "a comparison of nothing"
            check_equal(workshop, fresh, {})
        listed = self.git("ls-tree", "-r", "--name-only", "replay").splitlines()
        documents = {path for path in listed if path.endswith((".md", ".html", ".txt")) and "/." not in f"/{path}"}
        assert {id for _, id in rows(workshop)} <= documents
        dates = {id: row.updated_at for (_, id), row in rows(workshop).items()}
        assert all(moment is not None for moment in dates.values())
        some = sorted(dates)[0]
        assert self.git("log", "-1", "--format=%ct", "replay", "--", some) == f"{dates[some]:%s}"


@pytest.fixture(scope="module")
def parsing() -> Iterator[SharedParsing]:
    with ParserPool(workers=1) as pool:
        yield SharedParsing(pool)


@pytest.fixture
def replay(parsing: SharedParsing) -> Iterator[Replay]:
    with scratch("replay") as folder:
        yield Replay(folder, parsing)
    close_all()


def bundle(data: Path, name: str) -> Path:
    found = data / "history" / f"{name}.bundle"
    if not found.is_file():
        pytest.skip(f"no history at {found}")
    return found


def test_steps_through_a_year(replay: Replay, data: Path) -> None:
    replay.clone(bundle(data, "pagerduty-incident-response"))
    for commit in replay.year("2017-12-31", 4):
        replay.step(commit)
    assert replay.seen["indexed"] > 10
    assert replay.seen["unchanged"] > 0  # quarters of a year apart, few pages are the same


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("name", "last", "steps"),
    [("openshift-runbooks", "2026-07-08", 40), ("pagerduty-incident-response", "2017-12-31", 0)],
)
def test_a_year_of_commits(replay: Replay, data: Path, name: str, last: str, steps: int) -> None:
    replay.clone(bundle(data, name))
    for commit in replay.year(last, steps):
        replay.step(commit)
    assert replay.seen["indexed"] > 10
