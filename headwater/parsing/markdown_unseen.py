"""What an author writes into Markdown and no reader sees, and tabs that are told by indentation."""

import re

from headwater.parsing.tally import COMMENT, Tally

_LINK_COMMENT = re.compile(r"^ {0,3}\[(?://|\.|_|#|comment)[^\]]*\]:\s*(?:#|<>)\s*[(\"'](?P<said>.*?)[)\"']\s*$", re.I)
_JINJA_LINE = re.compile(r"^\s*\{#(?P<said>[^{}]*)#\}\s*$")
_COMMENT = re.compile(
    r"(?P<code>`+)(?!`)[^\n]*?(?<!`)(?P=code)(?!`)"
    r"|\{%-?\s*comment\b[^%]*%\}(?P<liquid>.*?)\{%-?\s*endcomment\s*-?%\}"
    r"|\{\{[<%]\s*comment\s*[>%]\}\}(?P<short>.*?)\{\{[<%]\s*/\s*comment\s*[>%]\}\}"
    r"|\{\{-?\s*/\*(?P<hugo>.*?)\*/\s*-?\}\}|\{\{!--(?P<handlebars>.*?)--\}\}|\{#(?!\w+\})(?P<jinja>[^{}\n]*)#\}"
    r"|\{/\*(?P<mdx>.*?)\*/\}|<%#(?P<erb>.*?)%>|<%--(?P<jsp>.*?)--%>",
    re.S,
)
_TAB = re.compile(r"^(?P<indent> *)===[+!]{0,2} +\"(?P<name>[^\"\n]+)\"\s*$")
_WITHIN = 4


def is_comment(line: str, tally: Tally) -> bool:
    """Whether a line says something to other authors alone, as a template's comment or as the title of no link."""
    start = line.lstrip()[:2]
    found = _LINK_COMMENT.match(line) if start[:1] == "[" else _JINJA_LINE.match(line) if start == "{#" else None
    if found is None:
        return False
    tally.add(COMMENT, found["said"])
    return True


def without_comments(prose: str, tally: Tally) -> str:
    """Prose without the comments of template languages."""

    def taken(found: re.Match[str]) -> str:
        if found["code"]:
            return found.group()
        tally.add(COMMENT, next((said for said in found.groups() if said), ""))
        return ""

    return _COMMENT.sub(taken, prose)


def without_tabs(text: str) -> str:
    """`=== "Name"` with its content indented below, as its name and its content where it stands."""
    if '=== "' not in text:
        return text
    lines: list[str] = []
    open_at: list[int] = []
    for line in text.split("\n"):
        bare = line.lstrip(" ")
        indent = len(line) - len(bare)
        while bare and open_at and indent < open_at[-1] + _WITHIN:
            open_at.pop()
        found = _TAB.match(line)
        shown = line[min(indent, _WITHIN * len(open_at)) :]
        if found is None:
            lines.append(shown)
            continue
        open_at.append(indent)
        lines += ["", f"{' ' * (indent - _WITHIN * (len(open_at) - 1))}{found['name']}:", ""]
    return "\n".join(lines)
