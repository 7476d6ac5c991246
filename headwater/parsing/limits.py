"""Sizes beyond which a file is not opened, checked before any library unpacks or parses it."""

import io
import zipfile
import zlib
from dataclasses import dataclass
from xml.parsers import expat

from headwater.errors import BrokenFileError, EncryptedError, TooLargeError

MB = 1 << 20
_CHUNK = 64 * 1024
_ENCRYPTED_FLAG = 0x1
_XML_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<", b"\x00<")


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """Bytes are unpacked ones; `ratio` (unpacked to packed) counts only for entries above `ratio_from` bytes."""

    entries: int = 10_000
    unpacked: int = 400 * MB
    part: int = 150 * MB
    ratio: int = 200
    ratio_from: int = 5 * MB


ZIP_LIMITS = ZipLimits()
INPUT_LIMIT = 100 * MB


def check_size(content: bytes, limit: int = INPUT_LIMIT) -> None:
    """TooLargeError when there are more than `limit` bytes."""
    if len(content) > limit:
        raise TooLargeError(
            f"the file has {_mb(len(content))}, more than the limit of {_mb(limit)}",
            advice="Split the document, or exclude it.",
        )


def open_zip(content: bytes, limits: ZipLimits = ZIP_LIMITS) -> zipfile.ZipFile:
    """The Office container, once its directory was found harmless and its XML free of document types.

    Sizes in the directory can be trusted as a bound: zipfile never unpacks more of an entry than they say.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError) as error:
        raise BrokenFileError(
            f"the Office container cannot be opened: {error}", advice="Replace the file with an intact copy."
        ) from error
    _check_directory(entries, limits)
    for entry in entries:
        _check_prolog(archive, entry)
    return archive


def _check_directory(entries: list[zipfile.ZipInfo], limits: ZipLimits) -> None:
    if len(entries) > limits.entries:
        raise _bomb(f"{len(entries):,} entries, more than {limits.entries:,}")
    total = sum(entry.file_size for entry in entries)
    if total > limits.unpacked:
        raise _bomb(f"{_mb(total)} when unpacked, more than {_mb(limits.unpacked)}")
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED_FLAG:
            raise EncryptedError(
                "the Office container is protected with a password", advice="Save a copy without a password."
            )
        if entry.file_size > limits.part:
            raise _bomb(f"a part of {_mb(entry.file_size)}, more than {_mb(limits.part)}")
        ratio = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > limits.ratio_from and ratio > limits.ratio:
            raise _bomb(f"a part packed {ratio:,.0f} to 1 ({_mb(entry.file_size)}), more than {limits.ratio} to 1")


def _bomb(what: str) -> TooLargeError:
    return TooLargeError(f"the Office container has {what}", advice="Split the document, or exclude it.")


class _RootReachedError(Exception):
    pass


class _DoctypeFoundError(Exception):
    pass


def _check_prolog(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """BrokenFileError for XML with a document type declaration: Office writes none, and entity bombs need one.

    A part may be XML whatever its name is, so that every part is looked into.
    """
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _found_doctype
    parser.StartElementHandler = _reached_root
    try:
        with archive.open(entry) as part:
            piece = part.read(_CHUNK)
            if not piece.lstrip().startswith(_XML_STARTS):
                return
            while piece:
                parser.Parse(piece, False)
                piece = part.read(_CHUNK)
    except _RootReachedError:
        return
    except _DoctypeFoundError:
        raise BrokenFileError(
            f"{entry.filename} declares XML entities or a document type, as entity bombs do",
            advice="Open the file in an Office program and save it again.",
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise BrokenFileError(
            f"{entry.filename} cannot be unpacked: {error}", advice="Replace the file with an intact copy."
        ) from error
    except (expat.ExpatError, ValueError, LookupError):
        # Not well-formed before its first element: the library that needs this part will say so.
        return


def _found_doctype(*_: object) -> None:
    raise _DoctypeFoundError


def _reached_root(*_: object) -> None:
    raise _RootReachedError


def _mb(size: int) -> str:
    return f"{size / MB:,.1f} MB"
