"""Whether a request that changes something was made on a page of this dashboard.

https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from headwater.errors import ForbiddenError

HEADER, FIELD = "x-csrf-token", "csrf"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def check_origin(headers: Mapping[str, str]) -> None:
    """ForbiddenError unless the browser says that the request comes from this very site."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin", "")
    if site == "same-origin":
        return
    # Not every browser says where from on plain http; every one states the origin of a POST.
    place = _place(origin)
    if site is not None or not place or place != headers.get("host", "").lower():
        raise _elsewhere()


def speaks_https(headers: Mapping[str, str]) -> bool:
    """What the browser speaks, which a proxy in front of us may translate: only its own word counts."""
    return headers.get("origin", "").lower().startswith("https://")


def _place(origin: str) -> str:
    """Host and port; "" where there is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def check_token(expected: str, headers: Mapping[str, str], fields: Mapping[str, str]) -> None:
    """ForbiddenError unless the token of the session came with it, in the header or in the form."""
    given = headers.get(HEADER) or fields.get(FIELD, "")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForbiddenError(
            "this form is of another session", advice="Go back, load the page again and repeat what you wanted to do."
        )


def _elsewhere() -> ForbiddenError:
    return ForbiddenError(
        "this was not asked for on a page of the dashboard", advice="Open the dashboard and try there."
    )
