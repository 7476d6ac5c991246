"""Every field that a document or a passage carries about itself: the one place where they are named.

`docs/metadata.md` holds the same as a table, made from here.
"""

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """How a value is written; dates and versions are stored once more as numbers, for comparison."""

    TEXT = "text"
    TEXTS = "list of texts"
    DATE = "date"
    DURATION = "duration"
    VERSION = "version or range"
    NUMBER = "number"


DOCUMENT, PASSAGE = "document", "passage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`of` is the document as a whole, or the passage; `filter` names it in `--filter`, "" where it cannot be used."""

    name: str
    type: Type
    about: str
    of: str = DOCUMENT
    filter: str = ""


FIELDS = (
    Field(name="title", type=Type.TEXT, about="as stated, else the first heading, else the file's name"),
    Field(name="kind", type=Type.TEXT, about="`help`, `release_note`, `sop` or another word", filter="kind"),
    Field(name="product", type=Type.TEXT, about="what it is about", filter="product"),
    Field(
        name="version",
        type=Type.VERSION,
        about="of the product: `2.3`, `2.x`, `2.1 - 2.4`, `>=2.1`; or a word such as `latest`",
        filter="version",
    ),
    Field(name="language", type=Type.TEXT, about="as in `en` or `pt-br`: stated, else detected", filter="language"),
    Field(name="owner", type=Type.TEXT, about="who answers for it: a name under `[owners]`", filter="owner"),
    Field(name="audience", type=Type.TEXTS, about="whom it is written for", filter="audience"),
    Field(name="tags", type=Type.TEXTS, about="added up over all levels that state some", filter="tags"),
    Field(name="created", type=Type.DATE, about="when it was first written", filter="created"),
    Field(name="updated", type=Type.DATE, about="when its content last changed, else `created`", filter="updated"),
    Field(name="effective", type=Type.DATE, about="from when on it holds", filter="effective"),
    Field(
        name="review_by",
        type=Type.DATE,
        about="when it has to be reviewed: stated, else `last_reviewed_on` + `review_in`",
        filter="review_by",
    ),
    Field(name="last_reviewed_on", type=Type.DATE, about="when someone last confirmed it"),
    Field(name="review_in", type=Type.DURATION, about="how long a review holds, such as `6 months`"),
    Field(name="supersedes", type=Type.TEXTS, about="documents that this one takes the place of"),
    Field(name="superseded_by", type=Type.TEXTS, about="documents that took its place"),
    Field(name="translation_of", type=Type.TEXT, about="id or address of the document that this one translates"),
    Field(name="author", type=Type.TEXT, about="who wrote it"),
    Field(name="description", type=Type.TEXT, about="what it is about, in a sentence"),
    Field(name="roles", type=Type.TEXTS, about="who carries out a procedure"),
    Field(name="revision", type=Type.TEXT, about="of a procedure"),
    Field(name="canonical", type=Type.TEXT, about="the address that the document gives as its own"),
    Field(name="source", type=Type.TEXT, about="name of its `[[source]]`", filter="source"),
    Field(name="document", type=Type.TEXT, about="its id in that source", filter="document"),
    Field(name="content_sha256", type=Type.TEXT, about="hash of its content, without front matter"),
    Field(
        name="heading_path", type=Type.TEXTS, about="breadcrumbs: the headings above the passage", of=PASSAGE
    ),
    Field(name="uri", type=Type.TEXT, about="where to read it, with `#anchor` or `#page=N`", of=PASSAGE),
    Field(
        name="section",
        type=Type.TEXT,
        about="of a release note: `added`, `changed`, `fixed`, `deprecated`, `removed`, `security`, ...",
        of=PASSAGE,
        filter="section",
    ),
    Field(
        name="breaking", type=Type.TEXT, about="`yes` where a release note says that something breaks", of=PASSAGE,
        filter="breaking",
    ),
    Field(name="date", type=Type.DATE, about="when a release came out", of=PASSAGE, filter="date"),
)  # fmt: skip

BY_NAME = {field.name: field for field in FIELDS}
DATES = tuple(field.name for field in FIELDS if field.type is Type.DATE)
TEXTS = tuple(field.name for field in FIELDS if field.type is Type.TEXTS and field.of == DOCUMENT)
FILTERS = {field.filter: field for field in FIELDS if field.filter}

REQUIRABLE = tuple(
    field.name
    for field in FIELDS
    if field.of == DOCUMENT and field.name not in ("source", "document", "content_sha256", "kind")
)
"""What a source may require of its documents."""

STATEABLE = tuple(name for name in REQUIRABLE if name != "title")
"""What any level may state, beside `title`, `kind` and `access`."""

ALIASES = {
    "date": "created",
    "published": "created",
    "published_at": "created",
    "created_at": "created",
    "date_created": "created",
    "lastmod": "updated",
    "last_updated": "updated",
    "last_modified": "updated",
    "modified": "updated",
    "updated_at": "updated",
    "date_modified": "updated",
    "last_update": "updated",
    "last_reviewed": "last_reviewed_on",
    "reviewed": "last_reviewed_on",
    "reviewed_on": "last_reviewed_on",
    "review_date": "review_by",
    "next_review": "review_by",
    "review_due": "review_by",
    "effective_date": "effective",
    "effective_from": "effective",
    "valid_from": "effective",
    "lang": "language",
    "locale": "language",
    "versions": "version",
    "product_version": "version",
    "applies_to_version": "version",
    "audiences": "audience",
    "tag": "tags",
    "keywords": "tags",
    "labels": "tags",
    "authors": "author",
    "summary": "description",
    "rev": "revision",
    "role": "roles",
    "translationof": "translation_of",
    "replaces": "supersedes",
    "replaced_by": "superseded_by",
}
"""Other names that documents use, in lower case, words joined by underscores."""
