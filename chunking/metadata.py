"""What every chunk of a document carries about it, for filters, citations and freshness."""

from datetime import UTC, datetime

from headwater.model import Document, Meta, MetaValue

_COPIED = (
    "owner", "product", "version", "language", "tags", "audience", "author", "description", "canonical",
    "effective", "review_by", "last_reviewed_on", "review_in", "supersedes", "superseded_by",
)  # fmt: skip
_LONGEST = 1_000
_MOST = 100
"""Characters of a text and entries of a list: every passage carries all of them."""


def chunk_metadata(document: Document) -> Meta:
    """Plain scalars and tuples; what the source says goes before what the file says, and unknown keys stay out.

    `updated_at` and `created_at` are ISO 8601 with an offset; a date or a time without a zone is taken as UTC.
    `updated_at` falls back to the creation. There are no booleans: they do not survive filters.
    """
    found: dict[str, MetaValue] = {
        "title": encodable(document.title),
        "kind": document.raw.kind,
        "source": document.raw.source,
        "document": document.raw.id,
    }
    for key in _COPIED:
        value = _stated(document, key)
        if value not in (None, "", ()):
            found[key] = value
    created = _moment(_stated(document, "created"))
    updated = document.raw.updated_at or _moment(_stated(document, "updated")) or created
    if created is not None:
        found["created_at"] = created.isoformat()
    if updated is not None:
        found["updated_at"] = updated.isoformat()
    return found


def encodable(text: str) -> str:
    """Lone surrogates, as in names of files in odd encodings, have no UTF-8 form and become "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _stated(document: Document, key: str) -> MetaValue:
    value = document.raw.meta.get(key) or document.meta.get(key, "")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return encodable(value)[:_LONGEST]
    return tuple(encodable(item)[:_LONGEST] for item in value[:_MOST]) if isinstance(value, tuple) else value


def _moment(value: MetaValue) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
