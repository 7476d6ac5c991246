"""What a procedure says about itself above its first section: a table of two columns, or lines `Owner: SRE`."""

import re
from collections.abc import Iterator, Mapping, Sequence

from headwater.metadata.schema import ALIASES, BY_NAME, STATEABLE
from headwater.model import Block, BlockKind

_MOST_BLOCKS = 30
_LONGEST_KEY, _LONGEST_VALUE = 40, 300
_LINE = re.compile(r"\s*(?:[-*•]\s+)?[*_]{0,2}([^:|\n]{2,40}?)[*_]{0,2}\s*[:|]\s*[*_]{0,2}\s*(\S[^\n]*)")
_KEYS = {
    "process owner": "owner", "procedure owner": "owner", "document owner": "owner", "sop owner": "owner",
    "service owner": "owner", "responsible": "owner", "responsible team": "owner", "owning team": "owner",
    "maintainer": "owner", "maintained by": "owner", "version": "revision", "document version": "revision",
    "sop version": "revision", "revision number": "revision", "revision no": "revision", "rev no": "revision",
    "issue": "revision", "effective": "effective", "effective as of": "effective", "in force from": "effective",
    "date of issue": "effective", "issue date": "effective", "issued": "effective", "review by": "review_by",
    "next review date": "review_by", "review due": "review_by", "review date": "review_by",
    "due for review": "review_by",
    "last review": "last_reviewed_on", "last reviewed": "last_reviewed_on", "last review date": "last_reviewed_on",
    "date reviewed": "last_reviewed_on", "review interval": "review_in", "review cycle": "review_in",
    "review every": "review_in", "review frequency": "review_in", "roles": "roles", "roles involved": "roles",
    "performed by": "roles", "carried out by": "roles", "who": "roles", "prepared by": "author", "written by": "author",
    "last updated": "updated", "last modified": "updated", "date created": "created", "product": "product",
    "supersedes": "supersedes", "replaces": "supersedes", "superseded by": "superseded_by",
}  # fmt: skip
"""A procedure's "Version" is its own, not that of a product."""


def header_fields(blocks: Sequence[Block]) -> Mapping[str, str]:
    """Field to value as written; {} where a document begins with its text. Values are not checked."""
    found: dict[str, str] = {}
    for key, value in _pairs(blocks):
        name = _field(key)
        if name and value and name not in found:
            found[name] = value
    return found


def _pairs(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    headings = 0
    for block in blocks[:_MOST_BLOCKS]:
        match block.kind:
            case BlockKind.HEADING:
                headings += 1
                if headings > 1 and not _about_document(block.text):
                    return
            case BlockKind.TABLE:
                yield from _of_table(block.rows)
            case BlockKind.PARAGRAPH | BlockKind.LIST_ITEM:
                yield from _of_lines(block.text)
            case BlockKind.STEP:
                return
            case _:
                continue


def _about_document(heading: str) -> bool:
    return bool(re.search(r"(?i)\b(?:document|metadata|control|header|details|information|about|revision)\b", heading))


def _of_lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        found = _LINE.fullmatch(line)
        if found and len(found[2]) <= _LONGEST_VALUE:
            yield found[1], found[2].strip().strip("*_ ")


def _of_table(rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Keys beside their values (in two columns, or four), or above them in one row."""
    if len(rows) == 2 and sum(bool(_field(cell)) for cell in rows[0]) > len(rows[0]) / 2:
        yield from zip(rows[0], rows[1], strict=False)
        return
    for row in rows:
        for key, value in zip(row[::2], row[1::2], strict=False):
            yield key, value[: _LONGEST_VALUE + 1] if len(value) <= _LONGEST_VALUE else ""


def _field(key: str) -> str:
    """The field that a label means, "" when it means none."""
    words = " ".join(key.lower().replace("_", " ").strip(" :*.").split())
    if not words or len(words) > _LONGEST_KEY:
        return ""
    name = words.replace(" ", "_").replace("-", "_")
    found = _KEYS.get(words) or ALIASES.get(name) or name
    return found if found in BY_NAME and found in STATEABLE else ""
