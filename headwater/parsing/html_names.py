"""What the furniture of a page is called by those who make themes and help centers, and what it says."""

import re
from functools import lru_cache

from headwater.model import Block, BlockKind

_CLASS_WORDS = re.compile(
    r"(?:^|\s)(?!has-|with-|no-|is-|hide-|show-|without-)(?:(?!with)[a-z0-9]+[-_]{1,2}){0,3}"
    r"(?:nav|navbar|navheader|navfooter|mobile-nav|sidebar|sphinxsidebar|sidenav|breadcrumbs?|toc|tableofcontents|"
    r"table-of-contents|pagination|pager|skip-?link|skip-?nav|skip-to-(?:main|content)\w*|cookies?|consent|gdpr|newsletter|"
    r"edit-this-page|edit-on-github|edit-page|prev-next|next-prev|was-this-helpful|social-share|share-buttons|"
    r"linenos?|line-?numbers?|gutter|linenodiv|copy-?btn|copybutton|copy-code|mw-editsection|site-?header|site-?footer|"
    r"page-?footer|masthead|indexterm)"
    r"(?:[-_]{1,2}[a-z0-9]+){0,3}(?=\s|$)"
    r"|(?:^|\s)(?:[a-z0-9]+[-_]{1,2}){0,3}navigation(?:[-_]{1,2}(?:bar|menu|links?|list|wrapper|header|footer))?(?=\s|$)"
    r"|(?:^|\s)(?:related|footer|search|searchbox|menu|share|social|comments|feedback|advert|ads|advertisement|promo|"
    r"banner|topbar|back-to-top)(?=\s|$)",
    re.I,
)
# Of names written in words: parts joined by hyphens, in lower case.
_BOX = (
    r"(?:-(?:widget|form|box|bar|buttons?|container|section|wrapper|area|list|links?|icons?|block|panel|prompt|module))"
    r"{0,2}"
)
_WORDY = re.compile(
    r"(?:(?:article|page|post|posts|entry|doc|docs|content|kb|topic|help|section|site|theme|blog|widget)-){0,3}(?:"
    rf"votes?{_BOX}|vote-controls|voting|share{_BOX}|relatives|recent-(?:articles|posts)|recently-viewed(?:-\w+)?|"
    r"related-(?:articles|posts|content|contents|pages|topics|links|docs|guides|questions|resources|items|reading)|"
    rf"(?:was-this-)?helpful(?:ness)?{_BOX}|was-this-\w+|feedback{_BOX}|(?:article|page|doc|docs)-rating{_BOX}|"
    rf"rating-(?:widget|form|box)|edit-(?:link|page|button)|edit-this-\w+|github-edit{_BOX}|bread-?crumbs?(?:-\w+){{0,3}}|"
    r"toc(?:-\w+){1,3}|(?:on|in)-this-(?:page|article)|page-toc|"
    r"cookie-(?:notice|bar|banner|consent|policy|popup|message|law\w*)(?:-\w+)?|cookie-?consent|cybot\S*|cc-(?:window|banner)|"
    r"onetrust(?:-\w+){0,3}|"
    rf"social-(?:links|icons|media|buttons|bar|sharing)|sharedaddy|addthis(?:-\w+)*|addtoany(?:-\w+)*|"
    r"comments?-(?:area|list|form|section|thread|respond)|(?:article|post)-comments|disqus-thread|announcement-bar|"
    rf"site-(?:banner|notice)|subscribe{_BOX}|sign-?up-(?:form|box)|search-(?:form|box|bar|input|field)|"
    r"(?:back|scroll)-to-top|scroll-top|contributors|(?:next|prev|previous)-(?:post|page|article|topic)s?|prev-?next|"
    r"(?:page|post)-?nav(?:igation)?|chat-widget|intercom-\S+|zendesk-widget|web-widget|"
    r"(?:article|post|entry|doc)-footer|top-bar|(?:mobile|side|left|right|main|top|user|sub)-(?:menu|nav|bar)|"
    r"nav-(?:menu|links|list|wrapper))"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HASHED = re.compile(r"-{2,}.*|-(?=\w*\d)(?=\w*[a-z])\w{5,}$")
_LONGEST = 120
_ASKS = re.compile(
    r"(?:was|is|did|were|do|have) (?:this|these|you|we|the) .{0,60}\b(?:helpful|useful|help|looking for)\b.{0,12}\?"
    r"(?:\W|\byes\b|\bno\b|\bthanks\b|\bthank you\b)*|\d+ out of \d+ (?:people )?found this helpful\W*|"
    r"(?:skip|jump) to (?:the )?(?:main )?(?:content|navigation|search)\W*|"
    r"(?:back|return|scroll|go) to (?:the )?top\W*",
    re.I,
)
_EDITS = re.compile(
    r"(?:edit|improve|suggest (?:an |a )?(?:edits?|changes?)|view (?:the )?source)\b(?:.{0,20}\b(?:page|article|github|"
    r"gitlab|source|document))?\W*",
    re.I,
)


@lru_cache(maxsize=4096)
def named_furniture(names: str) -> bool:
    """Whether classes and an id are those of navigation, dialogs about cookies, forms for feedback and the like."""
    if len(names) >= 1000:
        return False
    return _CLASS_WORDS.search(names) is not None or any(_WORDY.fullmatch(_words(name)) for name in names.split())


def _words(name: str) -> str:
    # CSS modules add a hash: `breadcrumbsContainer_Z_bl`, `toc--x81ab`.
    spelled = _CAMEL.sub("-", name.split("__")[0]).lower().replace("_", "-").strip("-")
    return _HASHED.sub("", spelled)


def asks_for_feedback(block: Block) -> bool:
    """Whether a block is what pages say of themselves: "Was this helpful?", "Back to top", "Edit this page"."""
    if block.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.HEADING) or len(block.text) > _LONGEST:
        return False
    if _ASKS.fullmatch(block.text):
        return True
    linked = len(block.links) == 1 and block.links[0][0] == block.text
    return linked and len(block.text) < 40 and _EDITS.fullmatch(block.text) is not None
