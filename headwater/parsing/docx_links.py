"""Links of a Word document, by relation or by field."""

import re
from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn

from headwater.parsing.blocks import squeeze

_FIELD = re.compile(r"HYPERLINK\s+\"([^\"]+)\"(?:\s+\\l\s+\"([^\"]+)\")?", re.IGNORECASE)


def links(element: Any, part: Any) -> tuple[tuple[str, str], ...]:
    """(text, target) of each link to outside the document in a paragraph or table, in order."""
    return tuple(dict.fromkeys((*_related(element, part), *_fields(element))))


def _related(element: Any, part: Any) -> Iterator[tuple[str, str]]:
    for link in element.iter(qn("w:hyperlink")):
        relation = part.rels.get(link.get(qn("r:id"), ""))
        if relation is None or not relation.is_external:
            continue
        place = link.get(qn("w:anchor"))
        text = squeeze("".join(part.text or "" for part in link.iter(qn("w:t"))))
        if text:
            yield text, f"{relation.target_ref}#{place}" if place else relation.target_ref


def _fields(element: Any) -> Iterator[tuple[str, str]]:
    """A field is runs: begin, its code, separate, what is shown, end; fields may stand inside each other."""
    open_fields: list[tuple[list[str], list[str], list[bool]]] = []
    for mark in element.iter(qn("w:fldChar"), qn("w:instrText"), qn("w:t")):
        if mark.tag == qn("w:fldChar"):
            kind = mark.get(qn("w:fldCharType"))
            if kind == "begin":
                open_fields.append(([], [], []))
            elif kind == "separate" and open_fields:
                open_fields[-1][2].append(True)
            elif kind == "end" and open_fields:
                code, shown, _ = open_fields.pop()
                found = _FIELD.search("".join(code))
                text = squeeze("".join(shown))
                if found and text:
                    yield text, f"{found[1]}#{found[2]}" if found[2] else found[1]
        elif mark.tag == qn("w:instrText"):
            if open_fields:
                open_fields[-1][0].append(mark.text or "")
        else:
            for _, shown, separated in open_fields:
                if separated:
                    shown.append(mark.text or "")
