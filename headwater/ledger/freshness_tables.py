"""Tables of what freshness is measured by, beside those of `schema.py`."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from headwater.ledger.schema import Json, Moment, Sequence, Words, metadata

standings = Table(
    "standings",
    metadata,
    Column("generation", Words, primary_key=True),
    Column("source", Words, primary_key=True),
    Column("document", Words, primary_key=True),
    Column("changed_at", Moment, comment="when its content last changed, as its source says"),
    Column("changed_after", Moment, comment="where it does not say: when it was last seen as it was before"),
    Column("detected_at", Moment),
    Column("searchable_at", Moment, comment="when that change was first searchable"),
    Column("facts", Json, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("source", Words, nullable=False),
    Column("document", Words, nullable=False),
    Column(
        "what", Text, nullable=False, comment="initial, new, content, settings, access, reprocessed, rebuilt, removed"
    ),
    Column("changed_at", Moment),
    Column("changed_after", Moment),
    Column("detected_at", Moment),
    Column("epoch", BigInteger, nullable=False),
    Column("facts", Json, nullable=False),
    Index("changes_by_document", "source", "document", "seq"),
    Index("changes_by_time", "at"),
)

listings = Table(
    "listings",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("source", Words, nullable=False),
    Column("run", Words, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("vouched", Boolean, nullable=False, comment="said of every document whether it changed"),
    Column("error", Words, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("documents", Integer, nullable=False),
    Index("listings_by_source", "source", "seq"),
)

links = Table(
    "links",
    metadata,
    Column("generation", Words, primary_key=True),
    Column("source", Words, primary_key=True),
    Column("document", Words, primary_key=True),
    Column("target", Words, primary_key=True),
)

served = Table(
    "served",
    metadata,
    Column("source", Words, primary_key=True),
    Column("document", Words, primary_key=True),
    Column("day", Text, primary_key=True, comment="UTC, as 2026-01-31"),
    Column("times", Integer, nullable=False),
)

TABLES = (standings, changes, listings, links, served)
