"""How much of a document came through a parser, and how much came with it that is not the document.

`word recall`: words of the truth that the parser gave, of all words of the truth. `word precision`: words of the parser
that are in the truth, of all its words; what is missing to 1 is noise. Both count a word as often as it occurs.
`order`: the same recall for runs of three words, which text in a wrong order loses. `cell recall`: cells of the
truth's tables that the parser gave as cells of a table, of all those that are not empty; `neighbours`: the same for
pairs of a cell and the one to its right. Words are runs of letters or digits, compared without case and form (NFKC).
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Rows = Sequence[Sequence[str]]

_WORD = re.compile(r"[^\W_]+")
_FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TARGET = re.compile(r"\]\(\s*(?:<[^>\n]*>|(?:[^()\s]|\([^()\s]*\))*)(?:\s+\"[^\"\n]*\")?\s*\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>")
_ESCAPE = re.compile(r"\\(?=[^\w\s])")
_TABLE_LINE = re.compile(r"^\s*(?:[-*+]\s+)?(\|.*\|)\s*$")
_RULE = re.compile(r"[|\s:-]+")
_CELL_END = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Text:
    """What a parser made of a document: its plain text, and the rows of its tables."""

    text: str
    tables: tuple[Rows, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """`found` of `of`; a share of nothing is all of it."""

    found: int
    of: int

    @property
    def value(self) -> float:
        return self.found / self.of if self.of else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of one document; the definitions stand at the head of this module."""

    recall: Share
    precision: Share
    order: Share
    cells: Share
    neighbours: Share


def from_markdown(markdown: str) -> Text:
    """Plain text of Markdown: without link targets, comments, tags and fences; pipe tables by cell."""
    bare = _COMMENT.sub(" ", _TARGET.sub("] ", _FENCE.sub("", markdown)))
    plain = html.unescape(_ESCAPE.sub("", _TAG.sub(" ", bare)))
    return Text(plain, tuple(_pipe_tables(bare)))


def score(truth: Text, got: Text) -> Score:
    expected, found = _words(truth.text), _words(got.text)
    both = _overlap(expected, found)
    return Score(
        recall=Share(both, len(expected)),
        precision=Share(both, len(found)),
        order=_share(_runs(expected), _runs(found)),
        cells=_share(_cells(truth.tables), _cells(got.tables)),
        neighbours=_share(_neighbours(truth.tables), _neighbours(got.tables)),
    )


def _pipe_tables(markdown: str) -> Iterable[Rows]:
    rows: list[list[str]] = []
    for line in [*markdown.split("\n"), ""]:
        found = _TABLE_LINE.match(line)
        if found and not _RULE.fullmatch(found[1]):
            cells = _CELL_END.split(found[1].strip()[1:-1])
            rows.append([html.unescape(_ESCAPE.sub("", _TAG.sub(" ", cell))) for cell in cells])
        elif not found and rows:
            yield rows
            rows = []


def _words(text: str) -> list[str]:
    # Code that shows an entity is written in Markdown as it is in HTML by one, and as text by another.
    text = html.unescape(text)
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return zip(words, words[1:], words[2:], strict=False)


def _cells(tables: Iterable[Rows]) -> list[str]:
    return [cell for table in tables for row in _normal(table) for cell in row if cell]


def _neighbours(tables: Iterable[Rows]) -> list[tuple[str, str]]:
    return [pair for table in tables for row in _normal(table) for pair in pairwise(row) if all(pair)]


def _normal(table: Rows) -> list[list[str]]:
    return [[" ".join(_words(cell)) for cell in row] for row in table]


def _share(expected: Iterable[Hashable], found: Iterable[Hashable]) -> Share:
    wanted = list(expected)
    return Share(_overlap(wanted, found), len(wanted))


def _overlap(expected: Iterable[Hashable], found: Iterable[Hashable]) -> int:
    return sum((Counter(expected) & Counter(found)).values())
