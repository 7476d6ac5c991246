"""Reads the sources of the example's binary files: Markdown (documents and slides) or YAML (workbooks)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    bold: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`depth` is 0 in the body, and otherwise how deep in lists the paragraph continues an item."""

    spans: tuple[Span, ...]
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A list item: `number` is what is shown, 0 for a bullet; items of one list share `group`."""

    spans: tuple[Span, ...]
    depth: int
    number: int
    group: int


@dataclass(frozen=True, slots=True)
class Table:
    """The first row is the header."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    text: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Callout:
    """A quotation that begins with its label, such as `> Warning: ...`."""

    label: str
    spans: tuple[Span, ...]


Block: TypeAlias = Heading | Paragraph | Item | Table | Code | Callout


@dataclass(frozen=True, slots=True)
class Source:
    """`head` is the front matter, or everything of a workbook except its sheets."""

    head: dict[str, Any]
    blocks: tuple[Block, ...] = ()
    sheets: tuple[dict[str, Any], ...] = ()

    def moment(self, field: str) -> datetime:
        """A date of the head as nine o'clock UTC, for the file formats that store times."""
        value = self.head[field]
        assert isinstance(value, date)
        return datetime.combine(value, time(9), tzinfo=UTC)


def read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yaml":
        head = yaml.safe_load(text)
        return Source(head, sheets=tuple(head.pop("sheets")))
    _, front, body = text.split("---\n", 2)
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(body))
    return Source(yaml.safe_load(front), tuple(_Walk().blocks(tree.children, depth=0)))


class _Walk:
    """Numbers the lists as it goes, so that each top-level list counts by itself."""

    def __init__(self) -> None:
        self._groups = 0

    def blocks(self, nodes: list[SyntaxTreeNode], depth: int) -> list[Block]:
        found: list[Block] = []
        for node in nodes:
            match node.type:
                case "heading":
                    found.append(Heading(int(node.tag[1]), plain(spans(node))))
                case "paragraph":
                    found.append(Paragraph(spans(node), depth))
                case "fence" | "code_block":
                    found.append(Code(node.content.rstrip("\n"), depth))
                case "table":
                    found.append(_table(node))
                case "blockquote":
                    found.append(_callout(node))
                case "ordered_list" | "bullet_list":
                    found.extend(self._items(node, depth))
                case other:
                    raise ValueError(f"the example's writers do not know {other!r}")
        return found

    def _items(self, node: SyntaxTreeNode, depth: int) -> list[Block]:
        self._groups += 1
        group = self._groups
        found: list[Block] = []
        first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
        for position, item in enumerate(node.children):
            opening, *rest = item.children
            number = first + position if first else 0
            found.append(Item(spans(opening), depth, number, group))
            found.extend(self.blocks(rest, depth + 1))
        return found


def _callout(node: SyntaxTreeNode) -> Callout:
    first, *rest = spans(node.children[0])
    label, _, text = first.text.partition(": ")
    return Callout(label, (Span(text, first.bold, first.code), *rest))


def _table(node: SyntaxTreeNode) -> Table:
    rows = (row for part in node.children for row in part.children)
    return Table(tuple(tuple(plain(spans(cell)) for cell in row.children) for row in rows))


def spans(node: SyntaxTreeNode, *, bold: bool = False) -> tuple[Span, ...]:
    """The text of a node in runs, line breaks of the source as spaces."""
    found: list[Span] = []
    for child in node.children:
        if child.type == "code_inline":
            found.append(Span(child.content, bold, True))
        elif child.type in {"softbreak", "hardbreak"}:
            found.append(Span(" ", bold))
        elif child.type in {"text", "html_inline"}:  # a placeholder such as <time> looks like a tag
            found.append(Span(child.content, bold))
        else:
            found.extend(spans(child, bold=bold or child.type == "strong"))
    return tuple(span for span in found if span.text)


def plain(runs: tuple[Span, ...]) -> str:
    return re.sub(r"\s+", " ", "".join(span.text for span in runs)).strip()
