"""A cell's value as its number format shows it; dates in ISO form, because 3/4/2026 is another day elsewhere."""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<digits>[0#?][0#?.,]*|\.[0#?]+)|(?P<other>.)",
    re.DOTALL,
)
_COLOURS = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color\s*\d+", re.IGNORECASE)
_MOST_DECIMALS = 30


@dataclass(frozen=True, slots=True)
class _Section:
    """What stands before and after the digits, and how they are written."""

    before: str
    after: str
    digits: str
    scale: int


def shown(value: Any, number_format: str) -> str:
    """As a reader sees it; "" for what the format hides, and the plain number for a format that is not understood."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            return _moment(value, number_format)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case int() | float():
            return _number(value, number_format)
    return "" if _hides(number_format) else str(value).strip()


def _moment(value: datetime, number_format: str) -> str:
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", number_format.lower())
    if value.time() != time(0):
        return value.isoformat(" ", "minutes")
    if "y" in plain and "d" not in plain:
        return f"{value:%Y-%m}" if "m" in plain else f"{value:%Y}"
    return value.date().isoformat()


def _hides(number_format: str) -> bool:
    return number_format.startswith(";;;")


def _number(value: float, number_format: str) -> str:
    if (isinstance(value, float) and not math.isfinite(value)) or _hides(number_format):
        return ""
    section, signed = _section(number_format, -1 if value < 0 else 1 if value > 0 else 0)
    if section is None:
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    if not section.digits:
        return f"{section.before}{section.after}".strip()
    try:
        digits = _digits(abs(Decimal(repr(value))).scaleb(section.scale), section.digits)
    except (InvalidOperation, OverflowError):
        return str(value)
    sign = "-" if value < 0 and signed and any(char in "123456789" for char in digits) else ""
    return f"{sign}{section.before}{digits}{section.after}".strip()


@lru_cache(maxsize=2_000)
def _section(number_format: str, sign: int) -> tuple[_Section | None, bool]:
    """The part of the format for numbers of this sign, None where it is none of ours; whether a minus is shown."""
    parts = _split(number_format)
    if len(parts) > 1 and sign < 0:
        return _parsed(parts[1]), False
    if len(parts) > 2 and sign == 0:
        return _parsed(parts[2]), True
    return _parsed(parts[0]), True


def _split(number_format: str) -> list[str]:
    parts, start = [], 0
    for found in _TOKEN.finditer(number_format):
        if found["other"] == ";":
            parts.append(number_format[start : found.start()])
            start = found.end()
    return [*parts, number_format[start:]]


def _parsed(part: str) -> _Section | None:
    """None for General, fractions, powers, conditions, text, and digits in several pieces."""
    before, after, digits, scale = "", "", "", 0
    for token in _TOKEN.finditer(part):
        if token["bracket"] is not None and not _COLOURS.fullmatch(token["bracket"]):
            return None
        if token["digits"] is not None:
            if digits:
                return None
            digits = token["digits"]
            continue
        literal = token["quoted"] or token["escaped"] or token["currency"] or token["other"] or ""
        if token["other"] == "%":
            scale += 2
        elif token["other"] and token["other"] not in "$€£¥+-() :'":
            return None
        if digits:
            after += literal
        else:
            before += literal
    thousands = len(digits) - len(digits.rstrip(","))
    return _Section(before, after, digits.rstrip(","), scale - 3 * thousands)


def _digits(value: Decimal, pattern: str) -> str:
    whole, _, fraction = pattern.partition(".")
    most, fewest = min(len(fraction), _MOST_DECIMALS), len(fraction.rstrip("#?"))
    rounded = value.quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP)
    text = f"{rounded:,.{most}f}" if "," in whole else f"{rounded:.{most}f}"
    integer, _, decimals = text.partition(".")
    decimals = decimals[:fewest] + decimals[fewest:].rstrip("0")
    needed = whole.count("0")
    integer = integer.zfill(needed) if integer != "0" or needed else ""
    return f"{integer}.{decimals}" if decimals else integer or "0"
