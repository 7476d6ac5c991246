"""The leases of whoever serves a state folder, and of whoever fires its schedules."""

from headwater.ledger.holder import this_host
from headwater.model import digest
from headwater.settings import Settings

_SERVE, _SCHEDULES = "serve", "schedules"


def serve_lease(settings: Settings) -> str:
    """One for each state folder; a ledger on a server may be that of several."""
    return _of_folder(_SERVE, settings)


def schedules_lease(settings: Settings) -> str:
    """Held beside the one above by a `headwater serve` that runs sources when they are due."""
    return _of_folder(_SCHEDULES, settings)


def fires_schedules(lease: str) -> bool:
    return lease.partition(":")[0] == _SCHEDULES


def _of_folder(name: str, settings: Settings) -> str:
    if not settings.ledger.url.reveal():
        return name
    return f"{name}:{digest(this_host(), str(settings.home.resolve()))[:16]}"
