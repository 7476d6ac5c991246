"""One server of child processes for all tests here, and arenas for each."""

import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.atomicity.arena import Arena, Children, scratch_folder


@pytest.fixture(scope="package")
def children() -> Iterator[Children]:
    started = Children()
    yield started
    started.close()


@pytest.fixture(scope="package")
def make_arena(children: Children) -> Iterator[Callable[..., Arena]]:
    """Makes an arena whose first state is indexed."""
    made: list[Arena] = []

    def make(**more: object) -> Arena:
        made.append(Arena(children, scratch_folder(), **more))
        made[-1].prepare()
        return made[-1]

    yield make
    for arena in made:
        shutil.rmtree(arena.base, ignore_errors=True)


@pytest.fixture(scope="package")
def arena(make_arena: Callable[..., Arena]) -> Arena:
    return make_arena()
