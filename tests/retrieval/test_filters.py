"""Filter expressions become conditions, or an error that says how to write them."""

from datetime import UTC, datetime

import pytest

from headwater.errors import ConfigError
from headwater.index.query import Between, Not, OneOf
from headwater.retrieval.filters import FILTERS, parse_filters


def at(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]  # year, month, day


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("product=x", OneOf("product", ("x",))),
        (" Kind = sop , help ", OneOf("kind", ("sop", "help"))),
        ("owner!=docs-team", Not(OneOf("owner", ("docs-team",)))),
        ("updated>=2026-01-31", Between(field="updated", gte=at(2026, 1, 31))),
        ("updated>2026-01-31", Between(field="updated", gte=at(2026, 2, 1))),
        ("updated<=2026-01-31", Between(field="updated", lt=at(2026, 2, 1))),
        ("updated<2026-01-31", Between(field="updated", lt=at(2026, 1, 31))),
        ("updated=2026-01-31", Between(field="updated", gte=at(2026, 1, 31), lt=at(2026, 2, 1))),
        ("updated>=2026-01-31T12:00:00+01:00", Between(field="updated", gte=at(2026, 1, 31, 11))),
        ("document=a=b", OneOf("document", ("a=b",))),
    ],
)
def test_an_expression_becomes_a_condition(expression: str, condition: object) -> None:
    assert parse_filters([expression]) == (condition,)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("product", "not a filter"),
        ("product=", "not a filter"),
        ("=x", "not a filter"),
        ("produkt=x", "cannot be filtered on"),
        ("product>x", "compared with = or !="),
        ("updated>=soon", "not a date"),
    ],
)
def test_a_wrong_one_says_how_to_write_it(expression: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        parse_filters([expression])
    assert caught.value.advice


def test_a_misspelt_field_names_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_filters(["produkt=x"])
    assert "Did you mean product?" in caught.value.advice


def test_every_filter_is_indexed() -> None:
    from headwater.index.base import INTEGER_FIELDS, KEYWORD_FIELDS

    assert set(FILTERS) <= {*KEYWORD_FIELDS, *INTEGER_FIELDS}
