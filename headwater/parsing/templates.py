"""Documents that a site generator fills in: `guide.html.md.erb` is Markdown with tags of ERB in it."""

import re

SUFFIXES = frozenset(
    (".erb", ".j2", ".jinja", ".jinja2", ".liquid", ".njk", ".tmpl", ".tpl", ".ejs", ".eex", ".gotmpl")
)
_TAG = re.compile(r"<%(?!%).*?%>|\{%-?.*?-?%\}|\{\{-?.*?-?\}\}", re.S)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")


def without_template_suffix(name: str) -> str:
    """The name that the file has once it is filled in; the same where it is no template of a document."""
    path, dot, suffix = name.rpartition(".")
    inner = path.rpartition("/")[2]
    return path if f"{dot}{suffix}".lower() in SUFFIXES and "." in inner[1:] else name


def is_template(name: str) -> bool:
    """Whether its name says that it is to be filled in."""
    return without_template_suffix(name) != name


def without_tags(text: str) -> str:
    """Without what the generator would have replaced, which nobody reads; code that shows such tags keeps them."""
    parts: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if fence:
            parts.append(line)
            if found and found[1][0] == fence[0] and len(found[1]) >= len(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif found:
            parts += [_untagged("".join(prose)), line]
            prose, fence = [], found[1]
        else:
            prose.append(line)
    return "".join((*parts, _untagged("".join(prose))))


def _untagged(prose: str) -> str:
    """Inline code stays as it is."""
    kept: list[str] = []
    at = 0
    for code in _CODE.finditer(prose):
        kept += [_TAG.sub("", prose[at : code.start()]), code.group()]
        at = code.end()
    return "".join((*kept, _TAG.sub("", prose[at:])))
