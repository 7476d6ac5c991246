"""Compare a source's listing with the ledger: what changed, what is gone, what stays."""

from collections.abc import Callable, Container, Iterable, Set
from dataclasses import dataclass, field

from headwater.errors import FatalError, FetchError
from headwater.ingest.absence import is_final, requested
from headwater.ingest.fingerprint import is_current
from headwater.ingest.listing import listed, token_of
from headwater.interfaces import Connector, Scanned
from headwater.ledger.base import Failure, Ledger
from headwater.model import Checkpoint, Complete, Gone, Ref, Unreadable, digest

LONGEST_ID = 2_000
"""Bytes: with the names of generation and source, an entry of an index in Postgres (2,704 at most) has to hold it."""
SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run of this source has to do."""

    listed: int
    changed: tuple[Ref, ...]
    """New ones, those with another version, and those that would be processed differently now."""
    unchanged: int
    failing: tuple[Failure, ...]
    """Failed before in this very version, for a reason that another attempt would not change."""
    absent: tuple[str, ...]
    """Live documents that are gone: the source said so, or its listing is complete and final."""
    unreadable: tuple[Unreadable, ...]
    blocked: tuple[tuple[str, str], ...]
    """Listed documents a person took out of search, with the reason."""
    complete: bool
    forgotten: tuple[str, ...] = ()
    """Documents that failed before and are not listed any more."""
    checkpoint: bytes | None = None
    """From where the next listing may go on, once everything of this one is done."""
    unsure: tuple[str, ...] = ()
    """Live documents missing from a complete listing of a source that may hold more than it lists."""
    banned: frozenset[str] = frozenset()
    """Those of `absent` that a person took out of search."""
    same: tuple[Ref, ...] = ()
    """The unchanged ones."""
    new: frozenset[str] = frozenset()
    """Those of `changed` that are not live, so that nobody has to ask the ledger for their rows."""
    seen: frozenset[str] = frozenset()
    """Everything that the listing named, readable or not, and did not call gone."""


def plan_document(id: str, source: str, ledger: Ledger) -> Plan:
    """One document, looked at without a listing; its source says whether it still exists."""
    reason = next((b.reason for b in ledger.blocks() if (b.source, b.document) == (source, id)), None)
    return Plan(
        listed=1,
        changed=(Ref(id, ""),) if reason is None else (),
        unchanged=0,
        failing=(),
        absent=(),
        unreadable=(),
        blocked=() if reason is None else ((id, reason),),
        forgotten=() if reason is None else (id,),
        complete=False,
    )


def plan_source(
    connector: Connector,
    ledger: Ledger,
    generation: str,
    fingerprint: Callable[[str, str], str],
    between: Callable[[], None] = lambda: None,
) -> Plan:
    """Scan the source and compare; FatalError when a source that had documents suddenly lists none.

    `between` is called after each entry of the listing.
    """
    live = ledger.versions(generation, connector.name)
    failures = {f.document: f for f in ledger.failures(generation, connector.name)}
    blocks = {b.document: b.reason for b in ledger.blocks() if b.source == connector.name}
    changed: list[Ref] = []
    failing: list[Failure] = []
    unreadable: list[Unreadable] = []
    blocked: list[tuple[str, str]] = []
    same: list[Ref] = []
    resume = token_of(ledger, connector.name) if live and generation == ledger.generation() else None
    listing = _listing((_fitting(item, live) for item in listed(connector, ledger, resume)), between)
    seen, complete = listing.entries.keys(), listing.complete
    for id, item in listing.entries.items():
        failure = failures.get(id)
        if id in blocks:
            blocked.append((id, blocks[id]))
        elif isinstance(item, Unreadable):
            unreadable.append(item)
        elif id in live and live[id][0] == item.version and is_current(live[id][1], fingerprint):
            same.append(item)
        elif failure is not None and _still_fails(failure, item.version, fingerprint):
            failing.append(failure)
        else:
            changed.append(item)
    if complete and not seen and live.keys() - requested(connector, live.keys()):
        raise FatalError(
            f"source {connector.name!r} lists no documents, but {len(live)} of it are searchable: nothing was removed",
            advice=f"If that is intended, run `headwater remove --source {connector.name}`.",
        )
    if resume is not None and not complete:
        changed += _unlisted_work(live, failures, seen | blocks.keys() | set(listing.gone), fingerprint)
    absent = {id for id in listing.gone if id in live and id not in seen}
    missing = live.keys() - seen - absent if complete else set()
    if is_final(connector):
        absent |= missing
        missing = set()
    # A block that was stopped before it took the document out of search.
    banned = frozenset(live.keys() & blocks.keys())
    absent |= banned
    return Plan(
        listed=len(seen),
        changed=tuple(changed),
        unchanged=len(same),
        same=tuple(same),
        failing=tuple(failing),
        absent=tuple(sorted(absent)),
        unsure=tuple(sorted(missing - banned)),
        banned=banned,
        unreadable=tuple(unreadable),
        blocked=tuple(blocked),
        complete=complete,
        checkpoint=listing.token,
        # What a person took out is not to be mended by anybody.
        forgotten=tuple(sorted((failures.keys() & blocks.keys()) | (failures.keys() - seen if complete else set()))),
        seen=frozenset(seen),
        new=frozenset(ref.id for ref in changed if ref.id not in live),
    )


def _fitting(item: Scanned, live: Container[str]) -> Scanned:
    """An id that no ledger could keep is that of a document which cannot be read; one that is kept stays."""
    match item:
        case Ref(id) | Unreadable(id) if len(id) > LONGEST_ID // 4 and id not in live:
            length = len(id.encode("utf-8", "surrogatepass"))
            if length > LONGEST_ID:
                reason = f"its id has {length:,} bytes, and may have {LONGEST_ID:,}. Give it a shorter name or address."
                return Unreadable(f"{id[:SHOWN]}...{digest(id)[:12]}", FetchError.__name__, reason)
    return item


@dataclass(slots=True)
class _Listing:
    """A listing at its end; `token` is None when what it found last came after its last checkpoint."""

    entries: dict[str, Ref | Unreadable] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    token: bytes | None = None
    complete: bool = False


def _listing(items: Iterable[Scanned], between: Callable[[], None]) -> _Listing:
    """An entry that is listed twice counts as it was listed last: pages shift while they are being listed."""
    found = _Listing()
    for item in items:
        between()
        match item:
            case Ref(id) | Unreadable(id):
                found.entries[id] = item
            case Gone(id):
                found.gone.append(id)
            case Complete():
                found.complete = True
                continue
        # A checkpoint within a listing says where to go on with this one, not where the next has to begin.
        found.token = item.token if isinstance(item, Checkpoint) else None
    return found


def _unlisted_work(
    live: dict[str, tuple[str, str]],
    failures: dict[str, Failure],
    known: Set[str],
    fingerprint: Callable[[str, str], str],
) -> list[Ref]:
    """What a listing of changes alone leaves out, to be done all the same: other settings, failures to repeat."""
    outdated = [id for id, (_, made_by) in live.items() if not is_current(made_by, fingerprint)]
    failed = [id for id, f in failures.items() if f.retriable or not is_current(f.fingerprint, fingerprint)]
    return [Ref(id, "") for id in sorted({*outdated, *failed} - known)]


def _still_fails(failure: Failure, version: str, fingerprint: Callable[[str, str], str]) -> bool:
    if failure.retriable or failure.version != version:
        return False
    return is_current(failure.fingerprint, fingerprint)
