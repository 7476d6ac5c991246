"""Office files in the Strict variant, and with macros, come out as ordinary ones do."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import openpyxl
import pptx
import pytest

Parse = Any


def word() -> bytes:
    document = docx.Document()
    document.add_heading("Restore", 1)
    document.add_paragraph("Stop the service.", style="List Number")
    document.add_table(rows=2, cols=2).cell(0, 0).text = "Plan"
    return saved(document)


def deck() -> bytes:
    made = pptx.Presentation()
    made.slides.add_slide(made.slide_layouts[1]).shapes.title.text = "Restore"
    return saved(made)


def book() -> bytes:
    made = openpyxl.Workbook()
    made.active.append(["Plan", "Price"])
    made.active.append(["Free", 0])
    return saved(made)


def saved(made: Any) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def changed(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name.endswith((".xml", ".rels")) else old.read(name))
    return made.getvalue()


def strict(part: bytes) -> bytes:
    for room in (b"officeDocument", b"wordprocessingml", b"presentationml", b"spreadsheetml", b"drawingml"):
        part = part.replace(
            b"http://schemas.openxmlformats.org/" + room + b"/2006/", b"http://purl.oclc.org/ooxml/" + room + b"/"
        )
    return part


def with_macros(part: bytes) -> bytes:
    for room, program in (
        (b"wordprocessingml.document", b"word.document"),
        (b"presentationml.presentation", b"powerpoint.presentation"),
        (b"spreadsheetml.sheet", b"excel.sheet"),
    ):
        part = part.replace(
            b"application/vnd.openxmlformats-officedocument." + room + b".main+xml",
            b"application/vnd.ms-" + program + b".macroEnabled.main+xml",
        )
    return part


@pytest.mark.parametrize(("make", "name"), [(word, "a.docx"), (deck, "a.pptx"), (book, "a.xlsx")])
def test_both_variants_are_read_as_the_ordinary_file(parse_file: Parse, make: Callable[[], bytes], name: str) -> None:
    content = make()
    expected = parse_file(name, content)
    for change, named in ((strict, name), (with_macros, f"{name[:-1]}m")):
        other = changed(content, change)
        assert other != content
        assert parse_file(named, other).blocks == expected.blocks
