"""The ledger's tables, in types that every database SQLAlchemy speaks to stores alike."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from headwater.metadata.dates import reachable
from headwater.model import Meta

# File names in odd encodings reach us as lone surrogates, which no database stores as text, and Postgres refuses
# NUL. Both travel as a pair of private characters, so that an id comes back exactly as it was given.
_ESCAPE = "\U0010f8ff"
_STORED = {"\0": "\U0010f800", _ESCAPE: _ESCAPE, **{chr(0xD800 + n): chr(0x10F000 + n) for n in range(0x800)}}
_ESCAPED = str.maketrans({odd: _ESCAPE + stored for odd, stored in _STORED.items()})
_ORIGINAL = {stored: odd for odd, stored in _STORED.items()}
_ODD = re.compile(f"[\0\ud800-\udfff{_ESCAPE}]")
_PAIR = re.compile(f"{_ESCAPE}(.)")


def storable(text: str) -> str:
    """`text` as every database accepts it; the same text when nothing in it is odd."""
    odd = "\0" in text if text.isascii() else _ODD.search(text)
    return text.translate(_ESCAPED) if odd else text


def restored(text: str) -> str:
    """The inverse of `storable`."""
    return _PAIR.sub(lambda pair: _ORIGINAL[pair[1]], text) if _ESCAPE in text else text


def compact(value: object) -> str:
    """JSON in ASCII without spaces."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


# Sorted by code points everywhere, whatever language a database was made for.
_PLAIN = Text().with_variant(Text(collation="C"), "postgresql")


class Words(TypeDecorator[str]):
    """Text that may hold anything a Python string holds."""

    impl = _PLAIN
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else storable(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else restored(value)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored and read as UTC; the nearest one that every time zone can tell."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return reachable(value).astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Names(TypeDecorator[frozenset[str]]):
    """A set of principals, as a sorted JSON array."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[str] | None, _dialect: Dialect) -> str | None:
        return None if value is None else compact(sorted(value))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> frozenset[str] | None:
        return None if value is None else _names(value)


# A corpus has few distinct access lists and many documents: decode each once, and share it.
@lru_cache(maxsize=4096)
def _names(stored: str) -> frozenset[str]:
    return frozenset(json.loads(stored))


class MetaJson(TypeDecorator[Meta]):
    """A document's metadata as JSON; tuples come back as tuples."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Meta | None, _dialect: Dialect) -> str | None:
        return None if value is None else compact(dict(value))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Meta | None:
        if value is None:
            return None
        found = json.loads(value)
        return {key: tuple(item) if isinstance(item, list) else item for key, item in found.items()}


class Json(TypeDecorator[Mapping[str, Any]]):
    """A JSON object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, _dialect: Dialect) -> str | None:
        return None if value is None else compact(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Mapping[str, Any] | None:
        return None if value is None else json.loads(value)


# SQLite numbers rows by itself only in a column declared INTEGER.
Sequence = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

versions = Table(
    "schema_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("release", Text, nullable=False, comment="first release that reads this schema"),
    Column("applied_at", Moment, nullable=False),
)

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("identity", Text, nullable=False),
    Column("generation", Words, nullable=False),
    Column("epoch", BigInteger, nullable=False, comment="newest committed epoch"),
    Column("attempted", BigInteger, nullable=False, comment="highest epoch ever handed out"),
    Column("publication", BigInteger, nullable=False, comment="highest publication ever begun"),
)

epochs = Table(
    "epochs",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("committed_at", Moment, nullable=False),
)

publications = Table(
    "publications",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("generation", Words, nullable=False),
    Column("state", Text, nullable=False, comment="staging, intent, committed or undone"),
    Column("started_at", Moment, nullable=False),
    Column("host", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Double, nullable=False),
    Column("command", Words, nullable=False),
    Column("since", Moment, nullable=False),
    Column("epoch", BigInteger, comment="null before the intent"),
    Column("ids", Json, comment="{new: [...], old: [...]} of the intent; null once committed"),
    Index("publications_by_state", "state"),
)

documents = Table(
    "documents",
    metadata,
    Column("generation", Words, primary_key=True),
    Column("source", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("version", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("content_hash", Words, nullable=False),
    Column("publication", BigInteger, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("allow", Names, nullable=False),
    Column("deny", Names, nullable=False),
    Column("updated_at", Moment),
    Column("detected_at", Moment, nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("verified_at", Moment, nullable=False),
    Column("title", Words, nullable=False),
    Column("uri", Words, nullable=False),
    Column("meta", MetaJson, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("run", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("document", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("embedded", Integer, nullable=False),
    Index("events_by_source", "source", "seq"),
    Index("events_by_document", "document", "seq"),
)

failures = Table(
    "failures",
    metadata,
    Column("generation", Words, primary_key=True),
    Column("source", Words, primary_key=True),
    Column("document", Words, primary_key=True),
    Column("version", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("error", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("retriable", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("name", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("adhoc", Boolean, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("checkpoint", LargeBinary),
    Column("last_complete", Moment),
    Column("last_success", Moment),
    Column("last_error", Words, nullable=False),
)

blocks = Table(
    "blocks",
    metadata,
    Column("source", Words, primary_key=True),
    Column("document", Words, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("since", Moment, nullable=False),
)

learned = Table(
    "learned",
    metadata,
    Column("source", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("value", Json, nullable=False),
    Column("learned_at", Moment, nullable=False),
)

likenesses = Table(
    "likenesses",
    metadata,
    Column("generation", Words, primary_key=True),
    Column("source", Words, primary_key=True),
    Column("document", Words, primary_key=True),
    Column("publication", BigInteger, nullable=False, comment="the version that was compared"),
    Column("signature", LargeBinary, nullable=False),
    Column("cluster", Words, nullable=False, comment="empty: like no other document"),
    Column("canonical", Integer, nullable=False, comment="1 for the one that stands for its cluster"),
    Index("likenesses_by_cluster", "generation", "cluster"),
)

runs = Table(
    "runs",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("run", Words, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("summary", Json, nullable=False),
    UniqueConstraint("run", name="runs_by_run"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Words, primary_key=True),
    Column("token", Text, nullable=False, comment="differs for every holding, so that a lost one is noticed"),
    Column("host", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Double, nullable=False),
    Column("command", Words, nullable=False),
    Column("since", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
