"""One parser process for all runs, and retries that do not wait."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import tenacity.nap

from headwater.ingest import listing
from headwater.parsing.pool import ParserPool
from tests.support.state import SharedParsing


@pytest.fixture(scope="session")
def parsing() -> Iterator[SharedParsing]:
    with ParserPool(workers=1) as pool:
        yield SharedParsing(pool)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenacity.nap, "time", SimpleNamespace(sleep=lambda _: None))
    # Every cursor of a listing is worth keeping, so that those that break off are taken up again.
    monkeypatch.setattr(listing, "SAVE_SECONDS", 0.0)
