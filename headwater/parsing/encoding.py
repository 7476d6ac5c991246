"""Bytes of a text file to text that a person would see: right characters, and none that are invisible."""

import codecs
import re
import unicodedata

from charset_normalizer import from_bytes

from headwater.errors import BrokenFileError
from headwater.parsing.tally import Tally

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive or an office file"),
    (b"%PDF-", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old office file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"{\\rtf", "an RTF file"),
)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_META_CHARSET = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_XML_CHARSET = re.compile(rb"^\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']")
_DECLARED_WITHIN = 4096
# Text codecs in name only, or ways to smuggle markup past a filter.
_REFUSED = {"utf-7", "idna", "punycode", "unicode_escape", "raw-unicode-escape", "undefined", "unicode-escape"}
# Without a mark and without NULs these are noise taken for Chinese.
_NOT_GUESSED = ["utf_7", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"]
# What mojibake begins with, nearly always; the rest is seen to where it is mended.
_SUSPECT = re.compile("[\u00c2-\u00c5\u00d0\u00d1\u00e2][^\\x00-\\x7f]")
_SAMPLE_BEFORE, _SAMPLE = 1_000, 32_000

# Tab and newline apart, controls never belong to text; the rest is drawn by no font, or turns text around.
_CONTROLS = "\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x84\x86-\x9f"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Joiners shape Arabic and Indic words and emoji; anywhere else they are only good for hiding something.
_JOINED = "\u0600-\u0fff\u1000-\u109f\u1780-\u17ff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
_EMOJI = "\u2000-\u3fff\U0001f000-\U0001faff#*0-9"
_HIDDEN = re.compile(f"[{_CONTROLS}{_INVISIBLE}\ud800-\udfff]")
_HIDDEN_ASCII = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_STRAY_JOINER = re.compile(f"(?<![{_JOINED}])[\u200c\u200d]")
_STRAY_VARIATION = re.compile(f"(?<![{_EMOJI}])\ufe0f")
_ODD_LINE_END = re.compile("[\r\x0b\x0c]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def _one_byte_as_latin(error: UnicodeError) -> tuple[str, int]:
    """For stray bytes in UTF-8: what the most common single-byte encoding says they are."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.start + 1].decode("cp1252", "replace"), error.start + 1


_AS_LATIN = "headwater-latin"
codecs.register_error(_AS_LATIN, _one_byte_as_latin)


def visible(text: str) -> str:
    """NFC, `\\n` line ends, and without the characters that a reader cannot see."""
    if text.isascii():
        return _HIDDEN_ASCII.sub("", _LINE_ENDS.sub("\n", text) if _ODD_LINE_END.search(text) else text)
    # Removing a character may bring a letter and its accent together, hence first.
    text = _HIDDEN.sub("", _LINE_ENDS.sub("\n", text))
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    if "\ufe0f" in text:
        text = _STRAY_VARIATION.sub("", text)
    return unicodedata.normalize("NFC", text)


def decode(content: bytes, *, media_type: str = "", markup: bool = False, tally: Tally | None = None) -> str:
    """Text of `content`: byte order mark, declared charset, UTF-8, then the likeliest encoding.

    `markup` looks for a declaration in an XML prolog or HTML meta too. BrokenFileError when it is not text.
    Words spelled in invisible characters are counted into `tally`.
    """
    if not content.strip():
        raise BrokenFileError("the file is empty", advice="Check whether the file was saved or copied completely.")
    _refuse_signatures(content)
    text = _by_mark(content)
    if text is None:
        text = _by_declaration(content, media_type, markup)
    if "\x00" in text:
        raise _binary("it contains NUL bytes")
    if tally is not None:
        tally.add_invisible(text)
    text = visible(_meant(text))
    if not text.strip():
        raise BrokenFileError("the file is empty", advice="Check whether the file was saved or copied completely.")
    return text


def _meant(text: str) -> str:
    """Without mojibake such as "caf\u00c3\u00a9"."""
    if text.isascii() or not _SUSPECT.search(text):
        return text
    from headwater.parsing.mojibake import mended  # loads a library that hardly any file needs

    return mended(text)


def _binary(why: str) -> BrokenFileError:
    return BrokenFileError(f"the file is not text: {why}", advice="Give the file the extension of what it really is.")


def _refuse_signatures(content: bytes) -> None:
    for signature, what in _SIGNATURES:
        if content.startswith(signature):
            raise _binary(f"it is {what}")


def _by_mark(content: bytes) -> str | None:
    for mark, name in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace")
    head = content[:2048]
    if b"\x00" in head:
        name = _utf16(head)
        if not name:
            raise _binary("it contains NUL bytes")
        return content.decode(name, "replace")
    return None


def _utf16(head: bytes) -> str:
    """UTF-16 without a mark shows as NULs in every other place (of Latin text), and nowhere else."""
    half = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd >= half * 0.7 and not even:
        return "utf-16-le"
    if even >= half * 0.7 and not odd:
        return "utf-16-be"
    return ""


def _by_declaration(content: bytes, media_type: str, markup: bool) -> str:
    declared = _codec(_declared(content, media_type, markup))
    try:
        # A single-byte charset decodes anything; what is valid UTF-8 is UTF-8, whatever a template says.
        return content.decode("utf-8")
    except UnicodeDecodeError as broken:
        first = broken.start
        if first > len(content) - 4 and broken.reason == "unexpected end of data":
            # Cut in the middle of its last character.
            return content[:first].decode("utf-8")
    if declared and declared != "utf-8":
        try:
            return content.decode(declared)
        except (UnicodeDecodeError, ValueError):
            pass
    return _guessed(content, first)


def _declared(content: bytes, media_type: str, markup: bool) -> str:
    found = _HEADER_CHARSET.search(media_type)
    if found:
        return found.group(1)
    head = content[:_DECLARED_WITHIN]
    in_file = (_XML_CHARSET.search(head) or _META_CHARSET.search(head)) if markup else None
    return in_file.group(1).decode("ascii", "replace") if in_file else ""


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return ""
    if found in _REFUSED or not _is_text(found):
        return ""
    # Browsers read these two as windows-1252, and so do the people who write the pages.
    return "cp1252" if found in ("iso8859-1", "ascii") else found


def _is_text(codec: str) -> bool:
    try:
        # Not of an empty string, which is decoded without asking the codec.
        return isinstance(b"a".decode(codec, "ignore"), str) if codec else False
    except (LookupError, ValueError):
        return False


def _guessed(content: bytes, first_odd: int) -> str:
    mended = content.decode("utf-8", "replace")
    broken = mended.count("\ufffd")
    wide = sum(1 for char in mended[:200_000] if char > "\x7f") - broken
    if wide > broken:
        # Bytes of another encoding happen to be UTF-8 now and then, not most of the time.
        return content.decode("utf-8", _AS_LATIN)
    start = max(0, first_odd - _SAMPLE_BEFORE)
    best = from_bytes(content[start : start + _SAMPLE], cp_exclusion=_NOT_GUESSED).best()
    if best is None:
        raise _binary("its bytes are in no known encoding")
    text = content.decode(best.encoding, "replace")
    controls = len(re.findall("[\x01-\x08\x0e-\x1f]", text[:_SAMPLE]))
    if controls > max(2, len(text[:_SAMPLE]) // 100):
        raise _binary("it is full of control characters")
    return text
