"""docs/sources.md says what the connectors say, and nothing in it leads nowhere."""

import re
from pathlib import Path

import pytest

from connectors.catalogue_page import PAGE, with_tables
from connectors.registry import CONNECTORS


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    return (repository / PAGE).read_text()


def test_the_tables_are_those_of_the_connectors(text: str) -> None:
    assert with_tables(text) == text, "run: python -m connectors.catalogue_page"


def test_every_kind_has_a_row_and_a_table_of_settings(text: str) -> None:
    assert re.findall(r"^\| `([a-z-]+)` \| [A-Z]", text, re.MULTILINE) == list(CONNECTORS)
    assert re.findall(r"^### (.+)$", text, re.MULTILINE) == list(CONNECTORS)


def test_links_lead_somewhere(text: str, repository: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    assert targets
    for target in targets:
        assert (repository / "docs" / target).is_file(), target
