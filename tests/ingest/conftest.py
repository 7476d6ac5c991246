"""Parser processes that serve all tests, and a project of its own for each."""

from collections.abc import Iterator

import pytest

from headwater.parsing.pool import ParserPool
from tests.support.project import Project
from tests.support.state import SharedParsing, scratch


@pytest.fixture(scope="session")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=1) as opened:
        yield opened


@pytest.fixture
def project(pool: ParserPool) -> Iterator[Project]:
    with scratch("project") as folder:
        (folder / "docs").mkdir()
        made = Project(folder, SharedParsing(pool))
        made.configure()
        yield made
