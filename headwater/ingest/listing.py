"""A source's listing, taken up where an earlier one ended, or was interrupted.

A connector stays without state: what its `Checkpoint` says is kept here. After a run that ended well the last token is
the source's; while a listing is under way, what it has listed so far is kept beside the token, so that a crash costs
no more than the last seconds of it.
"""

import base64
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from headwater.clock import utc_now
from headwater.interfaces import Connector, Scanned
from headwater.ledger.base import Ledger
from headwater.model import Access, Checkpoint, Complete, Gone, Ref, Unreadable, digest

UNDER_WAY = "listing"
"""Name under which the ledger learns an unfinished listing."""
SAVE_SECONDS = 10.0
WORTH = timedelta(hours=1)
"""An interrupted listing older than this says too little of what its source holds now."""


def token_of(ledger: Ledger, source: str) -> bytes | None:
    """What the last run that ended well left for the next listing."""
    return next((row.checkpoint for row in ledger.sources() if row.name == source), None)


def began_at(connector: Connector, ledger: Ledger) -> datetime:
    """When the listing that comes next began: earlier than now when it goes on with an interrupted one."""
    found = _usable(connector, ledger)
    return datetime.fromisoformat(found.get("began") or found["at"]) if found else utc_now()


def listed(connector: Connector, ledger: Ledger, resume: bytes | None) -> Iterator[Scanned]:
    """What an interrupted listing had found, then the rest of it; else the whole, from `resume` on."""
    found, began = _interrupted(connector, ledger), began_at(connector, ledger)
    items: list[Scanned] = []
    if found is not None:
        items, resume = found
        yield from items
    kept, saved = bool(items), time.monotonic()
    for item in connector.scan(resume):
        if isinstance(item, Checkpoint):
            if time.monotonic() - saved >= SAVE_SECONDS:
                _keep(connector, ledger, items, item.token, began)
                kept, saved = True, time.monotonic()
        elif not isinstance(item, Complete):
            items.append(item)
        yield item
    if kept:
        ledger.learn(connector.name, UNDER_WAY, {})


def _keep(connector: Connector, ledger: Ledger, items: list[Scanned], token: bytes, began: datetime) -> None:
    value = {
        "connector": _settings(connector),
        "at": utc_now().isoformat(),
        "began": began.isoformat(),
        "token": base64.b64encode(token).decode(),
        "items": [_written(item) for item in items],
    }
    ledger.learn(connector.name, UNDER_WAY, value)


def _usable(connector: Connector, ledger: Ledger) -> Mapping[str, Any] | None:
    found = ledger.learned(connector.name, UNDER_WAY)
    if not found or found["connector"] != _settings(connector):
        return None
    return None if utc_now() - datetime.fromisoformat(found["at"]) > WORTH else found


def _interrupted(connector: Connector, ledger: Ledger) -> tuple[list[Scanned], bytes] | None:
    found = _usable(connector, ledger)
    if found is None:
        return None
    return [_read(item) for item in found["items"]], base64.b64decode(found["token"])


def _settings(connector: Connector) -> str:
    """Changes with the connector's settings, of which its repr shows all but secrets."""
    return digest(repr(connector))


def _written(item: Scanned) -> list[Any]:
    match item:
        case Ref(id, version, access, content):
            readers = None if access is None else [sorted(access.allow), sorted(access.deny)]
            return ["ref", id, version, readers, content]
        case Gone(id):
            return ["gone", id]
        case Unreadable(id, error, reason):
            return ["unreadable", id, error, reason]
        case _:
            raise TypeError(f"{type(item).__name__} is not kept")


def _read(written: list[Any]) -> Scanned:
    match written:
        case ["ref", str(id), str(version), None, str(content)]:
            return Ref(id, version, None, content)
        case ["ref", str(id), str(version), [list(allow), list(deny)], str(content)]:
            return Ref(id, version, Access(frozenset(allow), frozenset(deny)), content)
        case ["gone", str(id)]:
            return Gone(id)
        case ["unreadable", str(id), str(error), str(reason)]:
            return Unreadable(id, error, reason)
        case _:
            raise ValueError(f"{written!r} was not written by this program")
