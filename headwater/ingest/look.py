"""Fetch a document and decide how little has to be done about it."""

import json
import logging
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from tenacity import retry, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random_exponential

from headwater.errors import (
    CredentialError,
    FetchError,
    GoneError,
    HeadwaterError,
    ParseError,
    RetriableError,
    SkippableError,
)
from headwater.ingest.changes import Past
from headwater.ingest.fingerprint import is_current
from headwater.ingest.tools import Tools
from headwater.interfaces import Connector
from headwater.ledger.base import DocumentRow, Failure
from headwater.ledger.standing import ACCESS, Change
from headwater.metadata.origins import ACCESS_ORIGIN
from headwater.model import (
    CONTENT_VERSION,
    Document,
    Failed,
    NotModified,
    Outcome,
    Quarantined,
    RawDocument,
    Ref,
    Removed,
    Unchanged,
    digest,
)
from headwater.tracing import span

TEXT_GROWS, PACKED_GROWS = 16, 4
FETCH_ATTEMPTS = 4
FETCH_SECONDS = 60.0

log = logging.getLogger("headwater")


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing to write for this document; `version` is what the listing called it."""

    ref: Ref
    outcome: Outcome
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class ToParse:
    """Content changed, or would be processed differently: parse, chunk, embed."""

    ref: Ref
    row: DocumentRow
    parsed: Future[Document]
    weight: int
    """About the bytes it takes up in memory once it is parsed."""
    before: DocumentRow | None = None


@dataclass(frozen=True, slots=True)
class ToCarry:
    """Only who may read it changed, or what is to be said of that: write its stored points again."""

    ref: Ref
    row: DocumentRow
    before: DocumentRow


Look: TypeAlias = Settled | ToParse | ToCarry


@retry(
    retry=retry_if_exception_type(RetriableError),
    stop=stop_after_attempt(FETCH_ATTEMPTS) | stop_after_delay(FETCH_SECONDS),
    wait=wait_random_exponential(multiplier=0.2, max=8),
    reraise=True,
)
def fetch(connector: Connector, id: str, known: str | None = None) -> RawDocument | NotModified:
    """Fetch with retries for passing faults only, bounded in number and time; whatever a connector raises is ours."""
    try:
        return connector.fetch(id, known)
    except HeadwaterError:
        raise
    except Exception as error:
        # Whatever a connector trips over in one document, the others of its source are still read.
        log.warning("%s: the connector failed on %s", connector.name, id, exc_info=True)
        raise FetchError(
            f"its connector failed with {type(error).__name__}",
            advice="This is a fault in the connector; the log has its traceback.",
        ) from error


def look(
    tools: Tools,
    ref: Ref,
    before: DocumentRow | None,
    raw: RawDocument | None,
    now: datetime,
    failure: Failure | None = None,
    past: Past | None = None,
) -> Look:
    """Everything about one document up to handing it to a parser; never raises for a fault of the document.

    `failure` is what became of the newest version that was tried.
    """
    if raw is None and before is not None and _only_readers_differ(tools, ref, before):
        readers = ref.access or before.access
        row = replace(before, version=ref.version, access=readers, detected_at=now, published_at=now, verified_at=now)
        return ToCarry(ref, replace(row, change=Change(ACCESS)), before)
    try:
        with span("fetch", source=tools.connector.name, document=ref.id):
            found = raw or fetch(tools.connector, ref.id, known_version(tools, before, failure))
    except GoneError:
        return Settled(ref, Removed())
    except (SkippableError, RetriableError, CredentialError) as error:
        return Settled(ref, failed(error))
    if isinstance(found, NotModified):
        return _settled_again(replace(ref, version=found.version), failure)
    try:
        media_type = tools.media_type(found)
    except ParseError as error:
        return Settled(ref, failed(error), tools.fingerprint(found.media_type, found.kind))
    found = replace(found, media_type=media_type)
    row = _row(found, tools.fingerprint(media_type, found.kind), now)
    if past is not None:
        row = replace(row, change=past.change(found, row, before, failure, now))
    if before is not None and _same(before, row):
        # Without a version, a run was stopped between narrowing its points and saying so: they are written anew.
        if before.access == row.access and _findings(before) == _findings(row) and before.version:
            return Settled(replace(ref, version=row.version), Unchanged())
        return ToCarry(ref, row, before)
    return ToParse(ref, row, tools.parsing.submit(found), len(found.content) * _grows(media_type), before)


def _only_readers_differ(tools: Tools, ref: Ref, before: DocumentRow) -> bool:
    """Whether the listing itself tells that the content is the one that is live, so that it need not be read."""
    same = bool(ref.content) and before.meta.get(CONTENT_VERSION) == ref.content
    return same and ref.access is not None and is_current(before.fingerprint, tools.fingerprint)


def _grows(media_type: str) -> int:
    """How many times its bytes a parsed document may well take: text is all blocks, Office files are packed."""
    return TEXT_GROWS if media_type.startswith("text/") else PACKED_GROWS


def known_version(tools: Tools, before: DocumentRow | None, failure: Failure | None) -> str | None:
    """The version whose content need not be read again: none when the same content might come out otherwise now."""
    if failure is not None:
        hopeless = not failure.retriable and is_current(failure.fingerprint, tools.fingerprint)
        return failure.version or None if hopeless else None
    if before is None or not is_current(before.fingerprint, tools.fingerprint):
        return None
    return before.version or None


def _settled_again(ref: Ref, failure: Failure | None) -> Settled:
    if failure is None:
        return Settled(ref, Unchanged())
    return Settled(ref, still(failure), failure.fingerprint)


def still(failure: Failure) -> Failed | Quarantined:
    """The outcome of a document that became this before, in this very version, and would again."""
    if failure.error == Quarantined.__name__:
        return Quarantined(failure.reason)
    return Failed(failure.error, failure.reason)


def failed(error: HeadwaterError) -> Failed:
    """The outcome a document's error becomes."""
    # Rights are given without any document changing.
    return Failed(type(error).__name__, error.in_full, isinstance(error, RetriableError | CredentialError))


def content_hash(raw: RawDocument) -> str:
    """Over everything that reaches a chunk, so access, version and file times left out."""
    about = {
        "title": raw.title,
        "kind": raw.kind,
        "uri": raw.uri,
        "updated": raw.updated_at.isoformat() if raw.updated_at else "",
        "meta": {key: raw.meta[key] for key in sorted(raw.meta) if key not in VOLATILE},
    }
    return digest(raw.content, json.dumps(about, sort_keys=True, ensure_ascii=False))


ACCESS_FINDINGS = "access_findings"
VOLATILE = frozenset({CONTENT_VERSION, "modified", ACCESS_FINDINGS, ACCESS_ORIGIN})
"""Metadata that says something of the file, not of the document: it may change without any chunk changing."""


def _findings(row: DocumentRow) -> object:
    """What is to be said of the readers of a document, even where they come out as before."""
    return row.meta.get(ACCESS_FINDINGS, ()), row.meta.get(ACCESS_ORIGIN, "")


def _same(before: DocumentRow, now: DocumentRow) -> bool:
    return before.content_hash == now.content_hash and before.fingerprint == now.fingerprint


def _row(raw: RawDocument, fingerprint: str, now: datetime) -> DocumentRow:
    return DocumentRow(
        source=raw.source,
        id=raw.id,
        version=raw.version,
        content_hash=content_hash(raw),
        fingerprint=fingerprint,
        access=raw.access,
        publication=0,
        chunks=0,
        kind=raw.kind,
        title=raw.title,
        uri=raw.uri,
        updated_at=raw.updated_at,
        detected_at=now,
        published_at=now,
        verified_at=now,
        meta={**raw.meta, "media_type": raw.media_type, "content_sha256": digest(raw.content)},
    )
