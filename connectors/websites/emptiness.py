"""A listing without a single page: of a site that is empty, or of settings under which nothing can be found."""

from collections.abc import Mapping

from headwater.errors import FatalError

OTHER_HOST, OTHER_FOLDER, REDIRECT, NO_DOCUMENT = "other host", "other folder", "redirect", "no document"
_SIGNS = {
    OTHER_HOST: "{} of its addresses are or lead to hosts that are none of this source",
    OTHER_FOLDER: "{} of its addresses lie outside of the folders that this source reads",
    REDIRECT: "{} of its pages lead to pages that this source does not read",
    NO_DOCUMENT: "{} of its addresses answer with something that is no document",
}
"""Reasons to leave out a page under which an empty listing says nothing about the site."""
_ADVICE = {
    OTHER_HOST: "Correct url, or add to allowed_hosts the hosts that the site is at.",
    OTHER_FOLDER: 'Correct url, or set path_prefix, such as path_prefix = ["/"].',
    REDIRECT: "Set url to where the site is by now, or set path_prefix or allowed_hosts.",
    NO_DOCUMENT: "Correct url: it has to be a page, with links or a sitemap.",
}


def misled(start: str, left_out: Mapping[str, int], hint: str = "") -> FatalError | None:
    """The error that an empty listing is, by what was left out; `hint` is advice that knows more. None for a site that
    may well be empty."""
    reasons = sorted((reason for reason in _SIGNS if left_out.get(reason)), key=lambda reason: -left_out[reason])
    if not reasons:
        return None
    said = "; ".join(_SIGNS[reason].format(f"{left_out[reason]:,}") for reason in reasons)
    return FatalError(f"nothing of {start} can be read: {said}", advice=hint or _ADVICE[reasons[0]])


def without_sitemap(start: str) -> FatalError:
    """Where links are not to be followed, there is no other way to find pages."""
    return FatalError(
        f"{start} has no sitemap, and its links are not followed",
        advice='Name its sitemap in sitemap, or set crawl = "auto" for this source.',
    )
