"""Sources before and beside a run: what is configured, and what a source would bring, looked at without writing."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias

from flows.processing import media_type, metadata_policy
from flows.workshop import LEDGER_FILE, Workshop
from headwater.errors import CredentialError, HeadwaterError, ParseError
from headwater.ingest.look import fetch
from headwater.interfaces import Connector
from headwater.ledger.base import SourceRow
from headwater.metadata.origins import ACCESS_ORIGIN, ORIGINS
from headwater.metadata.resolve import resolved
from headwater.model import Access, Complete, Document, NotModified, RawDocument, Ref, Unreadable
from headwater.settings import SourceSettings

Listing: TypeAlias = Literal["complete", "incomplete", "stopped", "failed"]
SHOWN_FINDINGS = 20
SECONDS = 120.0
"""A listing that takes longer is not waited for to its end."""
_FINDINGS = ("access_findings", "findings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One document as an ingest would see it now."""

    document: str
    title: str
    kind: str
    owner: str
    updated: str
    version: str
    uri: str
    access: Access
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`listing`: `stopped` when as many documents were listed as were wanted, and the rest is not known.

    `error` says why the source cannot be read at all; `findings` are sentences about what a person should look at.
    """

    source: str
    kind: str
    listed: int = 0
    listing: Listing = "failed"
    seconds: float = 0.0
    documents: tuple[Seen, ...] = ()
    findings: tuple[str, ...] = ()
    error: str = ""
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        """The shape documented for `sources check --json`."""
        documents = [
            {**asdict(one), "access": {"allow": sorted(one.access.allow), "deny": sorted(one.access.deny)}}
            for one in self.documents
        ]
        return {**asdict(self), "seconds": round(self.seconds, 3), "documents": documents}


@dataclass(slots=True)
class _Looked:
    """What was seen of a listing so far."""

    refs: list[Ref] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    listing: Listing = "incomplete"


def configured(workshop: Workshop) -> list[dict[str, Any]]:
    """Every configured source with what is remembered of its last run; the shape documented for `sources --json`."""
    home = workshop.settings.home
    # Looking must not begin a state where there is none.
    known = workshop.settings.ledger.url or (home / LEDGER_FILE).exists()
    rows = {row.name: row for row in workshop.ledger.sources()} if known else {}
    return [_configured(source, rows.get(source.name)) for source in workshop.settings.sources]


def _configured(source: SourceSettings, row: SourceRow | None) -> dict[str, Any]:
    return {
        "source": source.name,
        "kind": source.kind,
        "documents": row.documents if row else 0,
        "last_success": row.last_success.isoformat() if row and row.last_success else None,
        "last_complete": row.last_complete.isoformat() if row and row.last_complete else None,
        "last_error": row.last_error if row else "",
    }


def check(workshop: Workshop, source: SourceSettings, *, limit: int, most: int) -> Checked:
    """List at most `most` documents and read the first `limit` of them; nothing is published or remembered."""
    started, looked = time.monotonic(), _Looked()
    found = Checked(source=source.name, kind=source.kind)
    try:
        connector = workshop.connector(source)
        _list(connector, looked, most)
        findings: list[str] = []
        documents = tuple(_documents(workshop, source, connector, looked.refs[:limit], findings))
    except HeadwaterError as error:
        return replace(
            found,
            listed=len(looked.refs),
            seconds=time.monotonic() - started,
            error=str(error),
            advice=error.advice,
        )
    said = tuple(dict.fromkeys((*_of_settings(workshop, source), *_of_listing(looked), *findings)))
    return replace(
        found,
        listed=len(looked.refs),
        listing=looked.listing,
        seconds=time.monotonic() - started,
        documents=documents,
        findings=said,
    )


def _list(connector: Connector, looked: _Looked, most: int) -> None:
    until = time.monotonic() + SECONDS
    for item in connector.scan():
        if isinstance(item, Complete):
            looked.listing = "complete"
        elif isinstance(item, Unreadable):
            looked.unreadable.append(item)
        elif isinstance(item, Ref):
            if len(looked.refs) == most or time.monotonic() > until:
                looked.listing = "stopped"
                return
            looked.refs.append(item)


def _documents(
    workshop: Workshop, source: SourceSettings, connector: Connector, refs: Sequence[Ref], findings: list[str]
) -> Iterator[Seen]:
    raws = _raws(connector, refs, findings)
    for raw, parsed in workshop.parsing_of(source).parse(raws) if refs else ():
        if isinstance(parsed, ParseError):
            findings.append(f"{raw.id} cannot be parsed: {parsed}")
            document = Document(raw, ())
        else:
            document = resolved(parsed, metadata_policy(source))
        yield _seen(document)
        findings += [f"{raw.id}: {text}" for name in _FINDINGS for text in _sentences(raw, name)]
        if not raw.access.allow and not raw.meta.get("access_findings"):
            findings.append(f"{raw.id}: nobody may read it")


def _raws(connector: Connector, refs: Sequence[Ref], findings: list[str]) -> Iterator[RawDocument]:
    for ref in refs:
        try:
            raw = fetch(connector, ref.id)
            if not isinstance(raw, NotModified):
                yield replace(raw, media_type=media_type(raw))
        except CredentialError as error:
            findings.append(f"{ref.id} is listed, but the credentials may not read it: {error.in_full}")
        except HeadwaterError as error:
            findings.append(f"{ref.id} cannot be read: {error.in_full}")


def _seen(document: Document) -> Seen:
    raw, meta = document.raw, document.raw.meta
    hidden = (ORIGINS, ACCESS_ORIGIN, *_FINDINGS)
    return Seen(
        document=raw.id,
        title=document.title,
        kind=raw.kind,
        owner=str(meta.get("owner", "")),
        updated=str(meta.get("updated", "")),
        version=str(meta.get("version", "")),
        uri=raw.uri,
        access=raw.access,
        metadata={name: value for name, value in meta.items() if name not in hidden},
    )


def _sentences(raw: RawDocument, name: str) -> tuple[str, ...]:
    found = raw.meta.get(name, ())
    return found if isinstance(found, tuple) else (str(found),)


def _of_settings(workshop: Workshop, source: SourceSettings) -> list[str]:
    return [warning for warning in workshop.settings.warnings if source.place and warning.startswith(source.place)]


def _of_listing(looked: _Looked) -> Iterator[str]:
    if not looked.refs:
        yield "it lists no documents: check its settings, include and exclude"
    closed = sum(ref.access is not None and not ref.access.allow for ref in looked.refs)
    if closed:
        yield f"nobody may read {closed:,} of the {len(looked.refs):,} documents that were listed"
    for item in looked.unreadable[:SHOWN_FINDINGS]:
        yield f"{item.id} cannot be read: {item.reason}"
    if len(looked.unreadable) > SHOWN_FINDINGS:
        yield f"{len(looked.unreadable) - SHOWN_FINDINGS:,} more cannot be read"
