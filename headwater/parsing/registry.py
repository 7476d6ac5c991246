"""Which parser reads which kind of file, and the fingerprint of what it would make of one."""

import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path, PurePosixPath

from headwater.errors import UnsupportedError
from headwater.parsing import signatures
from headwater.parsing.templates import without_template_suffix

_HERE = "headwater.parsing"
_OOXML = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `family` is the group of workers that reads it; `libraries` are what its output depends on."""

    media_type: str
    extensions: tuple[str, ...]
    family: str
    module: str
    libraries: tuple[str, ...] = ()


FORMATS: tuple[Format, ...] = (
    Format("text/html", (".html", ".htm", ".xhtml"), "text", f"{_HERE}.html", ("beautifulsoup4", "lxml")),
    Format(
        "text/markdown",
        (".md", ".markdown", ".mdx"),
        "text",
        f"{_HERE}.markdown",
        ("markdown-it-py", "mdit-py-plugins", "beautifulsoup4", "lxml"),
    ),
    Format("text/plain", (".txt",), "text", f"{_HERE}.text", ("charset-normalizer",)),
    Format("text/csv", (".csv",), "text", f"{_HERE}.csv_table", ("charset-normalizer",)),
    Format("text/tab-separated-values", (".tsv",), "text", f"{_HERE}.csv_table", ("charset-normalizer",)),
    Format("text/x-rst", (".rst",), "text", f"{_HERE}.rst", ("docutils", "beautifulsoup4", "lxml")),
    Format(
        f"{_OOXML}.wordprocessingml.document",
        (".docx", ".docm"),
        "office",
        f"{_HERE}.docx",
        ("unstructured", "python-docx"),
    ),
    Format(
        f"{_OOXML}.presentationml.presentation",
        (".pptx", ".pptm"),
        "office",
        f"{_HERE}.pptx",
        ("unstructured", "python-pptx"),
    ),
    Format(
        f"{_OOXML}.spreadsheetml.sheet", (".xlsx", ".xlsm"), "office", f"{_HERE}.xlsx", ("unstructured", "openpyxl")
    ),
    Format("message/rfc822", (".eml",), "mail", f"{_HERE}.eml", ("unstructured",)),
    Format("application/pdf", (".pdf",), "pdf", f"{_HERE}.pdf", ("pypdfium2", "pdfplumber")),
)

EARLY = frozenset({"text"})
"""Families whose parsers load so fast each that the first worker is forked before all of them are."""

_BY_EXTENSION = {extension: f for f in FORMATS for extension in f.extensions}
_BY_MEDIA_TYPE = {f.media_type: f for f in FORMATS} | {"application/xhtml+xml": _BY_EXTENSION[".xhtml"]}
_LEGACY = {".doc": ".docx", ".dot": ".docx", ".ppt": ".pptx", ".pps": ".pptx", ".xls": ".xlsx", ".xlt": ".xlsx"}
_VERSION = re.compile(r'^VERSION(?:: \w+)? = "([^"]+)"$', re.MULTILINE)


def supported_extensions() -> tuple[str, ...]:
    """Lower case, with the dot, in the order of the formats."""
    return tuple(_BY_EXTENSION)


def extension_of(name: str) -> str:
    """In lower case, with the dot; that of the document where the file is a template of one."""
    return PurePosixPath(without_template_suffix(name)).suffix.lower()


def media_type_of(name: str, head: bytes, stated: str = "") -> str:
    """The media type that the source stated, else by the extension of `name`; confirmed by `head`, the first bytes.

    4 kB of them are enough. Raises UnsupportedError for what nothing reads, BrokenFileError or EncryptedError where
    the bytes are certainly something else. Names of pages and articles say nothing of their format, hence `stated`.
    """
    extension = extension_of(name)
    found = format_of(stated) if stated else _BY_EXTENSION.get(extension)
    if found is None:
        raise _unsupported(extension)
    signatures.check(found.family, extension if extension in found.extensions else found.extensions[0], head)
    return stated.replace(" ", "").lower() if stated else found.media_type


def format_of(media_type: str) -> Format:
    """The format behind a media type, whose parameters ("; charset=...") are ignored; UnsupportedError if none."""
    bare = media_type.partition(";")[0].strip().lower()
    found = _BY_MEDIA_TYPE.get(bare)
    if found is None:
        raise UnsupportedError(
            f"no parser reads the media type {bare or '(none)'}", advice=f"Readable are {_readable()}."
        )
    return found


@cache
def parser_fingerprint(media_type: str) -> str:
    """Changes whenever the same bytes may come out as other blocks; costs no import of any parsing library."""
    found = format_of(media_type)
    parts = [f"{found.module.rpartition('.')[2]}-{_module_version(found.module)}"]
    parts += [f"{library}-{metadata.version(library)}" for library in found.libraries]
    return " ".join(parts)


def _module_version(module: str) -> str:
    """Read from the source, because importing a parser would import the library behind it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ImportError(f"{module} is missing from this installation")
    found = _VERSION.search(Path(spec.origin).read_text(encoding="utf-8"))
    if found is None:
        raise ImportError(f"{module} has no VERSION")
    return found[1]


def _unsupported(extension: str) -> UnsupportedError:
    if extension in _LEGACY:
        modern = _LEGACY[extension]
        return UnsupportedError(
            f"{extension} is an old Office format that is not read",
            advice=f"Convert it to {modern} (LibreOffice: soffice --convert-to {modern[1:]} FILE).",
        )
    named = f"no parser reads {extension} files" if extension else "the name has no extension to tell its format by"
    return UnsupportedError(named, advice=f"Readable are {_readable()}; exclude other files.")


def _readable() -> str:
    return " ".join(_BY_EXTENSION)
