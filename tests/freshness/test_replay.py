"""A year of real repositories, day by day: the report says of every document what git alone says."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from connectors.gitrepo.snapshot import close_all
from headwater.parsing.pool import ParserPool
from tests.freshness.replay import Replay, days_off
from tests.freshness.replay_truth import year_before
from tests.support.state import SharedParsing, scratch


@pytest.fixture(scope="module")
def parsing() -> Iterator[SharedParsing]:
    with ParserPool(workers=1) as pool:
        yield SharedParsing(pool)


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch("replay") as folder:
        yield folder
    close_all()


def bundle(data: Path, name: str) -> Path:
    found = data / "history" / f"{name}.bundle"
    if not found.is_file():
        pytest.skip(f"no history at {found}")
    return found


def test_every_day_of_some_months(folder: Path, parsing: SharedParsing, data: Path) -> None:
    """Looked at when something had changed, and now and then when nothing had; halfway with other settings."""
    replay = Replay(folder, parsing, "sop")
    branch = replay.clone(bundle(data, "openshift-runbooks"))
    days = year_before(replay.last_day(branch))[-150:]
    heads = [replay.truth.last_commit(branch, day) for day in days]
    idle = [day for n, day in enumerate(days) if n % 10 and heads[n] == heads[n - 1]]
    replay.run(branch, days[:80], idle)
    replay.owned_by("second")
    replay.run(branch, days[80:], idle)
    assert {one.owner for one in replay.told[days[79]].values()} == {"first"}
    assert {one.owner for one in replay.told[days[80]].values()} == {"second"}
    replay.ask_again(days[::7], days[-1])
    assert not replay.mismatches, "\n".join([f"{len(replay.mismatches)} mismatches", *replay.mismatches[:40]])
    counts = replay.counts
    assert counts["changes"] > 50
    assert len(set(replay.epochs.values())) > 10
    assert min(counts["exact"], counts["pipeline unknown"], counts["content broken"]) > 100


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("name", "kind", "last"),
    [
        ("openshift-runbooks", "sop", ""),
        ("moj-cloud-platform-user-guide", "help", ""),
        ("mattermost-release-notes", "release_note", ""),
        ("pagerduty-incident-response", "sop", ""),
        ("pagerduty-incident-response", "sop", "2017-12-31"),
    ],
)
def test_every_day_of_a_year(folder: Path, parsing: SharedParsing, data: Path, name: str, kind: str, last: str) -> None:
    replay = Replay(folder, parsing, kind)
    branch = replay.clone(bundle(data, name), (b".html.md.erb", b".md"))
    days = year_before(date.fromisoformat(last) if last else replay.last_day(branch))
    replay.run(branch, days, days_off(days, 0.06))
    replay.ask_again(days, days[-1])
    print(f"\n{name} until {days[-1]:%Y-%m-%d}: {dict(replay.counts)}; {len(replay.mismatches)} mismatches")
    assert not replay.mismatches, "\n".join([f"{len(replay.mismatches)} mismatches", *replay.mismatches[:40]])
    assert replay.counts["compared"] == replay.counts["asked again"] > len(days)
