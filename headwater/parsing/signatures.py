"""What a file holds by its first bytes, against what its name says."""

import re

from headwater.errors import BrokenFileError, EncryptedError, UnsupportedError

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (ZIP, "a zip archive or Office file"),
    (_EMPTY_ZIP, "an empty zip archive"),
    (OLE2, "an old (OLE2) Office file"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a SQLite database"),
)
_UNICODE_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
# Control characters that no text encoding uses; tab, line ends, form feed, backspace and escape do occur in text.
_CONTROLS = re.compile(rb"[\x00-\x07\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_SNIFFED = 4096


def describe(head: bytes) -> str:
    """What `head` starts, in words ("a PDF", "HTML", "binary data", "text"); "nothing" when it is empty."""
    if not head:
        return "nothing"
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return words
    if _HTML.match(head[:_SNIFFED].removeprefix(b"\xef\xbb\xbf")):
        return "HTML"
    return "binary data" if _is_binary(head[:_SNIFFED]) else "text"


def check(family: str, extension: str, head: bytes) -> None:
    """Raise when `head` cannot be the start of a file of this parser family.

    Raises EncryptedError or UnsupportedError for an Office file inside an OLE2 container, BrokenFileError for
    everything else. Whether a container is encrypted can be told only when its directory is within `head`.
    """
    if family == "text":
        _check_text(extension, head)
    elif family == "pdf":
        if b"%PDF-" not in head[:1024]:
            raise _mismatch(extension, head)
    elif extension == ".eml":
        _check_text(extension, head)
    elif head.startswith(OLE2):
        _refuse_container(extension, head)
    elif not head.startswith(ZIP):
        raise _mismatch(extension, head)


def _check_text(extension: str, head: bytes) -> None:
    what = describe(head)
    if what in ("text", "HTML", "nothing"):
        return
    # "BZh" and "GIF8" may start a sentence: only bytes that are no text make them archives and images.
    if head.startswith((b"BZh", b"GIF8")) and not _is_binary(head[:_SNIFFED]):
        return
    raise _mismatch(extension, head)


def _refuse_container(extension: str, head: bytes) -> None:
    if _ENCRYPTED_PACKAGE in head:
        raise EncryptedError(
            f"the {extension} file is protected with a password",
            advice="Save a copy without a password, or exclude the file.",
        )
    if len(head) > _SNIFFED:
        raise UnsupportedError(
            f"the file is named {extension} but is in the old Office format",
            advice=f"Open it in an Office program and save it as {extension}.",
        )


def _mismatch(extension: str, head: bytes) -> BrokenFileError:
    if not head:
        return BrokenFileError(f"the {extension} file is empty", advice="Upload the file again, or remove it.")
    what = describe(head)
    return BrokenFileError(
        f"the file is named {extension} but holds {what}",
        advice="Rename it to what it is, or replace it with an intact copy.",
    )


def _is_binary(sample: bytes) -> bool:
    if sample.startswith(_UNICODE_MARKS) or _is_utf16(sample):
        return False
    controls = len(_CONTROLS.findall(sample))
    return b"\x00" in sample or (controls > 3 and controls > len(sample) * 0.02)


def _is_utf16(sample: bytes) -> bool:
    """UTF-16 without a mark: in one half of the positions nearly all bytes are zero, in the other hardly any."""
    even, odd = sample[0::2], sample[1::2]
    if len(odd) < 8:
        return False
    zeros = sorted((even.count(0) / len(even), odd.count(0) / len(odd)))
    return zeros[0] < 0.05 and zeros[1] > 0.7
