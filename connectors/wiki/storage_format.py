"""Confluence's storage format as HTML: what readers of a page see, without the parameters of its macros.

https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html; macros:
https://confluence.atlassian.com/doc/macros-139387.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from lxml import etree

from connectors.wiki.storage_xml import (
    AC,
    RI,
    attribute_of,
    body_of,
    child_of,
    name_of,
    parameter_of,
    parts,
    tree_of,
    words,
)

_HTML = words(
    "a abbr b big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption figure h1 h2 "
    "h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strike strong sub sup table tbody td tfoot th "
    "thead time tr tt u ul var"
)
_EMPTY = frozenset(("br", "hr", "img", "col"))
_ATTRIBUTES = words(
    "href src alt colspan rowspan id start type reversed value class style datetime lang dir hidden aria-hidden"
)
_EMOTICONS = {
    "tick": "\u2714", "cross": "\u2718", "warning": "\u26a0", "information": "\u2139", "plus": "+", "minus": "-",
    "question": "?", "smile": "\U0001f642", "sad": "\U0001f641", "light-on": "\U0001f4a1", "yellow-star": "\u2605",
    "blue-star": "\u2605", "red-star": "\u2605", "green-star": "\u2605", "thumbs-up": "\U0001f44d",
    "thumbs-down": "\U0001f44e",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """Where links lead: `url` of the wiki, the page and its space; `people` are names by the service's ids."""

    url: str = ""
    page: str = ""
    space: str = ""
    people: Mapping[str, str] = field(default_factory=dict)


def people_in(storage: str) -> tuple[str, ...]:
    """Ids of the users that a page mentions."""
    plain = "".join(text for text, literal in parts(storage) if not literal)
    found = re.findall(r'\bri:(?:account-id|userkey|username)="([^"<>&]{1,200})"', plain)
    return tuple(dict.fromkeys(found))


def html_of(storage: str, about: About | None = None) -> str:
    """HTML of a page's body; FetchError for what no page can hold."""
    writer = _Writer(about or About())
    writer.children(tree_of(storage))
    return "".join(writer.out)


class _Writer:
    """Writes HTML to `out`; every text is escaped, and every element either known or left out."""

    def __init__(self, about: About) -> None:
        self.out: list[str] = []
        self._about = about

    def children(self, element: etree._Element) -> None:
        if element.text:
            self.text(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self.element(child)
            if child.tail:
                self.text(child.tail)

    def text(self, text: str) -> None:
        self.out.append(escape(text, quote=False))

    def element(self, element: etree._Element) -> None:
        space, name = name_of(element)
        if space == "ac":
            handler = _HANDLERS.get(name, _Writer.children)
            handler(self, element)
        elif not space and name in _HTML:
            self._html(element, name)
        elif space not in ("ri", "at") and name not in ("script", "style"):
            self.children(element)

    def wrapped(self, opening: str, element: etree._Element | None, closing: str) -> None:
        self.out.append(opening)
        if element is not None:
            self.children(element)
        self.out.append(closing)

    def _html(self, element: etree._Element, name: str) -> None:
        kept = [
            (key, value) for key, value in element.attrib.items() if key in _ATTRIBUTES and not _scripted(key, value)
        ]
        written = "".join(f' {key}="{escape(str(value))}"' for key, value in kept)
        if name in _EMPTY:
            self.out.append(f"<{name}{written}>")
        elif name == "time" and not "".join(element.itertext()).strip():
            self.out.append(f"<time>{escape(element.get('datetime') or '')}</time>")
        else:
            self.wrapped(f"<{name}{written}>", element, f"</{name}>")

    def nothing(self, element: etree._Element) -> None:
        """What readers of the page do not see."""

    def macro(self, element: etree._Element) -> None:
        name = (attribute_of(element, "name") or "").lower()
        if name in _ADMONITIONS:
            self.admonition(_ADMONITIONS[name], parameter_of(element, "title"), child_of(element, "rich-text-body"))
        elif name in _CODE:
            self._code(element)
        elif name == "expand":
            title = escape(parameter_of(element, "title") or "Details")
            self.wrapped(f"<details open><summary>{title}</summary>", child_of(element, "rich-text-body"), "</details>")
        elif name in _SHOWN:
            self.text(parameter_of(element, _SHOWN[name]))
        elif name in _LINKING:
            self._linking(element)
        elif name == "anchor":
            self.out.append(f'<a id="{escape(parameter_of(element, ""))}"></a>')
        elif name == "markdown":
            self._paragraphs(body_of(element))
        elif name not in _UNSEEN and parameter_of(element, "hidden").lower() != "true":
            body = child_of(element, "rich-text-body")
            if body is not None:
                self.children(body)

    def admonition(self, kind: str, title: str, body: etree._Element | None) -> None:
        shown = f'<p class="admonition-title">{escape(title)}</p>' if title else ""
        self.wrapped(f'<div class="admonition {kind}">{shown}', body, "</div>")

    def _code(self, element: etree._Element) -> None:
        title, language = parameter_of(element, "title"), parameter_of(element, "language").lower()
        named = f' class="language-{escape(language)}"' if re.fullmatch(r"[\w+#.-]{1,30}", language) else ""
        if title:
            self.out.append(f"<p>{escape(title)}</p>")
        self.out.append(f"<pre><code{named}>{escape(body_of(element), quote=False)}</code></pre>")

    def _linking(self, element: etree._Element) -> None:
        """A macro that shows another page or a file: its name and where it is."""
        for found in element.iter(f"{{{RI}}}page", f"{{{RI}}}attachment", f"{{{RI}}}blog-post"):
            self.out.append("<p>")
            self._reference(found, None, "")
            self.out.append("</p>")
            return

    def _paragraphs(self, text: str) -> None:
        for part in re.split(r"\n\s*\n", text):
            if part.strip():
                self.out.append(f"<p>{escape(part.strip(), quote=False)}</p>")

    def extension(self, element: etree._Element) -> None:
        """The new editor's panels; of everything else what it left for readers that do not know it."""
        for node in element.iter(f"{{{AC}}}adf-node"):
            if node.get("type") == "panel":
                kind = next((a.text or "" for a in node if a.get("key") in ("panel-type", "panelType")), "")
                self.admonition(_ADMONITIONS.get(kind.lower(), "note"), "", child_of(node, "adf-content"))
                return
        fallback = child_of(element, "adf-fallback")
        if fallback is not None:
            self.children(fallback)

    def task(self, element: etree._Element) -> None:
        status = child_of(element, "task-status")
        done = status is not None and (status.text or "").strip() == "complete"
        self.wrapped(f"<li>{'[x]' if done else '[ ]'} ", child_of(element, "task-body"), "</li>")

    def tasks(self, element: etree._Element) -> None:
        self.wrapped("<ul>", element, "</ul>")

    def link(self, element: etree._Element) -> None:
        body = child_of(element, "link-body")
        plain = child_of(element, "plain-text-link-body")
        body = body if body is not None else plain
        target = next((child for child in element if isinstance(child.tag, str) and name_of(child)[0] == "ri"), None)
        anchor = attribute_of(element, "anchor") or ""
        if target is not None:
            self._reference(target, body, anchor)
        elif body is not None:
            self.wrapped(f'<a href="#{escape(quote(anchor))}">' if anchor else "<a>", body, "</a>")
        else:
            self.text(anchor)

    def _reference(self, target: etree._Element, body: etree._Element | None, anchor: str) -> None:
        href, shown = self._target(target, anchor)
        opening = f'<a href="{escape(href)}">' if href else "<span>"
        closing = "</a>" if href else "</span>"
        if body is not None and ("".join(body.itertext()).strip() or len(body)):
            self.wrapped(opening, body, closing)
        elif shown:
            self.out.append(f"{opening}{escape(shown, quote=False)}{closing}")

    def _target(self, target: etree._Element, anchor: str = "") -> tuple[str, str]:
        """Where a reference leads, and what it is called."""
        about, kind = self._about, name_of(target)[1]
        title = attribute_of(target, "content-title") or ""
        fragment = f"#{quote(anchor)}" if anchor else ""
        if kind in ("page", "blog-post") and title:
            space = attribute_of(target, "space-key") or about.space
            href = f"{about.url}/display/{quote(space)}/{quote(title, safe='')}{fragment}" if about.url else ""
            return href if kind == "page" else "", title
        if kind == "attachment":
            name = attribute_of(target, "filename") or ""
            here = about.url and target.find(f"{{{RI}}}page") is None
            return f"{about.url}/download/attachments/{about.page}/{quote(name, safe='')}" if here else "", name
        if kind == "user":
            ids = [attribute_of(target, key) or "" for key in ("account-id", "userkey", "username")]
            known = next((about.people[id] for id in ids if id in about.people), "")
            return "", f"@{known or ids[2]}" if known or ids[2] else ""
        if kind == "url":
            return attribute_of(target, "value") or "", attribute_of(target, "value") or ""
        if kind == "space":
            return "", attribute_of(target, "space-key") or ""
        return "", ""

    def image(self, element: etree._Element) -> None:
        target = next((child for child in element if isinstance(child.tag, str) and name_of(child)[0] == "ri"), None)
        source = self._target(target)[0] if target is not None else ""
        alt = attribute_of(element, "alt") or attribute_of(element, "title") or ""
        self.out.append(f'<img src="{escape(source)}" alt="{escape(alt)}">')
        caption = child_of(element, "caption")
        if caption is not None:
            self.wrapped("<p>", caption, "</p>")

    def emoticon(self, element: etree._Element) -> None:
        fallback = attribute_of(element, "emoji-fallback") or ""
        known = _EMOTICONS.get(attribute_of(element, "name") or "", "")
        self.text(known if not fallback or fallback.startswith(":") else fallback)


_ADMONITIONS = {
    "info": "info", "note": "note", "warning": "warning", "tip": "tip", "panel": "note", "success": "tip",
    "error": "danger", "custom": "note",
}  # fmt: skip
_CODE = frozenset(("code", "noformat", "codeblock", "paste-code-macro", "code-pro"))
_SHOWN = {"status": "title", "status-handy": "status", "jira": "key", "jiraissues": "key"}
_LINKING = frozenset(
    ("include", "excerpt-include", "multiexcerpt-include", "view-file", "viewpdf", "viewdoc", "viewxls", "viewppt")
)
_UNSEEN = words(
    "toc children pagetree pagetreesearch recently-updated contentbylabel content-report-table detailssummary "
    "attachments gallery livesearch search index blog-posts change-history contributors contributors-summary profile "
    "popular-labels related-labels labels-list listlabels navmap space-attachments spaces create-from-template "
    "recently-updated-dashboard favpages network userlister roadmap chart widget iframe html-include rss"
)
_HANDLERS: Mapping[str, Callable[[_Writer, etree._Element], None]] = {
    "structured-macro": _Writer.macro,
    "macro": _Writer.macro,
    "adf-extension": _Writer.extension,
    "task-list": _Writer.tasks,
    "task": _Writer.task,
    "link": _Writer.link,
    "image": _Writer.image,
    "emoticon": _Writer.emoticon,
    **dict.fromkeys(
        ("parameter", "default-parameter", "plain-text-body", "placeholder", "task-id", "task-uuid", "task-status",
         "adf-attribute", "adf-parameter", "adf-mark"),
        _Writer.nothing,
    ),
}  # fmt: skip


def _scripted(key: str, value: str) -> bool:
    scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+.-]*):", value) if key in ("href", "src") else None
    return scheme is not None and scheme[1].lower() not in ("http", "https", "mailto", "tel")
