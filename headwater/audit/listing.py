"""A source's own listing against the ledger's rows: in both, in one only, in another version, for other readers."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from headwater.audit.examine import say_access
from headwater.audit.values import (
    GONE,
    NEVER_INGESTED,
    WRONG_ACCESS,
    WRONG_EMBEDDING,
    WRONG_VERSION,
    Finding,
)
from headwater.errors import GoneError, HeadwaterError
from headwater.interfaces import Connector
from headwater.ledger.base import DocumentRow
from headwater.model import Access, Complete, Gone, RawDocument, Ref, Unreadable

COMPLETE, INCOMPLETE, FAILED = "complete", "incomplete", "failed"
MOST_FETCHED = 200
"""Documents listed in another version that are opened, to learn whether and for whom they are another document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is needed of a source beside its documents' rows; the rules are those of an ingest."""

    connector: Connector
    fetch: Callable[[str, str | None], RawDocument | None]
    """By id; None when the source confirms that this version is still current. Raises as a connector does."""
    is_final: bool
    """Whether a document that a complete listing lacks is gone without a second look."""
    withholds: Callable[[int, int], bool]
    """Whether so many of so many documents gone at once are too many to be believed."""
    tombstones: frozenset[str]
    blocked: Mapping[str, str]
    failing: Mapping[str, str]
    """Documents that failed, and in which version."""
    is_current: Callable[[str], bool]
    """Whether a stored processing fingerprint is the one of today's settings."""


@dataclass(slots=True)
class Compared:
    """`listed` and `rows` count every document once, by what it is."""

    state: str = COMPLETE
    note: str = ""
    total_listed: int = 0
    total_rows: int = 0
    listed: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class _Listing:
    entries: dict[str, Ref | Unreadable] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    complete: bool = False


def compare(known: Known, rows: Iterable[DocumentRow]) -> Compared:
    """`rows` are those of the source, read once and not kept; HeadwaterError leaves as a note."""
    found = Compared()
    try:
        listing = _listing(known.connector)
    except HeadwaterError as error:
        found.state, found.note = FAILED, error.in_full
        listing = None
    absent: list[str] = []
    met: set[str] = set()
    changed: list[tuple[DocumentRow, Ref]] = []
    for row in rows:
        found.total_rows += 1
        _fingerprint(found, known, row)
        if listing is None:
            found.rows["not comparable"] += 1
            continue
        met.add(row.id)
        _row(found, known, row, listing, absent, changed)
    if listing is not None:
        _absent(found, known, listing, absent)
        _changed(found, known, changed)
        _unknown(found, known, listing, met)
        found.total_listed = len(listing.entries)
        if listing.complete and found.total_rows and not listing.entries:
            found.state = FAILED
            found.note = f"it lists no documents, but {found.total_rows:,} of it are searchable"
        elif not listing.complete:
            found.state = INCOMPLETE
            found.note = "what it did not list was not taken for gone"
    return found


def _listing(connector: Connector) -> _Listing:
    """From the beginning, whatever a run has learned; an entry that is listed twice counts as it was last."""
    found = _Listing()
    for item in connector.scan():
        match item:
            case Ref(id) | Unreadable(id):
                found.entries[id] = item
            case Gone(id):
                found.gone.add(id)
            case Complete():
                found.complete = True
    return found


def _row(
    found: Compared,
    known: Known,
    row: DocumentRow,
    listing: _Listing,
    absent: list[str],
    changed: list[tuple[DocumentRow, Ref]],
) -> None:
    item = listing.entries.get(row.id)
    if row.id in known.blocked:
        found.rows["gone"] += 1
        found.findings.append(_finding(GONE, row, f"a person took it out of search: {known.blocked[row.id]}"))
        return
    if item is None:
        absent.append(row.id)
        return
    found.rows["in source"] += 1
    if isinstance(item, Unreadable):
        return
    if item.access is not None and item.access != row.access:
        _other_readers(found, row, item.access)
    if item.version == row.version or known.failing.get(row.id) == item.version:
        return
    changed.append((row, item))


def _absent(found: Compared, known: Known, listing: _Listing, absent: list[str]) -> None:
    """Gone only where an ingest would believe it: said so, or not in a complete listing and not found by its id."""
    empty = not listing.entries
    unsure = [id for id in absent if id not in listing.gone]
    if empty or not listing.complete:
        found.rows["not comparable"] += len(unsure)
        unsure = []
    going = [(id, "the source says that it was removed") for id in absent if id in listing.gone]
    ask = not known.is_final and not known.withholds(len(absent), found.total_rows)
    for id in unsure:
        state = _still_there(known, id) if ask and id not in known.tombstones else "gone"
        if state == "gone":
            going.append((id, "a complete listing of the source lacks it"))
        else:
            found.rows[state] += 1
    found.rows["gone"] += len(going)
    name = known.connector.name
    found.findings += [Finding(GONE, name, id, detail) for id, detail in going]


def _still_there(known: Known, id: str) -> str:
    try:
        known.fetch(id, None)
    except GoneError:
        return "gone"
    except HeadwaterError:
        return "not comparable"
    return "in source"


def _unknown(found: Compared, known: Known, listing: _Listing, met: set[str]) -> None:
    """Count every listed document once, and name those that nothing is known of."""
    other = {finding.document for finding in found.findings if finding.kind == WRONG_VERSION}
    for id, item in listing.entries.items():
        if isinstance(item, Unreadable):
            state = "unreadable"
        elif id in known.blocked:
            state = "blocked"
        elif id in other:
            state = "other version"
        elif known.failing.get(id) == item.version:
            state = "failing"
        elif id in met:
            state = "same"
        else:
            state = "never ingested"
            found.findings.append(Finding(NEVER_INGESTED, known.connector.name, id, f"version {item.version}"))
        found.listed[state] += 1


def _changed(found: Compared, known: Known, changed: list[tuple[DocumentRow, Ref]]) -> None:
    """Some sources name one version in two ways, and few listings say who may read: a bounded number is opened."""
    for number, (row, item) in enumerate(changed):
        raw: RawDocument | None = None
        if number < MOST_FETCHED:
            try:
                raw = known.fetch(row.id, row.version or None)
            except HeadwaterError:
                raw = None
            else:
                if raw is None and row.version:
                    continue
        said = f"its source has {item.version}" if row.version else "a run that was stopped left it to the next"
        found.findings.append(_finding(WRONG_VERSION, row, f"the ledger has version {row.version or 'none'}, {said}"))
        if raw is not None and item.access is None and raw.access != row.access:
            _other_readers(found, row, raw.access)
    if len(changed) > MOST_FETCHED:
        found.note = f"of {len(changed):,} documents listed in another version, {MOST_FETCHED} were opened"


def _other_readers(found: Compared, row: DocumentRow, access: Access) -> None:
    detail = f"{say_access(row.access)} may read it, its source lets {say_access(access)}"
    found.findings.append(_finding(WRONG_ACCESS, row, detail, leak=row.access.takes_from(access)))


def _fingerprint(found: Compared, known: Known, row: DocumentRow) -> None:
    if not known.is_current(row.fingerprint):
        found.findings.append(_finding(WRONG_EMBEDDING, row, "processed otherwise than the settings ask now"))


def _finding(kind: str, row: DocumentRow, detail: str, *, leak: bool = False) -> Finding:
    return Finding(kind, row.source, row.id, detail, 0, leak)
