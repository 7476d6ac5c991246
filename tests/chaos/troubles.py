"""What a service answers instead of what it was asked for; numbers below 100 are no statuses of HTTP."""

from tests.connectors.services.local import Reply

CUT, BROKEN, EMPTY, LOGIN, SLOW, AWAY, CLOSED, A_LIST = range(8)
PATIENCE = 0.25
"""Seconds in which a service has to answer, of which one in trouble takes more."""
_NAMES = ("cut off", "broken JSON", "{}", "login page", "timeout", "redirect away", "closed for an hour", "[]")
_LOGIN_PAGE = b"<html><body><h1>Sign in</h1><form><input name=user><input name=password></form></body></html>"
_HALF = b'{"version": "1", "articles": [{"id": 1, "ti'


def named(status: int) -> str:
    return _NAMES[status] if status < len(_NAMES) else str(status)


def troubled(status: int) -> Reply:
    match status:
        case 0:
            return Reply(body=_HALF, cut=True)
        case 1:
            return Reply(body=_HALF)
        case 2:
            return Reply(body=b"{}")
        case 3:
            return Reply(body=_LOGIN_PAGE, headers={"Content-Type": "text/html"})
        case 4:
            return Reply(body=_LOGIN_PAGE, slow=2 * PATIENCE)
        case 5:
            return Reply(302, headers={"Location": "https://login.example.com/"})
        case 6:
            return Reply(503, headers={"Retry-After": "3600"})
        case 7:
            return Reply(body=b"[]")
        case 429:
            return Reply(429, headers={"Retry-After": "0"})
        case _:
            return Reply(status)
