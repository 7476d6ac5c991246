"""Tables of who may ask over the network, and of what they did, beside those of `schema.py`."""

from sqlalchemy import Boolean, Column, Index, Table, Text, UniqueConstraint

from headwater.ledger.schema import Moment, Names, Sequence, Words, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Words, nullable=False),
    Column("hash", Text, nullable=False, comment="SHA-256 of the secret, in hex; the secret is nowhere"),
    Column("scopes", Names, nullable=False),
    Column("principals", Names, nullable=False),
    Column("may_impersonate", Boolean, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("used_at", Moment, comment="to the hour"),
    Column("revoked_at", Moment),
    UniqueConstraint("name", name="api_keys_by_name"),
)

deeds = Table(
    "deeds",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("who", Words, nullable=False, comment="id of a key, or what a person typed at this machine"),
    Column("what", Words, nullable=False),
    Column("target", Words, nullable=False),
    Index("deeds_by_who", "who", "seq"),
)

TABLES = (api_keys, deeds)
