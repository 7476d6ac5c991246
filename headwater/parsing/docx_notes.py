"""Footnotes and endnotes of a Word document, put as text where the document refers to them."""

from typing import Any

from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement, parse_xml

_KINDS = (("footnotes", "w:footnote"), ("endnotes", "w:endnote"))


def inline_notes(part: Any, body: Any) -> None:
    """Each reference in `body` becomes the note in brackets; `part` is the document's main part."""
    for name, tag in _KINDS:
        references = list(body.iter(qn(f"{tag}Reference")))
        if not references:
            continue
        notes = _notes(part, name, tag)
        for reference in references:
            text = notes.get(reference.get(qn("w:id")), "")
            parent = reference.getparent()
            if text:
                shown = OxmlElement("w:t")
                shown.text = f" ({text})"
                shown.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                parent.replace(reference, shown)
            else:
                parent.remove(reference)


def _notes(part: Any, name: str, tag: str) -> dict[str | None, str]:
    """Text by id; separators and the like have none."""
    relation = next((r for r in part.rels.values() if r.reltype.endswith(f"/{name}") and not r.is_external), None)
    if relation is None:
        return {}
    root = parse_xml(relation.target_part.blob)
    return {
        note.get(qn("w:id")): " ".join("".join(_seen(p) for p in note.iter(qn("w:p"))).split())
        for note in root.iter(qn(tag))
        if note.get(qn("w:type")) in (None, "normal")
    }


def _seen(paragraph: Any) -> str:
    """Text of a paragraph without what was deleted or is hidden."""
    texts = []
    for run in paragraph.iter(qn("w:r")):
        removed = any(a.tag in (qn("w:del"), qn("w:moveFrom")) for a in run.iterancestors())
        if not removed and run.find(f"{qn('w:rPr')}/{qn('w:vanish')}") is None:
            texts.append("".join(child.text or "" for child in run if child.tag == qn("w:t")))
    return "".join(texts) + " "
