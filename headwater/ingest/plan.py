"""Compare a source's listing with the ledger: what changed, what is gone, what stays."""

from collections.abc import Callable, Set
from dataclasses import dataclass

from headwater.errors import FatalError
from headwater.ingest.absence import is_final
from headwater.ingest.fingerprint import is_current
from headwater.ingest.listing import listed, token_of
from headwater.interfaces import Connector
from headwater.ledger.base import Failure, Ledger
from headwater.model import Checkpoint, Complete, Gone, Ref, Unreadable


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
        complete=False,
    )


def plan_source(connector: Connector, ledger: Ledger, generation: str, fingerprint: Callable[[str, str], str]) -> Plan:
    """Scan the source and compare; FatalError when a source that had documents suddenly lists none."""
    live = ledger.versions(generation, connector.name)
    failures = {f.document: f for f in ledger.failures(generation, connector.name)}
    blocks = {b.document: b.reason for b in ledger.blocks() if b.source == connector.name}
    seen: set[str] = set()
    gone: list[str] = []
    changed: list[Ref] = []
    failing: list[Failure] = []
    unreadable: list[Unreadable] = []
    blocked: list[tuple[str, str]] = []
    same: list[Ref] = []
    complete = False
    resume = token_of(ledger, connector.name) if live and generation == ledger.generation() else None
    token: bytes | None = None
    for item in listed(connector, ledger, resume):
        match item:
            case Ref(id, version):
                if id in seen:
                    continue
                seen.add(id)
                failure = failures.get(id)
                if id in blocks:
                    blocked.append((id, blocks[id]))
                elif id in live and live[id][0] == version and is_current(live[id][1], fingerprint):
                    same.append(item)
                elif failure is not None and _still_fails(failure, version, fingerprint):
                    failing.append(failure)
                else:
                    changed.append(item)
            case Unreadable(id):
                seen.add(id)
                unreadable.append(item)
            case Gone(id):
                gone.append(id)
            case Complete():
                complete = True
            case Checkpoint():
                token = item.token
    if complete and live and not seen:
        raise FatalError(
            f"source {connector.name!r} lists no documents, but {len(live)} of it are searchable: nothing was removed",
            advice=f"If that is intended, run `headwater remove --source {connector.name}`.",
        )
    if resume is not None and not complete:
        changed += _unlisted_work(live, failures, seen | blocks.keys() | set(gone), fingerprint)
    absent = {id for id in gone if id in live and id not in seen}
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
        checkpoint=token,
        forgotten=tuple(sorted(failures.keys() - seen)) if complete else (),
        new=frozenset(ref.id for ref in changed if ref.id not in live),
    )


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
