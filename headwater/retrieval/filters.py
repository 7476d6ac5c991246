"""`--filter` expressions: `product=x`, `kind=sop,help`, `updated>=2026-01-01`."""

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from headwater.errors import ConfigError
from headwater.index.query import Between, Condition, Not, OneOf

FILTERS = {
    "source": "keyword",
    "document": "keyword",
    "kind": "keyword",
    "product": "keyword",
    "version": "keyword",
    "language": "keyword",
    "owner": "keyword",
    "tags": "keyword",
    "audience": "keyword",
    "updated": "date",
}
_EXPRESSION = re.compile(r"\s*([A-Za-z_]+)\s*(>=|<=|!=|=|>|<)\s*(.*?)\s*")


def parse_filters(expressions: Iterable[str]) -> tuple[Condition, ...]:
    """All of them must hold; several values after `=`, separated by commas, are alternatives."""
    return tuple(_parse(expression) for expression in expressions)


def _parse(expression: str) -> Condition:
    found = _EXPRESSION.fullmatch(expression)
    if not found or not found[3]:
        raise ConfigError(
            f"{expression!r} is not a filter",
            advice="Write FIELD=VALUE, FIELD=ONE,OTHER, FIELD!=VALUE, or updated>=2026-01-31.",
        )
    name, operator, value = found[1].lower(), found[2], found[3]
    if name not in FILTERS:
        raise ConfigError(f"{name!r} cannot be filtered on", advice=_nearest(name))
    if FILTERS[name] == "date":
        return _date_filter(name, operator, value)
    if operator not in ("=", "!="):
        raise ConfigError(f"{name!r} is compared with = or !=, not {operator}", advice=f"Write {name}={value}.")
    one_of = OneOf(name, tuple(part.strip() for part in value.split(",") if part.strip()))
    return one_of if operator == "=" else Not(one_of)


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
        case "=":
            return Between(field=name, gte=start, lt=end)
        case _:
            return Not(Between(field=name, gte=start, lt=end))


def _moments(name: str, value: str) -> tuple[float, float]:
    """Start and end (exclusive) of the day or second named, in seconds since 1970 UTC."""
    try:
        if len(value) <= 10:
            day = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
            return day.timestamp(), (day + timedelta(days=1)).timestamp()
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ConfigError(f"{value!r} is not a date", advice=f"Write {name}>=2026-01-31 (ISO 8601).") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp(), aware.timestamp() + 1


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, FILTERS, 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"{hint}Filters: {', '.join(FILTERS)}."
