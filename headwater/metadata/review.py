"""When a document has to be reviewed next."""

from headwater.metadata.dates import moment_of
from headwater.settings.durations import parse_duration

_WORDS = {
    "weekly": "1 week", "monthly": "1 month", "quarterly": "3 months", "semi-annually": "6 months",
    "semiannually": "6 months", "half-yearly": "6 months", "annually": "1 year", "annual": "1 year", "yearly": "1 year",
}  # fmt: skip


def review_interval(text: str) -> str:
    """As durations are written; ValueError in plain words for what is none. "Every 6 months", "annually" are read."""
    plain = " ".join(text.lower().split()).removeprefix("every ").strip(" .")
    if plain in ("week", "month", "quarter", "year"):
        plain = {"quarter": "3 months"}.get(plain, f"1 {plain}")
    return str(parse_duration(_WORDS.get(plain, plain)))


def review_date(reviewed: object, interval: object) -> str:
    """ISO 8601 of the last review and the interval after it; "" where one of them is missing."""
    moment = moment_of(reviewed)
    if moment is None or not isinstance(interval, str) or not interval:
        return ""
    try:
        return (moment + parse_duration(interval)).isoformat()
    except (ValueError, OverflowError):
        return ""
