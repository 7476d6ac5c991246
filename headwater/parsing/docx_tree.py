"""Makes a Word document's XML show plainly what a reader sees, before anything walks it."""

import copy
from typing import Any

from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_REMOVED = (
    *(qn(f"w:{name}") for name in ("del", "moveFrom", "sdtPr", "sdtEndPr")),
    # What a tracked change of format was before it.
    *(qn(f"w:{name}Change") for name in ("rPr", "pPr", "sectPr", "tblPr", "tblGrid", "trPr", "tcPr", "tblPrEx")),
    _FALLBACK,
)
_SCRIPTS = {"sSup": "^", "sSub": "_", "sSubSup": "_^", "limLow": "_", "limUpp": "^"}
_WRAPPERS = tuple(
    qn(f"w:{name}") for name in ("ins", "moveTo", "smartTag", "fldSimple", "sdt", "sdtContent", "customXml")
)


def accept_changes(body: Any) -> None:
    """Tracked changes as if all were accepted, also those of rows, cells and paragraph marks; content controls open."""
    for mark in list(body.iter(qn("w:del"), qn("w:moveFrom"))):
        holder = mark.getparent()
        if holder is None:
            continue
        if holder.tag == qn("w:trPr"):
            _remove(holder.getparent())
        elif holder.tag == qn("w:rPr") and holder.getparent().tag == qn("w:pPr"):
            _join_next(holder.getparent().getparent())
    for mark in list(body.iter(qn("w:cellDel"))):
        _empty(mark.getparent().getparent())
    for element in list(body.iter(*_REMOVED)):
        _remove(element)
    for element in list(body.iter(*_WRAPPERS)):
        _unwrap(element)


def flatten(body: Any) -> None:
    """Formulas become text, text boxes paragraphs behind the one they are anchored to."""
    for formula in list(body.iter(f"{_MATH}oMath")):
        _to_run(formula)
    for box in list(body.iter(qn("w:txbxContent"))):
        _lift(box)


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _empty(cell: Any) -> None:
    for child in list(cell):
        if child.tag != qn("w:tcPr"):
            cell.remove(child)
    cell.append(OxmlElement("w:p"))


def _join_next(paragraph: Any) -> None:
    """A paragraph whose end was deleted goes on in the next one, which keeps its own properties."""
    following = paragraph.getnext()
    if following is None or following.tag != qn("w:p"):
        return
    place = 1 if len(following) and following[0].tag == qn("w:pPr") else 0
    for child in [child for child in paragraph if child.tag != qn("w:pPr")]:
        following.insert(place, child)
        place += 1
    _remove(paragraph)


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
    if name == "nary":
        return _nary(element)
    parts = [text for child in element if isinstance(child.tag, str) and (text := _linear(child))]
    if name == "d":
        opened, closed = (_property(element, mark, usual) for mark, usual in (("begChr", "("), ("endChr", ")")))
        return f"{opened}{', '.join(parts)}{closed}"
    if name == "func" and len(parts) == 2:
        return f"{parts[0]} {parts[1]} "
    if name == "f" and len(parts) == 2:
        return "/".join(_bracketed(part) for part in parts)
    if name in _SCRIPTS and len(parts) == 1 + len(_SCRIPTS[name]):
        return _bracketed(parts[0]) + "".join(
            f"{sign}{_bracketed(p)}" for sign, p in zip(_SCRIPTS[name], parts[1:], strict=True)
        )
    if name == "rad":
        return f"√{_bracketed(' '.join(parts))}"
    return "".join(parts)


def _nary(element: Any) -> str:
    """A sum, product or integral with its limits."""
    limits = ((sign, _linear_part(element, name)) for sign, name in (("_", "sub"), ("^", "sup")))
    shown = "".join(f"{sign}{_bracketed(limit)}" for sign, limit in limits if limit)
    return f"{_property(element, 'chr', '∫')}{shown} {_linear_part(element, 'e')}"


def _linear_part(element: Any, name: str) -> str:
    part = element.find(f"{_MATH}{name}")
    return "" if part is None else _linear(part)


def _property(element: Any, name: str, usual: str) -> str:
    """The sign that an element's properties name, which may be none."""
    found = element.find(f"{element.tag}Pr/{_MATH}{name}")
    return usual if found is None else str(found.get(f"{_MATH}val", ""))


def _bracketed(part: str) -> str:
    closed = part[:1] == "(" and part.find(")") == len(part) - 1
    return part if len(part) < 2 or part.isalnum() or closed else f"({part})"


def _lift(box: Any) -> None:
    anchor = next((a for a in box.iterancestors(qn("w:p"))), None)
    paragraphs = [child for child in box if child.tag in (qn("w:p"), qn("w:tbl"))]
    box.getparent().remove(box)
    if anchor is None:
        return
    for paragraph in reversed(paragraphs):
        anchor.addnext(copy.deepcopy(paragraph))
