"""One parser process for all runs, retries that do not wait, and what happened in the runs, told at the end."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import cast

import pytest
import tenacity.nap

from headwater.ingest import listing
from headwater.parsing.pool import ParserPool
from tests.chaos.machine import FAULT
from tests.support.state import SharedParsing

TOLD = "chaos"


@pytest.fixture(scope="session")
def parsing() -> Iterator[SharedParsing]:
    with ParserPool(workers=1) as pool:
        yield SharedParsing(pool)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenacity.nap, "time", SimpleNamespace(sleep=lambda _: None))
    # Every cursor of a listing is worth keeping, so that those that break off are taken up again.
    monkeypatch.setattr(listing, "SAVE_SECONDS", 0.0)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str, Counter[str]], None]:
    """Say at the end of the session what was counted, under this name."""
    return lambda name, counts: record_property(TOLD, [name, dict(counts)])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for report in terminalreporter.getreports("passed") if isinstance(report, pytest.TestReport)]
    properties = [one for report in reports for one in report.user_properties]
    told = cast("list[tuple[str, dict[str, int]]]", [value for key, value in properties if key == TOLD])
    if not told:
        return
    every: Counter[str] = Counter()
    terminalreporter.section("chaos")
    for name, counts in told:
        terminalreporter.write_line(f"{name}: {_shown(counts)}")
        every.update(counts)
    terminalreporter.write_line(f"all: {_shown(every)}")
    kinds = [(what, times) for what, times in every.most_common() if what.startswith(FAULT)]
    shown = (f"{what.removeprefix(FAULT)} {times}" for what, times in kinds)
    terminalreporter.write_line(f"faults by kind: {'; '.join(shown)}")


def _shown(counts: Mapping[str, int]) -> str:
    faults = sum(times for what, times in counts.items() if what.startswith(FAULT))
    others = (f"{what} {times:,}" for what, times in counts.items() if not what.startswith(FAULT))
    return f"faults {faults:,}, {', '.join(others)}"
