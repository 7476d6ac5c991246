"""What lint looks for: names, who can mend it, and how."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Whose: TypeAlias = Literal["author", "headwater"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`of` is what the findings are counted among; `whose` can mend them, by following `advice`."""

    name: str
    whose: Whose
    of: str
    about: str
    advice: str


_CUT = "Please report it with the document. Until then, set chunk_tokens or chunker of the source."

RULES = (
    Rule(
        name="split_tables",
        whose="headwater",
        of="tables that fit a chunk",
        about="a table was divided although it fits",
        advice=_CUT,
    ),
    Rule(
        name="split_fences",
        whose="headwater",
        of="code blocks that fit a chunk",
        about="code was divided although it fits",
        advice=_CUT,
    ),
    Rule(
        name="split_procedures",
        whose="headwater",
        of="procedures that fit a chunk",
        about="steps were divided although they fit together",
        advice=_CUT,
    ),
    Rule(
        name="mid_sentence",
        whose="headwater",
        of="chunks",
        about="a chunk begins in the middle of a sentence",
        advice="A sentence longer than the window has to be cut: shorten it. Else please report it.",
    ),
    Rule(
        name="over_window",
        whose="author",
        of="tables, code blocks, procedures and paragraphs",
        about="longer than the model reads at once, so it is matched in parts",
        advice="Divide it under headings of its own, or drop columns and rows that nobody asks about.",
    ),
    Rule(
        name="empty_sections",
        whose="author",
        of="headings",
        about="a heading with nothing below it",
        advice="Write what it promises, or take the heading out.",
    ),
    Rule(
        name="skipped_levels",
        whose="author",
        of="headings",
        about="a heading more than one level below the one before it",
        advice="Use the next level, so that the path of headings is complete.",
    ),
    Rule(
        name="headless_tables",
        whose="author",
        of="tables",
        about="a table without a header row",
        advice="Name the columns in a header row: each part of a table carries it.",
    ),
    Rule(
        name="dead_anchors",
        whose="author",
        of="links within their page",
        about="a link to a place in its own page that does not exist",
        advice="Correct the link, or give its target the anchor.",
    ),
    Rule(
        name="missing_alt",
        whose="author",
        of="images",
        about="an image without a text in its place",
        advice='Describe what it shows in its alt text (alt="" where it only decorates): nothing else of it is found.',
    ),
    Rule(
        name="missing_metadata",
        whose="author",
        of="required fields",
        about="a field that the source requires is not stated",
        advice="State it in front matter, in a .headwater.toml of the folder, or in the source's settings.",
    ),
    Rule(
        name="hidden_text",
        whose="author",
        of="documents",
        about="words that no reader sees; they never reach a chunk",
        advice="Take them out, or show them. If nobody of yours wrote them, find out who did.",
    ),
    Rule(
        name="duplicates",
        whose="author",
        of="documents",
        about="the same content as another document",
        advice="Keep one and link to it, or exclude the other.",
    ),
    Rule(
        name="near_duplicates",
        whose="author",
        of="documents",
        about="nearly the same content as another document",
        advice="Merge them, or say in each what it is for: search can hand out only one of them.",
    ),
    Rule(
        name="unreadable",
        whose="author",
        of="documents",
        about="a document that cannot be read",
        advice="Open it and save it anew, or exclude it.",
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`place` is an anchor, page or heading path; `text` shows what is meant."""

    rule: str
    source: str
    document: str
    place: str = ""
    text: str = ""
