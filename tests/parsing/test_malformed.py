"""Every bad file ends in a named outcome within its limits, and the good file behind it is read."""

import io
import random
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import (
    BrokenFileError,
    EncryptedError,
    ParseError,
    ParseMemoryError,
    ParseTimeoutError,
    TooLargeError,
    UnsupportedError,
)
from headwater.model import NOBODY, Document, RawDocument
from headwater.parsing.pool import ParserPool
from headwater.parsing.registry import media_type_of

MB = 1 << 20
TIMEOUT = 10.0


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=2, timeout=TIMEOUT, memory_mb=400) as opened:
        yield opened


def outcome(pool: ParserPool, name: str, content: bytes) -> Document | ParseError:
    """As a run gets it: media type by name and head, then parsed in a worker."""
    try:
        media_type = media_type_of(name, content[:4096])
    except ParseError as error:
        return error
    raw = RawDocument(
        source="bad", id=name, version="1", uri=f"file:///{name}", title=name, kind="help", media_type=media_type,
        content=content, updated_at=None, access=NOBODY,
    )  # fmt: skip
    ((_, result),) = pool.parse([raw])
    return result


def zipped(parts: dict[str, bytes | str], *, level: int = 9) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def word(**replaced: bytes | str) -> bytes:
    """A sound Word file with some parts replaced; `document` stands for word/document.xml."""
    stream = io.BytesIO()
    made = docx.Document()
    made.add_paragraph("sound")
    made.save(stream)
    parts: dict[str, bytes | str] = {}
    with zipfile.ZipFile(stream) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(parts | {f"word/{name}.xml": content for name, content in replaced.items()})


def sparse(size: int) -> bytes:
    """Packs to about a fiftieth: too large, but no bomb by its ratio."""
    source = random.Random(4)
    return b"".join(source.randbytes(600) + b"\0" * (32 * 1024 - 600) for _ in range(size // (32 * 1024)))


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
XML_BOMB = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]><w:document {W}>&l9;</w:document>'


def deep_mail(depth: int) -> bytes:
    return b"Subject: x\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"end"


GENERATED: list[tuple[str, bytes, type[ParseError] | tuple[type[ParseError], ...], str]] = [
    ("empty.docx", b"", BrokenFileError, "is empty"),
    ("empty.pdf", b"", BrokenFileError, "is empty"),
    ("empty.md", b"", BrokenFileError, ""),
    ("noise.md", random.Random(1).randbytes(20_000), BrokenFileError, "binary"),
    ("noise.docx", b"PK\x03\x04" + random.Random(2).randbytes(20_000), BrokenFileError, "container"),
    ("noise.pdf", b"%PDF-1.4\n" + random.Random(3).randbytes(20_000), BrokenFileError, "PDF"),
    ("page.pdf", b"<!doctype html><p>hi", BrokenFileError, "HTML"),
    ("sheet.docx", zipped({"xl/workbook.xml": "<x/>"}), BrokenFileError, "a workbook"),
    ("any.xlsx", zipped({"a.txt": "x"}), BrokenFileError, "another zip"),
    ("old.doc", b"\xd0\xcf\x11\xe0", UnsupportedError, "old Office"),
    ("zeros.docx", word(media=b"\0" * (120 * MB)), TooLargeError, "packed"),
    ("large-part.docx", word(media=sparse(160 * MB)), TooLargeError, "a part of 160"),
    ("many.docx", zipped({f"word/{n}": "" for n in range(10_001)}), TooLargeError, "10,001 entries"),
    ("laughs.docx", word(document=XML_BOMB), BrokenFileError, "entities"),
    ("laughs16.docx", word(document=XML_BOMB.replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16")),
     BrokenFileError, "entities"),
    ("laughs.xlsx", zipped({"xl/workbook.bin": XML_BOMB}), BrokenFileError, "entities"),
    ("deep.docx", word(document=f"<w:document {W}>" + "<w:p>" * 100_000), BrokenFileError, ""),
    ("no-parts.docx", zipped({"word/x": "", "[Content_Types].xml": "<Types/>"}), BrokenFileError, "cannot be read"),
    ("deep.eml", deep_mail(5_000), BrokenFileError, ""),
    ("huge.txt", b"x" * (101 * MB), TooLargeError, "101.0 MB"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "error", "words"), GENERATED, ids=[row[0] for row in GENERATED])
def test_generated(pool: ParserPool, name: str, content: bytes, error: type[ParseError], words: str) -> None:
    started = time.monotonic()
    result = outcome(pool, name, content)
    assert isinstance(result, error), result
    assert words in str(result)
    # The office parsers may have to be loaded first.
    assert time.monotonic() - started < TIMEOUT + 30
    behind = outcome(pool, f"behind{Path(name).suffix if name.endswith('docx') else '.txt'}",
                     word() if name.endswith("docx") else b"sound")  # fmt: skip
    assert isinstance(behind, Document)


def test_the_whole_malformed_set(pool: ParserPool, data: Path) -> None:
    found: Counter[str] = Counter()
    started = time.monotonic()
    for path in sorted((data / "malformed").iterdir()):
        result = outcome(pool, path.name, path.read_bytes())
        assert isinstance(result, Document | ParseError)
        found[type(result).__name__] += 1
        if isinstance(result, ParseError):
            assert str(result)
            # A time or memory limit must be the exception: checks ahead of the libraries catch what is known.
            assert not isinstance(result, ParseTimeoutError | ParseMemoryError), path.name
    assert time.monotonic() - started < 60
    assert found["Document"] >= 15
    assert found["EncryptedError"] >= 4
    assert found["UnsupportedError"] >= 40


def test_what_is_protected_but_readable_is_read(pool: ParserPool, data: Path) -> None:
    for name in ("documentProtection_readonly_no_password.docx", "workbookProtection-workbook_password-2013.xlsx"):
        assert isinstance(outcome(pool, name, (data / "malformed" / name).read_bytes()), Document)


@pytest.mark.slow
def test_fifty_megabytes_of_text_end_within_the_limits(pool: ParserPool) -> None:
    text = b"The service keeps its state in a small database.\n\n" * (50 * MB // 50)
    result = outcome(pool, "large.txt", text)
    assert isinstance(result, Document | ParseMemoryError | ParseTimeoutError | TooLargeError)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("headings.md", b"".join(b"# Heading %d\n\ntext\n\n" % n for n in range(10_000))),
        ("nested.md", b"\n".join(b"  " * n + b"- item" for n in range(200))),
        ("nested.html", b"<ul><li>item" * 5_000),
        ("brackets.md", b"[" * 50_000),
        ("quotes.md", b">" * 50_000),
        ("tables.html", b"<table><tr><td>" * 2_000),
        ("wide.csv", b",".join(b"%d" % n for n in range(200_000))),
        ("columns.html", b'<table><tr><td colspan="100000" rowspan="65534">x</td></tr></table>'),
        ("latin.txt", "Grüße aus Köln, und noch etwas mehr Text".encode("latin-1")),
        ("cut.txt", "日本語の文章".encode()[:-1]),
        ("surrogate.html", b"<p>&#xD800; and &#0; text</p>"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_text_ends_in_a_document_or_a_named_error(pool: ParserPool, name: str, content: bytes) -> None:
    result = outcome(pool, name, content)
    assert isinstance(result, Document | ParseError)
    assert type(result) is not ParseError, result


def test_attachments_are_not_opened(pool: ParserPool) -> None:
    made = EmailMessage()
    made["Subject"] = "Bomb"
    made.set_content("see attachment")
    made.add_attachment(word(media=b"\0" * (60 * MB)), maintype="application", subtype="zip", filename="bomb.docx")
    result = outcome(pool, "mail.eml", made.as_bytes())
    assert isinstance(result, Document)
    assert result.meta["attachments"] == ("bomb.docx",)


def test_an_encrypted_part_in_a_zip(pool: ParserPool) -> None:
    content = bytearray(word())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    assert isinstance(outcome(pool, "locked.docx", bytes(content)), EncryptedError)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=12),
    extension=st.sampled_from([".docx", ".html", ".md", ".rst", ".csv", ".txt", ".eml"]),
)
def test_damaged_files_end_in_a_named_outcome(
    pool: ParserPool, cut: float, flips: list[tuple[int, int]], extension: str
) -> None:
    sound = word() if extension == ".docx" else b"Title\n=====\n\n* one\n* two\n\n<table><tr><td>x</td></tr></table>\n"
    content = bytearray(sound[: int(len(sound) * (1 - cut * 0.3))])
    for place, value in flips:
        content[place % len(content)] = value
    result = outcome(pool, f"damaged{extension}", bytes(content))
    assert isinstance(result, Document | ParseError)
    # A bare ParseError would be a parser's own fault, or a worker that died.
    assert type(result) is not ParseError, result
