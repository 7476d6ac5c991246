"""Where a passage can be looked up: the document's address with the nearest anchor, or the page."""

from dataclasses import dataclass
from urllib.parse import quote

from headwater.model import Block

LONGEST_ANCHOR = 500
"""Characters; nobody links to a longer one, and every passage below it would carry it."""


@dataclass(frozen=True, slots=True)
class Place:
    """An anchor wins over a page; neither means the document as a whole."""

    anchor: str = ""
    page: int = 0

    def at(self, block: Block) -> "Place":
        """The place of `block`, which lies at or after this one in the same section."""
        anchor = block.anchor if len(block.anchor) <= LONGEST_ANCHOR else ""
        return Place(anchor or self.anchor, block.page or self.page)


def citation(uri: str, place: Place) -> str:
    """`uri` with `#anchor` or `#page=N`; a fragment that the uri had already stays when there is neither."""
    if place.anchor:
        return f"{uri.partition('#')[0]}#{quote(place.anchor, safe=_IN_FRAGMENT)}"
    if place.page:
        return f"{uri.partition('#')[0]}#page={place.page}"
    return uri


# What RFC 3986 allows in a fragment as it is; "%" too, since anchors are often quoted already.
_IN_FRAGMENT = "!$&'()*+,;=:@/?-._~%"
