"""Every page within the frame: in any colours and at any size, for who may see it."""

import pytest

from tests.dashboard.conftest import Visitor

PAGES = ("/", "/sources", "/runs", "/inbox")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_in_order(administrator: Visitor, path: str) -> None:
    administrator.open(path)
    administrator.check()
