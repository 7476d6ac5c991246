"""What every chunk of a document carries about it, for filters, citations and freshness."""

from headwater.metadata.resolve import encodable, resolved
from headwater.metadata.schema import STATEABLE
from headwater.model import Document, Meta, MetaValue

__all__ = ["chunk_metadata", "encodable"]

_STORED_AS = {"created": "created_at", "updated": "updated_at"}


def chunk_metadata(document: Document) -> Meta:
    """The schema's fields that are known of the document, as plain scalars and tuples; other keys stay out.

    `updated_at` and `created_at` are ISO 8601 with an offset; a date or a time without a zone is taken as UTC.
    There are no booleans: they do not survive filters.
    """
    raw = resolved(document).raw
    found: dict[str, MetaValue] = {
        "title": encodable(document.title),
        "kind": raw.kind,
        "source": raw.source,
        "document": raw.id,
    }
    for name in STATEABLE:
        value = raw.meta.get(name, "")
        if value not in ("", ()):
            found[_STORED_AS.get(name, name)] = value
    return found
