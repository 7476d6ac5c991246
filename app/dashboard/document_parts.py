"""What is drawn of one document: its chunks, what is known of it, and how soon its changes were searchable."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flows.document import STATED, One
from headwater.freshness.sources import lag_of
from headwater.freshness.terms import Terms
from headwater.ingest.stripped import STRIPPED
from headwater.ledger.base import DocumentRow
from headwater.ledger.standing import AT_SOURCE, PastChange
from headwater.metadata.origins import ACCESS_ORIGIN, ORIGINS, Level, origins_of
from headwater.metadata.schema import DATES
from headwater.model import CONTENT_VERSION, Chunk, MetaValue

COLOURS = 6
_HIDDEN = (ORIGINS, ACCESS_ORIGIN, STRIPPED, CONTENT_VERSION)
_COMPUTED = ("content_sha256", "text_sha256", "text_size")
_FOR_PROGRAMS = (*_COMPUTED, "media_type", "modified")
_WHAT = {
    "initial": "was there at first", "new": "was new", "content": "had other content", "settings": "settings changed",
    "access": "readers changed", "reprocessed": "processed again", "rebuilt": "rebuilt", "removed": "was taken out",
}  # fmt: skip
_KNOWN = ("title", "kind", "source", "document", "heading_path", "uri")
"""Shown for the document or the chunk already."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chunk as it is drawn; `text` is None for who may not read it, `own` is metadata that its document lacks."""

    chunk: Chunk
    text: str | None
    context: str
    own: dict[str, MetaValue]
    colour: int


@dataclass(frozen=True, slots=True)
class Slice:
    """A chunk in the strip of all that are shown, in percent of its width."""

    x: float
    width: float
    colour: int


@dataclass(frozen=True, slots=True)
class Past:
    """A change as far as the timeline shows it; `share` is its lag in percent of the longest, or of the promise."""

    change: PastChange
    what: str
    lag: timedelta | None
    exact: bool
    share: float
    late: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Newest first; `promise` is where the promise stands, in percent, None without one."""

    rows: tuple[Past, ...]
    promise: float | None
    promised: str
    measured: int


# chunks ---------------------------------------------------------------------------------------------------


def drawn(chunk: Chunk, row: DocumentRow, *, shown: bool) -> Drawn:
    """Without a word of it unless it may be `shown`."""
    own = {key: value for key, value in chunk.metadata.items() if key not in _KNOWN and row.meta.get(key) != value}
    context = chunk.embedded.removesuffix(chunk.text).strip()
    return Drawn(
        chunk, chunk.text if shown else None, context if shown else "", own if shown else {}, chunk.position % COLOURS
    )


def strip(chunks: Sequence[Drawn]) -> Iterator[Slice]:
    """As long as they have tokens."""
    tokens, x = sum(one.chunk.tokens for one in chunks), 0.0
    for one in chunks:
        width = 100 * one.chunk.tokens / tokens if tokens else 0.0
        yield Slice(round(x, 2), round(max(0.15, width - 0.15), 2), one.colour)
        x += width


# what is known --------------------------------------------------------------------------------------------


def metadata(row: DocumentRow) -> list[tuple[str, MetaValue, str]]:
    """Name, value, and where it is from; what is for programs comes last."""
    origins = origins_of(row.meta)
    found = sorted(row.meta.items(), key=lambda item: (item[0] in _FOR_PROGRAMS, item[0]))
    return [(key, _day(key, value), origins.get(key) or _made(key)) for key, value in found if key not in _HIDDEN]


def _made(key: str) -> str:
    """Where a value is from that nothing states."""
    return "its text" if key in _COMPUTED else Level.CONNECTOR


def _day(key: str, value: MetaValue) -> MetaValue:
    """A date alone, where the beginning of that day is stored."""
    return value[:10] if key in DATES and isinstance(value, str) and value[10:19] == "T00:00:00" else value


def stripped(row: DocumentRow, *, shown: bool) -> list[str]:
    """What was left out of it because readers do not see it; the words themselves are for those who may read it."""
    said = row.meta.get(STRIPPED, ())
    lines = [one for one in said if isinstance(one, str)] if isinstance(said, tuple) else []
    return lines if shown else [": ".join(one.split(": ")[:2]) for one in lines]


def stated(row: DocumentRow) -> list[tuple[str, str]]:
    """What it says of other documents."""
    found = []
    for name in STATED:
        value = row.meta.get(name)
        for text in value if isinstance(value, tuple) else (value,):
            if text:
                found.append((name.replace("_", " "), str(text)))
    return found


# what became of it ----------------------------------------------------------------------------------------


def timeline(one: One, terms: Terms) -> Timeline:
    """How long each change of its content took, against what was promised."""
    promise = terms.promise(one.name[1], one.row.kind if one.row is not None else "").max_lag
    most = promise.approximate if promise is not None else None
    known = [lag_of(change) if change.what in AT_SOURCE else None for change in one.changes]
    lags = [lag.took for lag in known if lag is not None and lag.took is not None]
    longest = max([*lags, *([most] if most else [])], default=timedelta())
    rows = []
    for change, lag in zip(one.changes, known, strict=True):
        took = lag.took if lag is not None else None
        share = round(100 * (took / longest), 2) if took is not None and longest else 0.0
        late = took is not None and most is not None and took > most
        rows.append(Past(change, _WHAT.get(change.what, change.what), took, lag is not None and lag.exact, share, late))
    place = round(100 * (most / longest), 2) if most is not None and longest else None
    return Timeline(tuple(rows), place, str(promise) if promise is not None else "", len(lags))
