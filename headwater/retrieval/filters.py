"""`--filter` expressions: `product=x`, `kind=sop,help`, `updated>=2026-01-01`, `version>=2.1`.

Words are compared without regard to case. A passage that does not state a field is matched by no filter on it,
except by `!=`.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from headwater.errors import ConfigError
from headwater.index.query import AllOf, AnyOf, Between, Condition, Not, OneOf
from headwater.metadata.payload import VERSION_FROM, VERSION_TO, keyword
from headwater.metadata.schema import FILTERS, Type
from headwater.metadata.versions import version_range
from headwater.settings import nearest

EXACT = ("source", "document")
"""Names, which are compared as they are."""
_EXPRESSION = re.compile(r"\s*([A-Za-z_-]+)\s*(>=|<=|!=|==|=|>|<)\s*(.*?)\s*")
_ORDERED = (Type.DATE, Type.VERSION)


def parse_filters(expressions: Iterable[str]) -> tuple[Condition, ...]:
    """All of them must hold; several values after `=`, separated by commas, are alternatives."""
    return tuple(_condition(*split_filter(expression)) for expression in expressions)


def split_filter(expression: str) -> tuple[str, str, tuple[str, ...]]:
    """Field, operator and values of one expression; ConfigError says how to write it."""
    found = _EXPRESSION.fullmatch(expression)
    values = tuple(part.strip() for part in found[3].split(",") if part.strip()) if found else ()
    if not found or not values:
        raise ConfigError(
            f"{expression!r} is not a filter",
            advice="Write FIELD=VALUE, FIELD=ONE,OTHER, FIELD!=VALUE, updated>=2026-01-31 or version>=2.1.",
        )
    name, operator = found[1].lower().replace("-", "_"), found[2].replace("==", "=")
    if name not in FILTERS:
        raise ConfigError(f"{name!r} cannot be filtered on", advice=_nearest(name))
    if operator not in ("=", "!=") and FILTERS[name].type not in _ORDERED:
        raise ConfigError(f"{name!r} is compared with = or !=, not {operator}", advice=f"Write {name}={values[0]}.")
    if operator not in ("=", "!=") and len(values) > 1:
        raise ConfigError(
            f"{name!r} is compared with one value by {operator}", advice=f"Write {name}{operator}{values[0]}."
        )
    return name, operator, values


def _condition(name: str, operator: str, values: tuple[str, ...]) -> Condition:
    match FILTERS[name].type:
        case Type.DATE:
            return _either(operator, [_date_filter(name, operator, value) for value in values])
        case Type.VERSION:
            return _either(operator, [_version_filter(name, operator, value) for value in values])
        case _:
            plain = values if name in EXACT else tuple(keyword(name, value) for value in values)
            one_of = OneOf(name, plain)
            return one_of if operator == "=" else Not(one_of)


def _either(operator: str, conditions: list[Condition]) -> Condition:
    found = conditions[0] if len(conditions) == 1 else AnyOf(tuple(conditions))
    return Not(found) if operator == "!=" else found


# dates ----------------------------------------------------------------------------------------------------


def _date_filter(name: str, operator: str, value: str) -> Condition:
    start, end = _moments(name, value)
    match operator:
        case ">=":
            return Between(field=name, gte=start)
        case ">":
            return Between(field=name, gte=end)
        case "<=":
            return Between(field=name, lt=end)
        case "<":
            return Between(field=name, lt=start)
        case _:
            return Between(field=name, gte=start, lt=end)


def _moments(name: str, value: str) -> tuple[float, float]:
    """Start and end (exclusive) of the year, month, day or second named, in seconds since 1970 UTC."""
    try:
        if parts := re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?", value):
            first = date(int(parts[1]), int(parts[2] or 1), 1)
            months = first.year * 12 + first.month - 1 + (1 if parts[2] else 12)
            return _start(first), _start(date(months // 12, months % 12 + 1, 1))
        if len(value) <= 10:
            day = date.fromisoformat(value)
            return _start(day), _start(day + timedelta(days=1))
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        raise ConfigError(f"{value!r} is not a date", advice=f"Write {name}>=2026-01-31 (ISO 8601).") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp(), aware.timestamp() + 1


def _start(day: date) -> float:
    return datetime.combine(day, datetime.min.time(), UTC).timestamp()


# versions -------------------------------------------------------------------------------------------------


def _version_filter(name: str, operator: str, value: str) -> Condition:
    """Some version that the document is about meets it: "2.1 - 2.4" has versions over 2.3, and under it."""
    asked = version_range(value)
    if asked is None:
        if operator in ("=", "!="):
            return OneOf(name, (keyword(name, value),))
        raise ConfigError(f"{value!r} is not a version", advice=f"Write {name}{operator}2.3.")
    match operator:
        case ">=":
            return Between(field=VERSION_TO, gte=asked.first)
        case ">":
            return Between(field=VERSION_TO, gt=asked.last)
        case "<=":
            return Between(field=VERSION_FROM, lte=asked.last)
        case "<":
            return Between(field=VERSION_FROM, lt=asked.first)
        case _:
            return AllOf((Between(field=VERSION_FROM, lte=asked.last), Between(field=VERSION_TO, gte=asked.first)))


def _nearest(name: str) -> str:
    near = nearest(name, FILTERS)
    hint = f"Did you mean {near}? " if near else ""
    return f"{hint}Filters: {', '.join(FILTERS)}."
