"""docs/metadata.md holds the schema as it is, and its examples work."""

import re
import tomllib
from pathlib import Path

from connectors.paths import READABLE, path_rules
from headwater.embedding.sparse import STEMMED
from headwater.metadata.origins import Level
from headwater.metadata.schema import ALIASES, BY_NAME, FIELDS, FILTERS, REQUIRABLE, STATEABLE
from headwater.metadata.table import PAGE, origins_list, schema_table, with_tables
from headwater.retrieval.filters import parse_filters
from headwater.settings.schema import SourceTable

TEXT = (Path(__file__).parents[2] / PAGE).read_text()


def test_the_tables_are_those_of_the_schema() -> None:
    assert with_tables(TEXT) == TEXT, "run: python -m headwater.metadata.table"
    assert schema_table() in TEXT
    assert origins_list() in TEXT
    for field in FIELDS:
        assert f"| `{field.name}` | {field.type} |" in TEXT
    for level in Level:
        assert f"**{level}**" in TEXT


def test_its_settings_exist() -> None:
    for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL):
        for source in tomllib.loads(block)["source"]:
            checked = SourceTable(**{"kind": "folder", "default_access": ["public"], **source})
            assert not checked.model_extra
            path_rules(checked.paths)
    assert {f"`{{{name}}}`" for name in READABLE} <= set(re.findall(r"`\{\w+\}`", TEXT))


def test_its_filters_are_filters() -> None:
    for expression in re.findall(r"--filter \"?([^\s\"]+)", TEXT):
        parse_filters([expression])


def test_every_language_with_stems_is_named() -> None:
    assert [name for name in STEMMED.values() if name.capitalize() not in TEXT] == []


def test_the_schema_holds_together() -> None:
    assert len(BY_NAME) == len(FIELDS)
    assert set(ALIASES.values()) <= set(STATEABLE) <= set(REQUIRABLE) <= set(BY_NAME)
    assert not set(ALIASES) & set(STATEABLE)
    assert all(name in BY_NAME for name in FILTERS)
