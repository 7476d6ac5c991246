"""Makes a Word document's XML show plainly what a reader sees, before anything walks it."""

import copy
from typing import Any

from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_REMOVED = (qn("w:del"), qn("w:moveFrom"), qn("w:sdtPr"), qn("w:sdtEndPr"), _FALLBACK)
_SCRIPTS = {"sSup": "^", "sSub": "_", "sSubSup": "_^"}
_WRAPPERS = tuple(
    qn(f"w:{name}") for name in ("ins", "moveTo", "smartTag", "fldSimple", "sdt", "sdtContent", "customXml")
)


def normalise(body: Any) -> int:
    """Accept tracked changes, unwrap content controls, lift text boxes behind their paragraph, make formulas text.

    Returns how many characters of hidden text were taken out.
    """
    for element in list(body.iter(*_REMOVED)):
        element.getparent().remove(element)
    hidden = _remove_hidden(body)
    for element in list(body.iter(*_WRAPPERS)):
        _unwrap(element)
    for formula in list(body.iter(f"{_MATH}oMath")):
        _to_run(formula)
    for box in list(body.iter(qn("w:txbxContent"))):
        _lift(box)
    return hidden


def _remove_hidden(body: Any) -> int:
    removed = 0
    for mark in list(body.iter(qn("w:vanish"))):
        run = mark.getparent().getparent()
        if run is None or run.tag != qn("w:r") or mark.get(qn("w:val")) in ("0", "false", "off"):
            continue
        removed += sum(len(text.text or "") for text in run.iter(qn("w:t")))
        run.getparent().remove(run)
    return removed


def _unwrap(element: Any) -> None:
    parent = element.getparent()
    if parent is None:
        return
    place = parent.index(element)
    children = list(element)
    parent.remove(element)
    for offset, child in enumerate(children):
        parent.insert(place + offset, child)


def _to_run(formula: Any) -> None:
    run = OxmlElement("w:r")
    run.text = f" {_linear(formula)} "
    parent = formula.getparent()
    parent.replace(formula, run)
    # What holds a formula on a line of its own stands between the paragraph and its runs.
    if parent.tag == f"{_MATH}oMathPara":
        _unwrap(parent)


def _linear(element: Any) -> str:
    """A formula on one line: fractions by a slash, powers by ^, indices by _, roots by √."""
    name = element.tag.removeprefix(_MATH)
    if name == "t":
        return element.text or ""
    parts = [text for child in element if isinstance(child.tag, str) and (text := _linear(child))]
    if name == "f" and len(parts) == 2:
        return "/".join(_bracketed(part) for part in parts)
    if name in _SCRIPTS and len(parts) == 1 + len(_SCRIPTS[name]):
        return _bracketed(parts[0]) + "".join(
            f"{sign}{_bracketed(p)}" for sign, p in zip(_SCRIPTS[name], parts[1:], strict=True)
        )
    if name == "rad":
        return f"√{_bracketed(' '.join(parts))}"
    return "".join(parts)


def _bracketed(part: str) -> str:
    return part if len(part) < 2 or part.isalnum() else f"({part})"


def _lift(box: Any) -> None:
    anchor = next((a for a in box.iterancestors(qn("w:p"))), None)
    paragraphs = [child for child in box if child.tag in (qn("w:p"), qn("w:tbl"))]
    box.getparent().remove(box)
    if anchor is None:
        return
    for paragraph in reversed(paragraphs):
        anchor.addnext(copy.deepcopy(paragraph))
