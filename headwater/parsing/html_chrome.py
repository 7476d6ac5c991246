"""What on a page is not its content: hidden elements, and the furniture that every page of a site carries."""

import re
from functools import lru_cache

from bs4 import Tag

from headwater.parsing.html_tree import Page, ancestors, attr, first_tag, is_permalink, words

_NEVER = words(
    "script style template head link meta noscript svg iframe object embed applet canvas audio video map area "
    "input select option optgroup datalist textarea progress meter rp annotation annotation-xml "
    "audio source track param base title colgroup col"
)
_FURNITURE = frozenset(("nav", "search", "dialog"))
_FURNITURE_ROLES = words("navigation search banner contentinfo complementary menu menubar toolbar doc-toc")
_CONTENT = frozenset(("main", "article", "section"))
_FORM, _QUOTE, _TITLE = frozenset(("form",)), frozenset(("blockquote",)), frozenset(("h1",))
_IN_BUTTON = words("h1 h2 h3 h4 h5 h6 dt summary")

_HIDING = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0*\.?0*\s*(?:;|!|$)"
    r"|font-size\s*:\s*0[a-z%]*\s*(?:;|!|$)|(?:left|top|right|text-indent|margin-left)\s*:\s*-\d{4,})",
    re.I,
)
_SCREEN_READER = re.compile(
    r"(?:^|\s)(?:sr-only|visually-?hidden|screen-reader-text|a11y-hidden)(?=\s|$)",
    re.I,
)
_CLASS_WORDS = re.compile(
    r"(?:^|\s)(?!has-|with-|no-|is-|hide-|show-|without-)(?:(?!with)[a-z0-9]+[-_]{1,2}){0,3}"
    r"(?:nav|navbar|navigation|navheader|navfooter|mobile-nav|sidebar|sphinxsidebar|sidenav|breadcrumbs?|toc|tableofcontents|"
    r"table-of-contents|pagination|pager|skip-?link|skip-?nav|skip-to-(?:main|content)\w*|cookies?|consent|gdpr|newsletter|"
    r"edit-this-page|edit-on-github|edit-page|prev-next|next-prev|was-this-helpful|social-share|share-buttons|"
    r"linenos?|line-?numbers?|gutter|linenodiv|copy-?btn|copybutton|copy-code|mw-editsection|site-?header|site-?footer|"
    r"page-?footer|masthead|indexterm)"
    r"(?:[-_]{1,2}[a-z0-9]+){0,3}(?=\s|$)"
    r"|(?:^|\s)(?:related|footer|search|searchbox|menu|share|social|comments|feedback|advert|ads|advertisement|promo|"
    r"banner|topbar|back-to-top)(?=\s|$)",
    re.I,
)
_CLASS_TAGS = words("div section ul ol table p span td a header footer aside form button dl")

_AT_BLOCK = re.compile(r"@[^{};]*(?:;|\{(?:[^{}]|\{[^{}]*\})*\})")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_MOST_CSS = 100_000
_SIMPLE_SELECTOR = re.compile(r"[a-z]*([.#])([\w-]+)", re.I)


class Chrome:
    """Tells hidden elements and furniture from content, for one page.

    `furniture=False` drops only what is hidden or cannot be read: for pages that consist of navigation.
    """

    def __init__(self, page: Page, *, furniture: bool = True) -> None:
        self.furniture = furniture
        self.root: Tag = page.soup
        self.kept: set[int] = set()
        """Elements (by `id()`) that are content whatever they are called."""
        self.dropped: set[int] = set()
        self._hidden_names = _hidden_by_style(page.all("style"))
        self._tabs = any(attr(tag, "role") == "tablist" for tag in page.with_role)
        self._titles = len(page.all("h1"))

    def skip(self, tag: Tag) -> bool:
        """Whether this element and everything inside it stays out."""
        if tag.name in _NEVER:
            return True
        attrs = tag.attrs
        if tag.name in ("nav", "footer", "aside", "header", "search", "dialog", "button", "label"):
            return self.hidden(tag) or self._furniture_tag(tag)
        if self.furniture and id(tag) in self.dropped:
            return True
        if not attrs:
            return False
        return self.hidden(tag) or (self.furniture and self._furniture_class(tag))

    def hidden(self, tag: Tag) -> bool:
        """Whether a person looking at the page would not see it."""
        attrs = tag.attrs
        if not attrs:
            return False
        if "hidden" in attrs and not self._one_click_away(tag):
            return True
        if attr(tag, "aria-hidden").lower() == "true":
            return True
        style = attr(tag, "style")
        if style and _HIDING.search(style):
            return True
        names = attr(tag, "class")
        if names and _SCREEN_READER.search(names):
            return True
        if not self._hidden_names:
            return False
        return ("#" + attr(tag, "id")) in self._hidden_names or any(
            "." + name in self._hidden_names for name in names.split()
        )

    def _one_click_away(self, tag: Tag) -> bool:
        """A tab that is not the open one, or text that the browser unfolds when it is searched for."""
        tab = self._tabs and attr(tag, "role") == "tabpanel"
        return tab or attr(tag, "hidden").lower() == "until-found"

    def _furniture_tag(self, tag: Tag) -> bool:
        name = tag.name
        if name == "button":
            return next(ancestors(tag, _IN_BUTTON, most=8), None) is None
        if name == "label":
            return "for" in tag.attrs and next(ancestors(tag, _FORM), None) is not None
        if not self.furniture:
            return False
        if name in _FURNITURE:
            return True
        if name == "footer":
            return not _is_notes(tag) and next(ancestors(tag, _QUOTE), None) is None
        if name == "aside":
            return not _is_notes(tag)
        return self._page_header(tag) or self._furniture_class(tag)

    def _page_header(self, tag: Tag) -> bool:
        if self.root.name not in ("body", "html", "[document]"):
            return False
        if next(ancestors(tag, _CONTENT), None) is not None:
            return False
        # The only title of the page is content, wherever it stands.
        return self._titles != 1 or first_tag(tag, _TITLE) is None

    def _furniture_class(self, tag: Tag) -> bool:
        if attr(tag, "role") in _FURNITURE_ROLES:
            return id(tag) not in self.kept
        if is_permalink(tag):
            return True
        if tag.name not in _CLASS_TAGS:
            return False
        names = f"{attr(tag, 'class')} {attr(tag, 'id')}"
        return len(names) > 1 and _named_furniture(names) and id(tag) not in self.kept


@lru_cache(maxsize=4096)
def _named_furniture(names: str) -> bool:
    return len(names) < 1000 and _CLASS_WORDS.search(names) is not None


def _is_notes(tag: Tag) -> bool:
    return "note" in attr(tag, "role") or re.search(r"footnote|citation|topic", attr(tag, "class")) is not None


def _hidden_by_style(styles: list[Tag]) -> frozenset[str]:
    """`.class` and `#id` that the page's own style sheets hide on every screen."""
    hidden: set[str] = set()
    for style in styles:
        if "print" in attr(style, "media"):
            continue
        css = _AT_BLOCK.sub("", _CSS_COMMENT.sub("", (style.string or "")[:_MOST_CSS]))
        for selectors, declarations in _RULE.findall(css):
            if not _HIDING.search(declarations):
                continue
            for selector in selectors.split(","):
                match = _SIMPLE_SELECTOR.fullmatch(selector.strip())
                if match:
                    hidden.add(match.group(1) + match.group(2))
    return frozenset(hidden)
