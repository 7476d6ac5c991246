"""The memory between runs, and the commit point of every publication."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from headwater.ledger.acknowledged import AcknowledgedLedger
from headwater.ledger.catalogue import CatalogueLedger
from headwater.ledger.keys import KeysLedger
from headwater.ledger.pushed import PushedLedger
from headwater.ledger.standing import Change, FreshnessLedger
from headwater.ledger.waiting import InboxLedger
from headwater.model import Access, Meta


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease: enough to name them to a person, and to see that they are dead."""

    host: str
    pid: int
    started: float
    """Start time of the process, seconds since 1970, so that a reused pid is not taken for it."""
    command: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A live document: what is searchable now. Its point ids follow from (publication, source, id, 0..chunks-1)."""

    source: str
    id: str
    version: str
    content_hash: str
    fingerprint: str
    """Processing fingerprint: parser, cleaner, chunker, metadata policy, model, with their versions."""
    access: Access
    publication: int
    chunks: int
    kind: str
    title: str
    uri: str
    updated_at: datetime | None
    detected_at: datetime
    published_at: datetime
    verified_at: datetime
    meta: Meta = field(default_factory=dict)
    change: Change | None = field(default=None, compare=False, repr=False)
    """Why it is published: goes into the history, and is not read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the append-only history of outcomes; `outcome` is the class name in lower case."""

    at: datetime
    run: str
    source: str
    document: str
    outcome: str
    reason: str = ""
    version: str = ""
    epoch: int = 0
    chunks: int = 0
    embedded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a publication is about to stamp, so that recovery can undo it: written before the first stamp."""

    publication: int
    generation: str
    epoch: int
    new_ids: tuple[str, ...]
    old_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A number that is never used again; `state` is staging, intent, committed or undone."""

    number: int
    generation: str
    state: str
    holder: Holder
    intent: Intent | None
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a document is not searchable in its current version; kept until it succeeds or leaves its source."""

    source: str
    document: str
    version: str
    fingerprint: str
    error: str
    reason: str
    retriable: bool
    attempts: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Block:
    """A document that a person took out of search."""

    source: str
    document: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike a document is to others: documents of one `cluster` say nearly the same, and one is `canonical`.

    `signature` is what documents are compared by; `publication` names the version it was taken of.
    """

    source: str
    document: str
    publication: int
    signature: bytes = field(repr=False)
    cluster: str = ""
    canonical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """What is remembered of a source; `adhoc` ones come from the command line, not from the configuration."""

    name: str
    kind: str
    adhoc: bool
    documents: int = 0
    checkpoint: bytes | None = None
    last_complete: datetime | None = None
    last_success: datetime | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Everything that becomes true at once when a publication commits."""

    publication: int
    epoch: int
    rows: tuple[DocumentRow, ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    """(source, document) pairs that are no longer searchable."""
    events: tuple[Event, ...] = ()
    switch_to: str | None = None
    """Generation that becomes the live one in this commit."""


class Ledger(FreshnessLedger, InboxLedger, KeysLedger, AcknowledgedLedger, PushedLedger, CatalogueLedger, Protocol):
    """All methods are safe to call from several threads and processes; each is one transaction."""

    # identity and epochs
    def identity(self) -> str: ...
    def epoch(self) -> int:
        """E: the newest committed epoch; readers see points with from <= E < to."""
        ...

    def epoch_at(self, moment: datetime) -> int:
        """The newest epoch that was committed at or before `moment`; 0 when none was."""
        ...

    def published(self, generation: str) -> int:
        """The newest epoch that was committed in this generation; 0 when none was."""
        ...

    def now(self) -> datetime:
        """By the clock that leases, publications and epochs go by, whichever host asks."""
        ...

    def generation(self) -> str:
        """Name of the live generation of the index."""
        ...

    # publications
    def begin_publication(self, generation: str, holder: Holder) -> int: ...
    def next_epoch(self) -> int:
        """An epoch that was never attempted before, above E."""
        ...

    def write_intent(self, intent: Intent) -> None: ...
    def commit(self, commit: Commit) -> None:
        """The moment of publication; LeaseLostError when the publication was undone meanwhile."""
        ...

    def committed(self, publication: int) -> bool:
        """Whether it is, for good: a commit that is still under way, though its caller got an error, is waited for."""
        ...

    def abandon(self, publication: int) -> bool:
        """Mark as undone, so that it can never commit; its points may then be collected.

        False when it was committed already: it stays so, and its points are live.
        """
        ...

    def forget_publication(self, publication: int) -> None:
        """Called when no point of an undone publication is left in the index."""
        ...

    def open_publications(self) -> list[Publication]:
        """Those in staging or intent, and undone ones whose points were not collected yet."""
        ...

    # documents of one generation
    def documents(self, generation: str, source: str | None = None) -> Iterator[DocumentRow]: ...
    def versions(self, generation: str, source: str) -> dict[str, tuple[str, str]]:
        """id -> (version, fingerprint) of every live document: what a no-change run needs, and no more."""
        ...

    def document(self, generation: str, source: str, id: str) -> DocumentRow | None: ...
    def documents_named(self, generation: str, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], DocumentRow]:
        """Those of these (source, id) pairs that are live, in one transaction."""
        ...

    def count(self, generation: str, source: str) -> int:
        """How many documents of a source are live."""
        ...

    def find(self, generation: str, text: str) -> list[DocumentRow]:
        """Documents whose id is `text`, or ends in it, or whose `source/id` is it."""
        ...

    def touch(self, generation: str, source: str, versions: Mapping[str, str], verified_at: datetime) -> None:
        """Record that these documents were seen unchanged, under these (possibly new) versions."""
        ...

    def set_access(self, generation: str, source: str, id: str, access: Access) -> None:
        """After an access was narrowed in place, ahead of the publication that follows."""
        ...

    def outdate(self, generation: str, source: str, ids: Iterable[str]) -> None:
        """Take their processing fingerprint away, so that the next run processes them though nothing changed."""
        ...

    def drop_generation(self, generation: str) -> None: ...

    # history
    def record(self, events: Iterable[Event]) -> None: ...
    def history(self, source: str | None = None, document: str | None = None, limit: int = 100) -> list[Event]:
        """Newest first."""
        ...

    # documents that failed, by generation like the documents themselves
    def failures(self, generation: str, source: str | None = None) -> list[Failure]: ...
    def failures_named(self, generation: str, names: Iterable[tuple[str, str]]) -> list[Failure]:
        """Those of these (source, document) pairs."""
        ...

    def save_failures(self, generation: str, failures: Iterable[Failure]) -> None:
        """Insert or replace; `attempts` and `first_at` are kept as given."""
        ...

    def clear_failures(self, generation: str, keys: Iterable[tuple[str, str]]) -> None: ...

    # sources, blocks, runs
    def sources(self) -> list[SourceRow]: ...
    def save_source(self, row: SourceRow) -> None: ...
    def forget_source(self, name: str) -> None: ...
    def blocks(self) -> list[Block]: ...
    def block(self, block: Block) -> None: ...
    def unblock(self, source: str, document: str) -> bool: ...
    def learned(self, source: str, name: str) -> Mapping[str, Any] | None:
        """What was last learned of a source under this name, None when nothing was."""
        ...

    def learn(self, source: str, name: str, value: Mapping[str, Any]) -> None:
        """Replace what was learned; `value` is a JSON object."""
        ...

    # likenesses of live documents, by generation
    def likenesses(self, generation: str) -> list[Likeness]:
        """All of them, of documents that are live in the version compared."""
        ...

    def without_likeness(self, generation: str) -> list[DocumentRow]:
        """Live documents that have none in the version that is live, by source and document."""
        ...

    def clustered(self, generation: str, clusters: Iterable[str] | None = None) -> list[Likeness]:
        """Those of them that are in a cluster, or in one of these."""
        ...

    def save_likenesses(self, generation: str, found: Iterable[Likeness]) -> None:
        """Insert or replace."""
        ...

    def alike(self, generation: str, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """(source, document) -> cluster, for those of these that are in one."""
        ...

    def canonicals(self, generation: str, clusters: Iterable[str]) -> dict[str, tuple[str, str]]:
        """cluster -> (source, document) of the one that stands for it, while it is live."""
        ...

    def save_run(self, run: str, summary: Mapping[str, Any]) -> None: ...
    def runs(self, limit: int = 20) -> list[Mapping[str, Any]]: ...

    # leases
    def lease(self, name: str, holder: Holder, *, seconds: float, wait: float = 0.0) -> AbstractContextManager[None]:
        """Hold `name` (a source, or "publish") alone, renewed in the background until left.

        A holder on this machine whose process is gone, or whose lease ran out, is replaced at once. BusyError,
        naming the holder (pid, command, since when), when it is still held after `wait` seconds.
        """
        ...

    def holders(self) -> Sequence[tuple[str, Holder]]:
        """Live leases by name."""
        ...

    def alive(self, holder: Holder) -> bool:
        """False when its process is gone; of another machine, which cannot be asked: when all its leases ran out."""
        ...

    def close(self) -> None: ...
