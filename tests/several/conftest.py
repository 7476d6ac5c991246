"""One Postgres, one stand-in for a Qdrant server, and machines that share them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.atomicity.arena import Children, scratch_folder
from tests.several.machines import Machines
from tests.several.node import Shared
from tests.support.postgres import Postgres, running_postgres
from tests.support.qdrant_process.running import StandIn, running_stand_in


@pytest.fixture(scope="package")
def server() -> Iterator[Postgres]:
    with running_postgres() as running:
        yield running


@pytest.fixture(scope="package")
def stand_in() -> Iterator[StandIn]:
    with running_stand_in() as running:
        yield running


@pytest.fixture(scope="package")
def machines(server: Postgres, stand_in: StandIn) -> Iterator[Machines]:
    """With everything indexed once."""
    children = Children(Path(__file__).with_name("node_child.py"))
    base = scratch_folder()
    try:
        made = Machines(children, base, Shared(server.new_database(), stand_in.url), stand_in)
        made.prepare()
        yield made
    finally:
        children.close()
        shutil.rmtree(base, ignore_errors=True)
