"""Tables of what services announced and nobody has looked at yet, beside those of `schema.py`."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint

from headwater.ledger.schema import Moment, Sequence, Words, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("source", Words, nullable=False),
    Column("document", Words, nullable=False, comment="empty: the whole source"),
    Column("reason", Words, nullable=False, comment="of the newest notice"),
    Column("delivery", Words, nullable=False, comment="of the newest notice"),
    Column("access", Boolean, nullable=False, comment="goes before others"),
    Column("state", Text, nullable=False, comment="waiting or dead"),
    Column("notices", Integer, nullable=False),
    Column("generation", Integer, nullable=False, comment="one more with every notice"),
    Column("first_at", Moment, nullable=False, comment="oldest notice that nobody has taken yet"),
    Column("last_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("taken", Integer, comment="generation that is being worked on"),
    Column("token", Text, comment="of who works on it; differs for every taking"),
    Column("taken_until", Moment),
    Column("attempts", Integer, nullable=False, comment="failed in a row"),
    Column("failed_at", Moment, comment="first failure in a row"),
    Column("error", Words, nullable=False, comment="of the newest failure"),
    UniqueConstraint("source", "document", name="inbox_by_document"),
    Index("inbox_by_due", "state", "due_at"),
    Index("inbox_by_source", "source", "state"),
    sqlite_autoincrement=True,  # a number that a person types must not have become another row's
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("endpoint", Words, primary_key=True, comment="source whose address it came to"),
    Column("delivery", Words, primary_key=True),
    Column("received_at", Moment, nullable=False),
    Index("deliveries_by_time", "received_at"),
)

TABLES = (inbox, deliveries)
