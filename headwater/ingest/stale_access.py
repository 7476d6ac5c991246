"""Readers that their source could not verify lately: until it does, nobody reads those documents."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from headwater.clock import utc_now
from headwater.ingest.tools import Tools
from headwater.interfaces import Connector
from headwater.ledger.base import DocumentRow
from headwater.model import NOBODY


def reads_permissions(connector: Connector) -> bool:
    """Whether readers come from the source's service, which may fail to tell them, and not from settings and files."""
    return bool(getattr(connector, "reads_permissions", False))


def note_verified(tools: Tools, rows: Iterable[DocumentRow]) -> None:
    """The source has just said who may read these; what it did not leave to their readers is taken away already."""
    versions = {row.id: row.version for row in rows}
    if versions and reads_permissions(tools.connector):
        tools.ledger.touch(tools.publisher.generation, tools.connector.name, versions, utc_now())


def note_listed(tools: Tools, same: Iterable[tuple[str, str]], failing: Iterable[str]) -> None:
    """Listed in the (id, version) that is live, or in the one that failed before, when its readers were reduced.

    A version changes with the readers, so that the same version means the same readers.
    """
    connector, generation = tools.connector, tools.publisher.generation
    if not reads_permissions(connector):
        return
    versions = dict(same)
    rows = tools.ledger.documents_named(generation, [(connector.name, id) for id in failing])
    versions |= {id: row.version for (_, id), row in rows.items()}
    tools.ledger.touch(generation, connector.name, versions, utc_now())


def close_stale(tools: Tools, now: datetime) -> list[DocumentRow]:
    """Let nobody read what was verified longer ago than `tools.caution.access`; answers those documents.

    They have no version in the ledger from then on, so that the next run looks at them, and opens them, again.
    """
    connector, generation = tools.connector, tools.publisher.generation
    if not reads_permissions(connector):
        return []
    oldest = now - tools.caution.access
    stale = [row for row in tools.ledger.documents(generation, connector.name) if row.verified_at < oldest]
    closed = tools.publisher.narrow([(row, NOBODY) for row in stale])
    tools.publisher.confirm([replace(row, version="") for row in closed])
    return stale


def finding(row: DocumentRow) -> str:
    """What to say of one that `close_stale` answered."""
    return (
        f"its readers could not be verified since {row.verified_at:%Y-%m-%d %H:%M} UTC: nobody reads it until they are"
    )
