"""Which language a code block of an HTML page is in."""

import re

from bs4 import Tag

from headwater.parsing.html_tree import attr, first_tag, words

_LANGUAGE = re.compile(
    r"(?:^|\s)(?:(?:language|lang|highlight-source|highlight|src)-|(?:brush:|sourceCode)\s*)([\w+#.-]+)", re.I
)
_NO_LANGUAGE = words("default none text plain plaintext nohighlight no-highlight output notranslate highlight txt code")
_CODE_PARENTS = frozenset(("div", "figure", "td", "table", "tr", "tbody"))
_CODE = frozenset(("code",))


def code_language(tag: Tag) -> str:
    """Language of a code block, from its own attributes, its `code` element's, or the boxes around it."""
    code = first_tag(tag, _CODE)
    near = [tag, *([code] if code is not None else [])]
    for parent in tag.parents:
        if parent.name not in _CODE_PARENTS or len(near) > 4:
            break
        near.append(parent)
    for element in near:
        named = attr(element, "data-lang") or attr(element, "data-language") or attr(element, "lang-name")
        found = _LANGUAGE.search(attr(element, "class"))
        if not named and "literal-block" in attr(element, "class"):
            named = attr(element, "lang")
        language = (named or (found.group(1) if found else "")).lower().strip("-")
        if language:
            return "" if language in _NO_LANGUAGE else language
    return ""
