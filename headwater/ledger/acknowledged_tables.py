"""The table of findings that were put aside, beside those of `schema.py`."""

from sqlalchemy import Column, Index, Integer, Table

from headwater.ledger.schema import Moment, Sequence, Words, metadata

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("kind", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("document", Words, nullable=False, comment="empty: the source as a whole"),
    Column("severity", Integer, nullable=False, comment="that of the finding when it was put aside"),
    Column("title", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("who", Words, nullable=False, comment="id of a key, or the command that a person typed"),
    Column("name", Words, nullable=False, comment="of the key, or of the user"),
    Column("at", Moment, nullable=False),
    Column("until", Moment, comment="null: as long as the finding lasts"),
    Column("ended_at", Moment),
    Column("ending", Words, nullable=False),
    Index("acknowledgements_by_finding", "source", "document", "kind", "id"),
    Index("acknowledgements_by_end", "ended_at"),
)

TABLES = (acknowledgements,)
