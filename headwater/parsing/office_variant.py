"""Office files in the Strict variant of their format, or with macros, made into the kind that libraries read."""

import io
import re
import zipfile

from headwater.parsing.limits import ZIP_LIMITS

_STRICT = b"purl.oclc.org/ooxml"
_MACROS = re.compile(
    rb"application/vnd\.ms-(word|excel|powerpoint)\.(document|sheet|presentation)\.macroEnabled\.main\+xml"
)
_ORDINARY = {
    b"word": b"wordprocessingml.document",
    b"excel": b"spreadsheetml.sheet",
    b"powerpoint": b"presentationml.presentation",
}
_NAMESPACE = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/([\w/]*)")
_TYPES, _RELATIONS = "[Content_Types].xml", "_rels/.rels"
_HYPHENATED = {b"extendedProperties": b"extended-properties", b"customProperties": b"custom-properties"}


def ordinary(content: bytes, archive: zipfile.ZipFile) -> bytes:
    """The same file where it is ordinary already; `archive` is its container, checked."""
    names = set(archive.namelist())
    strict = _RELATIONS in names and _STRICT in archive.read(_RELATIONS)
    macros = _TYPES in names and _MACROS.search(archive.read(_TYPES)) is not None
    if not strict and not macros:
        return content
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for entry in archive.infolist():
            part = archive.read(entry)
            if entry.filename == _TYPES:
                part = _MACROS.sub(_main_type, part)
            if strict and entry.filename.endswith((".xml", ".rels")) and entry.file_size <= ZIP_LIMITS.part:
                part = _NAMESPACE.sub(_transitional, part)
            copy.writestr(entry.filename, part)
    return made.getvalue()


def _main_type(found: re.Match[bytes]) -> bytes:
    return b"application/vnd.openxmlformats-officedocument." + _ORDINARY[found[1]] + b".main+xml"


def _transitional(found: re.Match[bytes]) -> bytes:
    rest = b"/".join(_HYPHENATED.get(step, step) for step in found[2].split(b"/"))
    return b"http://schemas.openxmlformats.org/" + found[1] + b"/2006/" + rest
