"""The top-level fields of a stored passage that filters compare: words in lower case, dates and versions as numbers."""

from headwater.metadata.dates import moment_of
from headwater.metadata.languages import base_language, language_code
from headwater.metadata.versions import version_range
from headwater.model import Meta, MetaValue

KEYWORDS = ("product", "version", "language", "owner", "tags", "audience", "section", "breaking")
DATES = ("created", "effective", "review_by", "date")
"""Beside `updated`, which comes from the document's row."""
VERSION_FROM, VERSION_TO = "version_from", "version_to"


def filter_fields(metadata: Meta) -> dict[str, str | int | list[str]]:
    """Only what is known: a filter on a field that a passage lacks does not match it. There are no booleans."""
    found: dict[str, str | int | list[str]] = {}
    for name in KEYWORDS:
        words = keywords(name, metadata.get(name, ""))
        if words:
            found[name] = words if isinstance(metadata[name], tuple) or len(words) > 1 else words[0]
    for name in DATES:
        moment = moment_of(metadata.get(name)) or moment_of(metadata.get(f"{name}_at"))
        if moment is not None:
            found[name] = int(moment.timestamp())
    stated = metadata.get("version")
    covered = version_range(stated) if isinstance(stated, str) else None
    if covered is not None:
        found[VERSION_FROM], found[VERSION_TO] = covered.first, covered.last
    return found


def keywords(name: str, value: MetaValue) -> list[str]:
    """The words under which a value is found; a language with a country is also found under the language alone."""
    items = value if isinstance(value, tuple) else (str(value),)
    words = [keyword(name, item) for item in items]
    if name == "language":
        words += [base_language(word) for word in words]
    return list(dict.fromkeys(word for word in words if word))


def keyword(name: str, text: str) -> str:
    """As stored and as asked for: case and spacing do not count."""
    plain = " ".join(text.split()).casefold()
    return language_code(plain) or plain if name == "language" else plain
