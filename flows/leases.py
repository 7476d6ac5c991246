"""The lease of whoever serves a state folder."""

from headwater.ledger.holder import this_host
from headwater.model import digest
from headwater.settings import Settings

_SERVE = "serve"


def serve_lease(settings: Settings) -> str:
    """One for each state folder; a ledger on a server may be that of several."""
    if not settings.ledger.url.reveal():
        return _SERVE
    return f"{_SERVE}:{digest(this_host(), str(settings.home.resolve()))[:16]}"


def is_serve(name: str) -> bool:
    return name.partition(":")[0] == _SERVE
