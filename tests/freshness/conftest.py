from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.ledger.open import open_ledger
from tests.freshness.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    ledger = open_ledger(tmp_path / "ledger.db")
    yield Shelf(ledger)
    ledger.close()
