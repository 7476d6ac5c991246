from typing import Any

import pytest

from tests.connectors.trouble import TroubleContract


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Faults that a kind of source cannot have are no tests of it; `test_registry.py` holds which kinds may say so."""
    left = [item for item in items if not _applies(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _applies(item)]


def _applies(item: pytest.Item) -> bool:
    suite: Any = getattr(item, "cls", None)
    if suite is None or not issubclass(suite, TroubleContract):
        return True
    callspec = getattr(item, "callspec", None)
    return suite.applies("served" in getattr(item, "fixturenames", ()), callspec.params if callspec else {})
