"""The table of documents that were handed over, beside those of `schema.py`."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table

from headwater.ledger.schema import MetaJson, Moment, Names, Words, metadata

pushed = Table(
    "pushed",
    metadata,
    Column("source", Words, primary_key=True),
    Column("document", Words, primary_key=True),
    Column("version", Words, nullable=False),
    Column("removed_at", Moment, comment="taken back: the content is empty, the rest says in which order"),
    Column("pushed_at", Moment, nullable=False),
    Column("by", Words, nullable=False, comment="id of a key"),
    Column("sequence", BigInteger),
    Column("updated_at", Moment),
    Column("media_type", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("uri", Words, nullable=False),
    Column("allow", Names, comment="null: nothing was said"),
    Column("deny", Names, nullable=False),
    Column("meta", MetaJson, nullable=False),
    # The last one, so that whoever reads the others does not read through it.
    Column("content", LargeBinary, nullable=False),
    Index("pushed_by_removal", "removed_at"),
)

TABLES = (pushed,)
