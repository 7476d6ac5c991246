"""Directives and roles that docutils does not know, such as Sphinx's: their content is kept."""

import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from docutils import nodes, utils
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en

from headwater.parsing.html_admonition import WORDS
from headwater.parsing.html_tree import words

_DIRECTIVE = re.compile(r"^[ \t]*\.\. (?:\|[^|\n]+\| )?([A-Za-z][\w:+.-]{0,60}?)[ ]?::(?=\s|$)", re.M)
_ROLE = re.compile(r":([A-Za-z][\w:+.-]{0,60}):`|`:([A-Za-z][\w:+.-]{0,60}):")
_WITH_TARGET = re.compile(r"(.+?)\s*<[^<>]*>", re.S)
_VERSIONS = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
_CODE = words("code code-block sourcecode prompt ipython parsed-code")
_SILENT = words(
    "toctree index highlight currentmodule module literalinclude include raw contents meta sectionauthor codeauthor "
    "tabularcolumns program default-domain testsetup testcleanup"
)
# Directives whose argument is a name that their content explains.
_NAMES_SOMETHING = words(
    "function class method attribute data exception option envvar confval describe object staticmethod classmethod "
    "decorator property setting command opcode"
)


class _AnyOption(dict[str, Callable[[str], Any]]):
    """An option specification that takes every option as it is."""

    def __missing__(self, key: str) -> Callable[[str], Any]:
        return directives.unchanged

    def __bool__(self) -> bool:
        return True


class _Silent(Directive):
    """Says something to the generator, nothing to the reader."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = _AnyOption()

    def run(self) -> Sequence[nodes.Node]:
        return []


class _Code(_Silent):
    """Code with any option; docutils' own rejects those it does not know, and the code with them."""

    def run(self) -> Sequence[nodes.Node]:
        text = "\n".join(self.content)
        language = self.arguments[0].split()[0] if self.arguments and self.arguments[0].split() else ""
        block = nodes.literal_block(text, text)
        if language:
            block["classes"].append(f"language-{language.lower()}")
        return [block]


class _Content(_Silent):
    """Argument and content of a directive whose meaning is not known."""

    def run(self) -> Sequence[nodes.Node]:
        name = self.name.lower()
        inner = nodes.container()
        if self.content:
            self.state.nested_parse(self.content, self.content_offset, inner)
        argument = " ".join(self.arguments[0].split()) if self.arguments else ""
        if name in _VERSIONS:
            version, _, change = argument.partition(" ")
            said = f"{_VERSIONS[name]} {version}" + (f": {change}" if change else "")
            return [*self._paragraph(said), *inner.children]
        if name in WORDS:
            title = nodes.title("", WORDS[name])
            return [nodes.admonition("", title, *self._paragraph(argument), *inner.children, classes=[name])]
        if argument and name.rpartition(":")[2] in _NAMES_SOMETHING:
            return [self._definition(inner)]
        return [*self._paragraph(argument), *inner.children]

    def _definition(self, inner: nodes.Element) -> nodes.Node:
        names = [line.strip() for line in self.arguments[0].split("\n") if line.strip()]
        item = nodes.definition_list_item()
        item += nodes.term("", ", ".join(names))
        item += nodes.definition("", *inner.children)
        return nodes.definition_list("", item)

    def _paragraph(self, text: str) -> list[nodes.Node]:
        if not text:
            return []
        children, _ = self.state.inline_text(text, self.lineno)
        return [nodes.paragraph(text, "", *children)]


def _said(_name: str, rawtext: str, text: str, *_: object) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """What a reader sees of a role: its text, or the title ahead of a `<target>`."""
    shown = utils.unescape(text)
    found = _WITH_TARGET.fullmatch(shown)
    shown = (found.group(1) if found else shown).lstrip("~!")
    return [nodes.inline(rawtext, shown)], []


def accept_unknown_names(text: str) -> None:
    """Register what `text` uses and docutils lacks; the registry is docutils' and lives as long as the process."""
    for name in {found.lower() for found in _DIRECTIVE.findall(text)}:
        if name in _CODE:
            directives.register_directive(name, _Code)
        elif name in _SILENT or name.startswith("auto"):
            directives.register_directive(name, _Silent)
        elif name not in en.directives and name not in en.directives.values():
            directives.register_directive(name, _Content)
    for before, after in set(_ROLE.findall(text)):
        name = (before or after).lower()
        if name not in en.roles and name not in en.roles.values():
            roles.register_local_role(name, _said)  # type: ignore[arg-type]  # its stub allows references only
