"""Whatever a source does, no document is lost, doubled, leaked or half-published, and it ends as the source is."""

from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos.machine import Chaos
from tests.chaos.reading import Remote, Service, served
from tests.connectors.services.local import serving
from tests.support.state import SharedParsing


@pytest.fixture
def machine(parsing: SharedParsing) -> type[Chaos]:
    Chaos.parsing = parsing
    Chaos.counts.clear()
    return Chaos


class OverHttp(Chaos):
    """The same, through a server on this machine and the client of all connectors."""

    def service(self) -> Service:
        server = self.closing.enter_context(serving(partial(served, self.wiki)))
        return Remote(server.url)


@pytest.fixture
def machine_over_http(parsing: SharedParsing) -> type[OverHttp]:
    OverHttp.parsing = parsing
    return OverHttp


def _settings(examples: int, steps: int) -> settings:
    # Without shrinking: a run takes a fifth of a second, and a sequence of them is short enough to read.
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=[Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def test_a_source_that_misbehaves_costs_nothing(machine: type[Chaos]) -> None:
    run_state_machine_as_test(machine, settings=_settings(examples=6, steps=20))


def test_a_server_that_misbehaves_costs_nothing(machine_over_http: type[OverHttp]) -> None:
    run_state_machine_as_test(machine_over_http, settings=_settings(examples=3, steps=15))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_runs_of_a_source_that_misbehaves_cost_nothing(machine: type[Chaos]) -> None:
    while machine.counts["runs"] < 1_000:
        run_state_machine_as_test(machine, settings=_settings(examples=20, steps=40))
    print(dict(machine.counts))
