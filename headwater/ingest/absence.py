"""What becomes of documents that are not in their source's listing any more: removed, kept for now, or withheld.

Sources list less than they hold when they are broken, half-migrated, or asked with a credential that lost a right.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol, runtime_checkable

from headwater.errors import GoneError, HeadwaterError
from headwater.ingest.caution import Caution
from headwater.ingest.look import fetch
from headwater.interfaces import Connector
from headwater.ledger.base import Ledger
from headwater.model import RawDocument

TOMBSTONES, WITHHELD, APPROVED = "tombstones", "withheld", "approved"
"""Names under which the ledger learns, per source: {id: since}, {"documents": [...], ...}, {"documents": [...]}."""

EXAMPLES = 5


@runtime_checkable
class KnowsRequests(Protocol):
    """A connector that can tell what was removed on purpose from what is merely not there."""

    def removed_on_request(self, ids: Collection[str]) -> Set[str]: ...


def is_final(connector: Connector) -> bool:
    """Whether a complete listing of this connector is all there is, so that absence needs no second look."""
    return bool(getattr(connector, "absence_is_final", False))


def requested(connector: Connector, ids: Collection[str]) -> Set[str]:
    """Those of these documents that somebody removed at their source by name, where the connector knows of such."""
    return connector.removed_on_request(ids) if isinstance(connector, KnowsRequests) else frozenset()


def bury_no_more(ledger: Ledger, source: str, seen: Container[str]) -> None:
    """Whatever is listed (`seen`) is missed no more: its next absence will be the first again."""
    before = ledger.learned(source, TOMBSTONES) or {}
    standing = {id: since for id, since in before.items() if id not in seen}
    if standing != before:
        ledger.learn(source, TOMBSTONES, standing)


def confirmed_gone(
    connector: Connector,
    ledger: Ledger,
    unsure: Sequence[str],
    *,
    now: datetime,
    complete: bool,
    caution: Caution,
    found: Callable[[RawDocument], None] | None = None,
) -> list[str]:
    """Those of `unsure` (live, and missing from a complete listing) that are to be removed now.

    On its first absence a document is asked for by id: only GoneError removes it. Otherwise it gets a tombstone,
    which a later complete listing without it settles, or `caution.tombstone` of time, unless it is listed before
    that (see `bury_no_more`). `found` is told of those that were asked for and are still there.
    """
    standing: dict[str, str] = dict(ledger.learned(connector.name, TOMBSTONES) or {})
    gone: list[str] = []
    if complete:
        for id in unsure:
            if id in standing or _is_gone(connector, id, found):
                gone.append(id)
        kept = {id: now.isoformat() for id in unsure if id not in gone}
    else:
        gone, kept = _expired(standing, now, caution), standing
    if kept != standing:
        ledger.learn(connector.name, TOMBSTONES, kept)
    return gone


def _expired(tombstones: Mapping[str, str], now: datetime, caution: Caution) -> list[str]:
    return [id for id, since in tombstones.items() if now - datetime.fromisoformat(since) > caution.tombstone]


def _is_gone(connector: Connector, id: str, found: Callable[[RawDocument], None] | None) -> bool:
    try:
        raw = fetch(connector, id)
    except GoneError:
        return True
    except HeadwaterError:
        return False
    if found is not None and isinstance(raw, RawDocument):
        found(raw)
    return False


def withhold(ledger: Ledger, source: str, going: Collection[str], live: int, now: datetime) -> str:
    """Remember what was withheld, for `approve`, and say it in a sentence."""
    documents = sorted(going)
    ledger.learn(source, WITHHELD, {"documents": documents, "live": live, "since": now.isoformat()})
    examples = ", ".join(documents[:EXAMPLES]) + (", ..." if len(documents) > EXAMPLES else "")
    share = f"{100 * len(documents) / live:.0f}%" if live else "all"
    return f"{len(documents):,} of {live:,} documents ({share}) would be removed, and none was: {examples}"


def release(ledger: Ledger, source: str) -> None:
    """Nothing is withheld any more: what was approved is done, or came back."""
    for name in (WITHHELD, APPROVED):
        if ledger.learned(source, name):
            ledger.learn(source, name, {})


def is_approved(ledger: Ledger, source: str, going: Iterable[str]) -> bool:
    """Whether a person has approved that all of these go."""
    return set(going) <= approved_documents(ledger, source)


def approved_documents(ledger: Ledger, source: str) -> frozenset[str]:
    """Those that a person let go, or let be published, in the next run."""
    return frozenset((ledger.learned(source, APPROVED) or {}).get("documents", ()))
