"""Whatever a source does, no document is lost, doubled, leaked or half-published, and it ends as the source is."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos.machine import Chaos
from tests.chaos.over_http import OverConfluenceCloud, OverConfluenceServer, OverHttp, OverZendesk
from tests.support.state import SharedParsing

MACHINES: dict[str, type[Chaos]] = {
    "in this process": Chaos,
    "over http": OverHttp,
    "zendesk": OverZendesk,
    "confluence cloud": OverConfluenceCloud,
    "confluence server": OverConfluenceServer,
}
RUNS = {"in this process": 400, "over http": 150, "zendesk": 250, "confluence cloud": 150, "confluence server": 150}
"""Over a thousand together."""
Tell = Callable[[str, Counter[str]], None]


@pytest.fixture(params=MACHINES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def machine(parsing: SharedParsing, kind: str) -> type[Chaos]:
    made = MACHINES[kind]
    made.parsing, made.counts = parsing, Counter()
    return made


def _settings(examples: int, steps: int) -> settings:
    # Without shrinking: a run takes a fifth of a second, and a sequence of them is short enough to read.
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=[Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def test_a_source_that_misbehaves_costs_nothing(machine: type[Chaos], kind: str, tell: Tell) -> None:
    run_state_machine_as_test(machine, settings=_settings(examples=2, steps=12))
    tell(kind, machine.counts)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_runs_of_a_source_that_misbehaves_cost_nothing(machine: type[Chaos], kind: str, tell: Tell) -> None:
    while machine.counts["runs"] < RUNS[kind]:
        run_state_machine_as_test(machine, settings=_settings(examples=10, steps=40))
    tell(kind, machine.counts)
