"""Filter expressions become conditions, or an error that says how to write them; both kinds of index agree on them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import ConfigError
from headwater.index.base import INTEGER_FIELDS, KEYWORD_FIELDS, NEVER, Index, IndexStore, Point
from headwater.index.edge import EdgeStore
from headwater.index.memory import MemoryStore
from headwater.index.points import point_id
from headwater.index.query import AllOf, Between, Not, OneOf
from headwater.interfaces import SparseVector
from headwater.metadata.payload import VERSION_FROM, VERSION_TO, filter_fields
from headwater.metadata.schema import FILTERS
from headwater.metadata.versions import version_key, version_range
from headwater.model import Meta
from headwater.retrieval.filters import parse_filters
from tests.support.state import scratch


def at(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]  # year, month, day


def key(text: str) -> int:
    found = version_key(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("product=x", OneOf("product", ("x",))),
        ("Product = My  CRM", OneOf("product", ("my crm",))),
        (" Kind = sop , help ", OneOf("kind", ("sop", "help"))),
        ("owner!=docs-team", Not(OneOf("owner", ("docs-team",)))),
        ("language=pt_BR", OneOf("language", ("pt-br",))),
        ("updated>=2026-01-31", Between(field="updated", gte=at(2026, 1, 31))),
        ("updated>2026-01-31", Between(field="updated", gte=at(2026, 2, 1))),
        ("updated<=2026-01-31", Between(field="updated", lt=at(2026, 2, 1))),
        ("updated<2026-01-31", Between(field="updated", lt=at(2026, 1, 31))),
        ("updated=2026-01-31", Between(field="updated", gte=at(2026, 1, 31), lt=at(2026, 2, 1))),
        ("updated=2026-12", Between(field="updated", gte=at(2026, 12, 1), lt=at(2027, 1, 1))),
        ("updated=2026", Between(field="updated", gte=at(2026, 1, 1), lt=at(2027, 1, 1))),
        ("updated>=2026-01-31T12:00:00+01:00", Between(field="updated", gte=at(2026, 1, 31, 11))),
        ("review-by<2026-01-31", Between(field="review_by", lt=at(2026, 1, 31))),
        ("document=A=b", OneOf("document", ("A=b",))),
        ("version=latest", OneOf("version", ("latest",))),
        (
            "version=v2.3",
            AllOf((Between(field=VERSION_FROM, lte=key("2.3")), Between(field=VERSION_TO, gte=key("2.3")))),
        ),
        ("version>=2.1", Between(field=VERSION_TO, gte=key("2.1"))),
        ("version<2.1", Between(field=VERSION_FROM, lt=key("2.1"))),
    ],
)
def test_an_expression_becomes_a_condition(expression: str, condition: object) -> None:
    assert parse_filters([expression]) == (condition,)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("product", "not a filter"),
        ("product=", "not a filter"),
        ("product=,", "not a filter"),
        ("=x", "not a filter"),
        ("produkt=x", "cannot be filtered on"),
        ("product>x", "compared with = or !="),
        ("updated>=soon", "not a date"),
        ("updated>=2026-13", "not a date"),
        ("version>=latest", "not a version"),
        ("version>=2.1,2.2", "with one value"),
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
    stored = {*FILTERS, VERSION_FROM, VERSION_TO}
    assert stored <= {*KEYWORD_FIELDS, *INTEGER_FIELDS}
    full: Meta = {**dict.fromkeys(FILTERS, "2026-01-01"), "version": "2.3", "language": "en", "tags": ("a",)}
    assert set(filter_fields(full)) == stored - {"source", "document", "kind", "updated"}


# the same answers from both kinds of index, and the right ones ---------------------------------------------

DAY = datetime(2026, 1, 10, tzinfo=UTC)
VERSIONS = ("1.9", "v2.0", "2.1rc1", "2.1", "2.3.0", "2.x", "2.1 - 2.4", ">=2.2", "2.0, 2.4", "latest", "Spring '24")
ASKED_VERSIONS = ("1.9", "2.0", "v2.1.0", "2.3", "2.4.7", "2.x", "2.5", "latest", "3.0.0-beta.1")
PRODUCTS, ASKED_PRODUCTS = ("CRM", "Billing  Hub", "crm-pro"), ("crm", "BILLING hub", "CRM,crm-pro")
facts = st.fixed_dictionaries(
    {},
    optional={
        "product": st.sampled_from(PRODUCTS),
        "version": st.sampled_from(VERSIONS),
        "language": st.sampled_from(("en", "en-us", "de", "pt-br")),
        "audience": st.lists(st.sampled_from(("Admins", "users")), min_size=1, max_size=2).map(tuple),
        "effective": st.integers(-3, 3).map(lambda days: (DAY + timedelta(days=days)).isoformat()),
        "created_at": st.integers(-3, 3).map(lambda days: (DAY + timedelta(days=days, hours=5)).isoformat()),
        "section": st.sampled_from(("added", "fixed")),
        "breaking": st.just("yes"),
    },
)
expressions = st.one_of(
    st.builds("version{}{}".format, st.sampled_from(("=", "!=")), st.sampled_from(ASKED_VERSIONS)),
    st.builds(
        "version{}{}".format,
        st.sampled_from((">=", ">", "<=", "<")),
        st.sampled_from([text for text in ASKED_VERSIONS if text != "latest"]),
    ),
    st.builds(
        "{}{}2026-01-{:02}".format,
        st.sampled_from(("effective", "created")),
        st.sampled_from((">=", ">", "<=", "<", "=", "!=")),
        st.integers(7, 13),
    ),
    st.builds("product{}{}".format, st.sampled_from(("=", "!=")), st.sampled_from(ASKED_PRODUCTS)),
    st.builds("language{}{}".format, st.sampled_from(("=", "!=")), st.sampled_from(("en", "en-US", "pt", "de,en"))),
    st.builds("audience{}{}".format, st.sampled_from(("=", "!=")), st.sampled_from(("admins", "users,nobody"))),
    st.sampled_from(("breaking=yes", "breaking!=yes", "section=fixed")),
)


def holds(expression: str, about: Meta) -> bool:
    """What the expression means, written down once more, value by value."""
    name = next(one for one in FILTERS if expression.startswith(one) and expression[len(one)] in "<>=!")
    rest = expression[len(name) :]
    operator = next(sign for sign in (">=", "<=", "!=", "=", ">", "<") if rest.startswith(sign))
    value = rest[len(operator) :]
    if operator == "!=":
        return not holds(f"{name}={value}", about)
    stated = about.get("created_at" if name == "created" else name)
    if stated is None:
        return False
    if name in ("effective", "created"):
        days = (datetime.fromisoformat(str(stated)).date() - datetime.fromisoformat(value).date()).days
        return {">=": days >= 0, ">": days > 0, "<=": days <= 0, "<": days < 0, "=": days == 0}[operator]
    if name == "version":
        return _version_holds(operator, value, str(stated))
    words = {" ".join(str(word).lower().split()) for word in (stated if isinstance(stated, tuple) else (stated,))}
    if name == "language":
        words |= {word.partition("-")[0] for word in words}
    return bool(words & {" ".join(one.lower().split()) for one in value.split(",")})


def _version_holds(operator: str, value: str, stated: str) -> bool:
    has, asked = version_range(stated), version_range(value)
    if has is None or asked is None:
        return operator == "=" and has is None and asked is None and stated.lower() == value.lower()
    match operator:
        case "=":
            return has.first <= asked.last and asked.first <= has.last
        case ">=":
            return has.last >= asked.first
        case ">":
            return has.last > asked.last
        case "<=":
            return has.first <= asked.last
        case _:
            return has.first < asked.first


@pytest.fixture(scope="module", params=["edge", "memory"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Index]:
    with scratch("filters") as folder:
        store: IndexStore = EdgeStore(folder / "index") if request.param == "edge" else MemoryStore()
        yield store.open("g1", dimensions=4)
        store.close()


def stocked(position: int, about: Meta) -> Point:
    payload = {"document": str(position), "position": position, "from": 1, "to": NEVER, **filter_fields(about)}
    return Point(point_id(1, "s", "d", position), np.eye(4, dtype=np.float32)[0], SparseVector((), ()), payload)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stock=st.lists(facts, min_size=1, max_size=8), asked=st.lists(expressions, min_size=1, max_size=2))
def test_a_filter_lets_through_what_it_means(shelf: Index, stock: list[Meta], asked: list[str]) -> None:
    shelf.delete_where(Between(field="position", gte=0))
    shelf.upsert([stocked(position, about) for position, about in enumerate(stock)])
    got = {int(point.payload["position"]) for point in shelf.scroll(AllOf(parse_filters(asked)))}
    assert got == {n for n, about in enumerate(stock) if all(holds(expression, about) for expression in asked)}, asked


@pytest.mark.parametrize(
    ("stated", "asked", "meets"),
    [
        *[(stated, "version=2.3", True) for stated in ("2.3", "v2.3", "2.3.0", "2.x", "2.1 - 2.4", ">=2.1", "2.3.x")],
        *[(stated, "version=2.3", False) for stated in ("2.4", "2.3.1", "2.3rc1", "1.x", "latest", "12.3")],
        ("2.10", "version>=2.9", True),
        ("2.1 - 2.4", "version>=2.3", True),
        ("2.1 - 2.4", "version<2.2", True),
        ("2.1 - 2.4", "version>2.4.99", True),
        ("2.1 - 2.4", "version>=2.5", False),
        ("3.0", "version=2.x,3.x", True),
    ],
)
def test_versions_meet_what_a_person_means(shelf: Index, stated: str, asked: str, meets: bool) -> None:
    shelf.delete_where(Between(field="position", gte=0))
    shelf.upsert([stocked(0, {"version": stated})])
    assert bool(shelf.count(AllOf(parse_filters([asked])))) == meets
