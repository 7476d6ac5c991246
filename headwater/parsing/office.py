"""What the parsers of Office files share: the container, its core properties, errors, and list labels."""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from xml.etree import ElementTree

from headwater.errors import BrokenFileError, HeadwaterError, TooLargeError
from headwater.model import Block, BlockKind, Meta
from headwater.parsing import limits
from headwater.parsing.blocks import squeeze

_CORE = {
    "{http://purl.org/dc/elements/1.1/}title": "title",
    "{http://purl.org/dc/elements/1.1/}creator": "author",
    "{http://purl.org/dc/elements/1.1/}subject": "subject",
    "{http://purl.org/dc/elements/1.1/}language": "language",
    "{http://purl.org/dc/terms/}created": "created",
    "{http://purl.org/dc/terms/}modified": "updated",
    "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}keywords": "keywords",
    "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}category": "category",
}
_LABEL = re.compile(r"[(\[]*([0-9]+(?:\.[0-9]+)*|[A-Za-z]{1,6}|[\u2460-\u2473])[.)\]:]*")
_WORDED_LABEL = re.compile(r"([^\W\d_]{2,20})\s+([0-9]+(?:\.[0-9]+)*|[A-Z]|[IVXLC]+)[.):]*")
_STEP_WORDS = ("step", "schritt", "étape", "etape", "paso", "passo", "stap", "steg", "krok")
_TEXT_LIMIT = 30_000_000
_TYPED = re.compile(r"(?:[•●◦▪■‣·○➢✓\uf0b7\uf0a7]|(?:(\d{1,2})[.)]|\(?([a-z\d])\)))\s+(?=\S)")
_ADMONITION = re.compile(
    r"(warning|caution|danger|important|attention|note|notice|tip|hint)\s*(?::|!|\s[-–—]\s)\s*\S", re.I
)
_ADVICE = "Open the file in an Office program and save it again, or exclude it."


def open_container(content: bytes, main_folder: str) -> zipfile.ZipFile:
    """The checked zip container; BrokenFileError when it has no `main_folder` ("word/", "ppt/", "xl/")."""
    archive = limits.open_zip(content)
    names = archive.namelist()
    if not any(name.lower().startswith(main_folder) for name in names):
        kinds = {"word/": "a Word document", "ppt/": "a presentation", "xl/": "a workbook"}
        holds = next(
            (kinds[f] for f in kinds if any(name.lower().startswith(f) for name in names)), "another zip archive"
        )
        raise BrokenFileError(f"the file holds {holds}, not {kinds[main_folder]}", advice="Rename it to what it is.")
    return archive


def core_properties(archive: zipfile.ZipFile) -> Meta:
    """Title, author, dates (ISO 8601, UTC) and key words that the program which wrote the file left in it."""
    try:
        root = ElementTree.fromstring(_read(archive, "docProps/core.xml"))  # noqa: S314 -- open_zip refused entities
    except (ElementTree.ParseError, ValueError, LookupError):
        return {}
    found: dict[str, str] = {}
    for element in root:
        name, text = _CORE.get(element.tag), squeeze(element.text or "")
        if name in ("created", "updated"):
            text = iso_date(text)
        if name and text:
            found[name] = text
    return found


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part that may be missing or damaged: b"" then, because nothing depends on it."""
    try:
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError):
        return b""


def iso_date(text: str) -> str:
    """ISO 8601 in UTC to the second, "" for what is no date; a date without a zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="seconds")


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn whatever a library raises over a damaged file into BrokenFileError; its warnings go nowhere."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except (HeadwaterError, MemoryError, RecursionError):
        raise
    except Exception as error:  # the Office libraries raise anything, AttributeError included, over damaged files
        detail = squeeze(str(error))[:200]
        raise BrokenFileError(f"{what} cannot be read: {type(error).__name__}: {detail}", advice=_ADVICE) from error


def ordinal_of(label: str) -> str:
    """ "4" of "4.", "b" of "(b)", "1.2" of "1.2.", "3" of "Step 3:", "Article 2"; "" for what counts nothing."""
    label = label.strip()
    found = _LABEL.fullmatch(label)
    if found:
        return found[1]
    worded = _WORDED_LABEL.fullmatch(label)
    if not worded:
        return ""
    return worded[2] if worded[1].casefold() in _STEP_WORDS else f"{worded[1]} {worded[2]}"


def check_text(characters: int) -> None:
    """TooLargeError beyond what any reader could read: one long text may be repeated in thousands of cells."""
    if characters > _TEXT_LIMIT:
        raise TooLargeError(
            f"the file's cells hold more than {_TEXT_LIMIT // 1_000_000} million characters",
            advice="Split the document, or exclude it.",
        )


def typed_item(text: str) -> tuple[str, str] | None:
    """(number, text) of a list item whose bullet or number was typed by hand, number "" for a bullet; else None."""
    found = _TYPED.match(text)
    return (found[1] or found[2] or "", text[found.end() :]) if found else None


def prose(text: str, *, group: int = 0, page: int = 0) -> Block:
    """A paragraph, or an admonition where it starts with a word like "Warning:"."""
    found = _ADMONITION.match(text)
    if found:
        return Block(kind=BlockKind.ADMONITION, text=text, label=found[1].capitalize(), group=group, page=page)
    return Block(kind=BlockKind.PARAGRAPH, text=text, group=group, page=page)


class Groups:
    """Numbers for blocks that belong together: the same as long as `key` stays, a new one when it changes."""

    def __init__(self) -> None:
        self._last = 0
        self._key: object = None

    def next(self) -> int:
        self._key = None
        self._last += 1
        return self._last

    def of(self, key: object) -> int:
        if key != self._key or key is None:
            self._last += 1
            self._key = key
        return self._last

    def end(self) -> None:
        self._key = None
