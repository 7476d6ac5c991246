"""Which parser reads which file, by its name and its first bytes."""

import importlib
import subprocess
import sys

import pytest

from headwater.errors import BrokenFileError, EncryptedError, ParseError, UnsupportedError
from headwater.parsing import registry
from headwater.parsing.registry import FORMATS, format_of, media_type_of, parser_fingerprint, supported_extensions

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = OLE2 + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "head", "media_type"),
    [
        ("guide.MD", b"# Hi", "text/markdown"),
        ("a/b.c/page.htm", b"<p>x", "text/html"),
        ("page.xhtml", b"<?xml version='1.0'?><html/>", "text/html"),
        ("notes.txt", "grüße".encode("latin-1"), "text/plain"),
        ("notes.txt", "text".encode("utf-16"), "text/plain"),
        ("notes.txt", "text without a mark".encode("utf-16-le"), "text/plain"),
        ("notes.txt", b"BZh is how bzip2 files start", "text/plain"),
        ("empty.txt", b"", "text/plain"),
        ("data.tsv", b"a\tb", "text/tab-separated-values"),
        ("snippet.md", b"<html><body>allowed</body></html>", "text/markdown"),
        ("mail.eml", b"Subject: x\r\n\r\nhi", "message/rfc822"),
        ("scan.pdf", b"\n\n%PDF-1.7", "application/pdf"),
        ("sop.docx", b"PK\x03\x04....", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ],
)
def test_media_type(name: str, head: bytes, media_type: str) -> None:
    assert media_type_of(name, head) == media_type


@pytest.mark.parametrize(
    ("name", "head", "error", "words"),
    [
        ("old.doc", OLE2, UnsupportedError, "old Office format"),
        ("old.XLS", OLE2, UnsupportedError, "old Office format"),
        ("picture.png", b"\x89PNG", UnsupportedError, "no parser reads .png"),
        ("README", b"hello", UnsupportedError, "no extension"),
        ("locked.docx", ENCRYPTED, EncryptedError, "password"),
        ("really-old.docx", OLE2 + b"\x00" * 8000, UnsupportedError, "old Office format"),
        ("page.pdf", b"<!DOCTYPE html><html>", BrokenFileError, "holds HTML"),
        ("page.docx", b"<html>", BrokenFileError, "holds HTML"),
        ("letter.docx", b"{\\rtf1", BrokenFileError, "RTF"),
        ("empty.xlsx", b"", BrokenFileError, "is empty"),
        ("notes.md", b"%PDF-1.4", BrokenFileError, "holds a PDF"),
        ("notes.md", b"PK\x03\x04", BrokenFileError, "zip"),
        ("notes.md", bytes(range(256)) * 4, BrokenFileError, "binary"),
        ("notes.txt", b"\x7fELF\x02", BrokenFileError, "a program"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_ends_in_words(
    name: str, head: bytes, error: type[ParseError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        media_type_of(name, head)
    assert caught.value.advice


def test_every_extension_has_one_parser_that_exists() -> None:
    extensions = [extension for f in FORMATS for extension in f.extensions]
    assert len(set(extensions)) == len(extensions) == len(supported_extensions())
    assert all(importlib.util.find_spec(f.module) for f in FORMATS)


@pytest.mark.parametrize("media_type", [f.media_type for f in FORMATS if f.family == "text"])
def test_the_version_read_from_the_source_is_the_version_of_the_module(media_type: str) -> None:
    module = importlib.import_module(format_of(media_type).module)
    assert f"-{module.VERSION}" in parser_fingerprint(media_type).split()[0]


def test_media_type_parameters_are_ignored() -> None:
    assert format_of("Text/HTML; charset=utf-8") is format_of("text/html")
    assert format_of("application/xhtml+xml") is format_of("text/html")


def test_fingerprints_name_the_libraries_and_import_none() -> None:
    code = (
        "import sys\n"
        "from headwater.parsing.registry import FORMATS, parser_fingerprint\n"
        "for f in FORMATS: print(parser_fingerprint(f.media_type))\n"
        "print(sorted({'unstructured','bs4','lxml','docx','pypdfium2','openpyxl','docutils'} & set(sys.modules)))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert out[-1] == "[]"
    assert len(set(out[:-1])) >= len({f.module for f in FORMATS})
    assert all("unstructured-" in line for line in out if line.startswith(("docx", "pptx", "xlsx", "eml")))


def test_a_new_library_version_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    parser_fingerprint.cache_clear()
    before = parser_fingerprint("application/pdf")
    parser_fingerprint.cache_clear()
    monkeypatch.setattr(registry.metadata, "version", lambda library: "99")
    assert parser_fingerprint("application/pdf") != before
    parser_fingerprint.cache_clear()


def test_what_a_source_states_of_a_page_counts_for_more_than_its_name() -> None:
    assert media_type_of("guide/v2.1", b"<p>Text", "Text/HTML; charset=utf-8") == "text/html;charset=utf-8"
    assert parser_fingerprint("text/html;charset=utf-8") == parser_fingerprint("text/html")
    with pytest.raises(BrokenFileError, match="holds a PDF"):
        media_type_of("guide", b"%PDF-1.7", "text/html")
    with pytest.raises(UnsupportedError, match="image/png"):
        media_type_of("guide.html", b"<p>Text", "image/png")
