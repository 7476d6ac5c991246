from collections.abc import Iterator

import pytest

from headwater.parsing.pool import ParserPool
from tests.support.project import Project
from tests.support.state import SharedParsing, scratch


@pytest.fixture(scope="module")
def parsing() -> Iterator[SharedParsing]:
    pool = ParserPool(workers=1)
    yield SharedParsing(pool)
    pool.close()


@pytest.fixture
def project(parsing: SharedParsing) -> Iterator[Project]:
    with scratch("metadata") as folder:
        (folder / "docs").mkdir()
        made = Project(folder, parsing)
        made.configure()
        yield made
