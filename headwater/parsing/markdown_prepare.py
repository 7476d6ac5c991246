"""Markdown dialects to CommonMark with HTML: front matter, template remnants, containers, MDX.

Works on lines, because templates do not respect the block structure; fenced code is never touched.
"""

import html
import re
from dataclasses import dataclass, field

from headwater.parsing.html_admonition import WORDS
from headwater.parsing.markdown_unseen import is_comment, without_comments, without_tabs
from headwater.parsing.tally import Tally

_YAML = re.compile(r"---[ \t]*\n(?:(?P<body>.*?)\n)?(?:---|\.\.\.)[ \t]*(?:\n|$)", re.S)
_TOML = re.compile(r"\+\+\+[ \t]*\n.*?\n?\+\+\+[ \t]*(?:\n|$)", re.S)
_YAML_LINE = re.compile(r"^[\w\"'][^\n:]*:(?:\s|$)", re.M)

_FENCE = re.compile(r"^(?P<indent>[ \t]*(?:[-*+>][ \t]+|\d+[.)][ \t]+)*)(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
_COLONS = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>:{3,})[ \t]*(?:\{?(?P<name>[A-Za-z][\w-]*)\}?[ \t]*(?P<title>.*))?$"
)
_DIRECTIVE = re.compile(r"^\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>.*)$")
_OPTION = re.compile(r"^[ \t]*:[\w-]+:.*$")
_CODE_DIRECTIVES = frozenset(("code-block", "code", "sourcecode", "literalinclude", "prompt", "code-cell"))
_NO_CONTENT = frozenset(("toctree", "include", "image", "contents", "eval-rst"))
_TOC = re.compile(r"^\s*(?:\[\[?_?TOC_?\]\]?|\{:\s*toc.*\}|\{:?\s*[.#][^{}]*\})\s*$", re.I)
_TARGET = re.compile(r"^\(([\w.:-]+)\)=\s*$")
_MODULE = re.compile(
    r"^(?:import\s+(?:[\w{},*\s$]+\s+from\s+)?['\"][^'\"]+['\"];?\s*$|export\s+(?:const|default|let|function)\b)"
)
_LIST_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s")

# Each word and each run of spaces in one piece: `<Some-address@example.com>` could be taken apart in endless ways.
_ATTRIBUTES = (
    r"(?:\s++|[\w:.-]++(?:\s*+=\s*+(?:\"[^\"]*\"|'[^']*'|\{(?:[^{}]|\{[^{}]*\})*\}|[^\s\"'<>{}]+(?=[\s/>{])))?"
    r"|\{[^{}]*\})*?"
)
_TEMPLATE = re.compile(
    r"\{[a-z]+(?::[a-z]+)?\}(?P<role>`+)(?P<said>[^`\n]+)(?P=role)"
    r"|(?P<code>`+)(?!`)[^\n]*?(?<!`)(?P=code)(?!`)"
    r"|\{%-?\s*(?P<tag>/?\w+)(?P<args>[^\n]*?)-?%\}"
    r"|\{\{[<%]\s*(?P<short>/?\s*\w+)(?P<params>[^\n]*?)[%>]\}\}"
    r"|\{\{-?[^{}\n]*-?\}\}|\{#[^{}\n]*#\}|\{/\*.*?\*/\}|<%.*?%>"
    r"|\{:[^{}\n]*\}"
    rf"|<(?P<jsx>/?[A-Z][\w.]*+)(?P<props>{_ATTRIBUTES})\s*(?P<empty>/?)>",
    re.S,
)
_MAYBE_TEMPLATE = re.compile(r"\{[%{#:/a-z]|<%|</?[A-Z]")
_SHOWN = re.compile(r"\b(?:title|label|summary|header|heading)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_KIND = re.compile(r"\b(?:type|style|kind|variant|color|intent)\s*=\s*\{?[\"']?([A-Za-z]+)")
_CALLOUTS = frozenset(("callout", "admonition", "aside", "alert", "hint", "banner", "infobox"))
_ROLE_TARGET = re.compile(r"\s*<[^<>]*>$")


def without_front_matter(text: str) -> str:
    """The text after YAML or TOML front matter; a rule at the top of a page is not front matter."""
    found = _TOML.match(text)
    if found is None:
        found = _YAML.match(text)
        body = found.group("body") if found else None
        if found is not None and body and body.strip() and not _YAML_LINE.search(body):
            found = None
    return text[found.end() :] if found else text


def prepare(text: str, tally: Tally | None = None) -> str:
    """Text that a CommonMark parser understands the way its author meant it; comments are counted into `tally`."""
    text = without_tabs(without_front_matter(text))
    lines = _Lines(tally or Tally())
    for line in text.split("\n"):
        lines.take(line)
    return lines.finish()


@dataclass(slots=True)
class _Open:
    """A fence or container under way; `code` is left as it is, `drop` loses its content."""

    fence: str
    code: bool = False
    drop: bool = False
    options: bool = False


@dataclass(slots=True)
class _Lines:
    _tally: Tally
    _out: list[str] = field(default_factory=list)
    _prose: list[str] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _module: bool = False
    _listed: bool = False
    _blank: bool = True

    def take(self, line: str) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.options:
            if _OPTION.match(line):
                return
            top.options = False
        if top is not None and self._closes(top, line):
            self._close(top, line)
        elif top is not None and (top.code or top.drop):
            if not top.drop:
                self._code(line)
        elif not self._opens(line):
            self._text(line)
        self._blank = not line.strip()

    def finish(self) -> str:
        self._end_prose()
        return "\n".join(self._out)

    def _closes(self, top: _Open, line: str) -> bool:
        bare = line.strip().lstrip("> \t") if top.code else line.strip()
        return len(bare) >= len(top.fence) and set(bare) == {top.fence[0]}

    def _close(self, top: _Open, line: str) -> None:
        self._open.pop()
        if top.code:
            self._code(line)
        elif not top.drop:
            indent = line[: len(line) - len(line.lstrip())]
            self._prose.extend(("", f"{indent}</div>", ""))

    def _opens(self, line: str) -> bool:
        fence = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence is not None and not (fence["fence"][0] == "`" and "`" in fence["info"]) and not self._indented(line):
            self._open_fence(fence, line)
            return True
        colons = _COLONS.match(line) if ":::" in line else None
        if colons is not None and colons["name"]:
            title = (colons["title"] or "").strip().strip("[]")
            self._open_container(colons["indent"], colons["fence"], colons["name"], title)
            return True
        # A stray end of a container says nothing.
        return colons is not None

    def _open_fence(self, found: re.Match[str], line: str) -> None:
        directive = _DIRECTIVE.match(found["info"].strip())
        if directive is None:
            self._open.append(_Open(found["fence"], code=True))
            self._code(line)
            return
        name, title = directive["name"].lower(), directive["title"].strip()
        if name in WORDS or name == "admonition":
            self._open_container(found["indent"], found["fence"], name, title)
            self._open[-1].options = True
        elif name in _NO_CONTENT:
            self._open.append(_Open(found["fence"], drop=True))
        else:
            language = title if name in _CODE_DIRECTIVES else ""
            self._open.append(_Open(found["fence"], code=True, options=True))
            self._code(f"{found['indent']}{found['fence']}{language}")

    def _open_container(self, indent: str, fence: str, name: str, title: str) -> None:
        self._open.append(_Open(fence))
        self._prose.extend(("", *_opening(indent, name.lower(), title), ""))

    def _text(self, line: str) -> None:
        if self._module:
            self._module = bool(line.strip())
            return
        if not self._listed and _MODULE.match(line) and self._blank_or_module():
            self._module = line.startswith("export") and not line.rstrip().endswith(";")
            return
        if is_comment(line, self._tally) or _TOC.match(line):
            return
        target = _TARGET.match(line)
        if target is not None:
            line = f'\n<a id="{target.group(1)}"></a>\n'
        if self._indented(line):
            self._code(line)
            return
        if line.strip() and line[0] not in " \t":
            self._listed = _LIST_ITEM.match(line) is not None
        self._prose.append(line)

    def _blank_or_module(self) -> bool:
        return self._blank or not self._prose or not self._prose[-1].strip()

    def _indented(self, line: str) -> bool:
        """Whether the line is indented code: far in, and not part of a list."""
        return not self._listed and not self._open and line.startswith(("    ", "\t")) and self._after_gap()

    def _after_gap(self) -> bool:
        return self._blank or not self._prose

    def _code(self, line: str) -> None:
        self._end_prose()
        self._out.append(line)

    def _end_prose(self) -> None:
        if self._prose:
            prose = "\n".join(self._prose)
            if _MAYBE_TEMPLATE.search(prose):
                prose = _without_templates(without_comments(prose, self._tally))
            self._out.append(prose)
            self._prose.clear()


def _opening(indent: str, name: str, title: str) -> list[str]:
    """Start of an admonition, or of a box without meaning, with its title."""
    title = "" if re.search(r"[={]", title) else title
    if name in WORDS or name == "admonition":
        lines = [f'{indent}<div class="admonition {name}">']
        if title:
            lines.append(f'{indent}<p class="admonition-title">{html.escape(title)}</p>')
        return lines
    return [f"{indent}<div>", *([f"{indent}<p>{html.escape(title)}</p>"] if title else [])]


def _without_templates(prose: str) -> str:
    opened: dict[str, int] = {}
    for found in _TEMPLATE.finditer(prose):
        name, closes = _callout(found)
        if name and not found["empty"]:
            opened[name] = opened.get(name, 0) + (-1 if closes else 1)
    balanced = {name for name, left in opened.items() if left == 0}
    return _TEMPLATE.sub(lambda found: _replacement(found, balanced), prose)


def _callout(found: re.Match[str]) -> tuple[str, bool]:
    """The name of a template tag that marks an admonition, and whether it is the closing one."""
    name = (found["tag"] or found["short"] or found["jsx"] or "").replace(" ", "").lower()
    closes = name.startswith(("/", "end"))
    name = name.removeprefix("/").removeprefix("end")
    return (name if name in WORDS or name in _CALLOUTS else ""), closes


def _replacement(found: re.Match[str], balanced: set[str]) -> str:
    if found["code"]:
        return found.group()
    if found["role"]:
        said = found["said"]
        return html.escape(_ROLE_TARGET.sub("", said) or said, quote=False)
    arguments = found["args"] or found["params"] or found["props"] or ""
    name, closes = _callout(found)
    shown = _SHOWN.search(arguments)
    title = (shown.group(1) or shown.group(2) or "") if shown else ""
    if name in balanced and not found["empty"]:
        if closes:
            return "\n\n</div>\n\n"
        kind = _KIND.search(arguments)
        word = kind.group(1).lower() if kind else name
        return "\n\n" + "".join(_opening("", word if word in WORDS else "note", title)) + "\n\n"
    # What a tab is called stands ahead of what it shows.
    colon = ":" if title and not closes and "tab" in (found["tag"] or found["short"] or found["jsx"]).lower() else ""
    return f"\n\n<p>{html.escape(title)}{colon}</p>\n\n" if title else ""
