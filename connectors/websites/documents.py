"""From what was read on the web to a document: who may read it, its kind and metadata by its source's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.access import final
from connectors.described import from_source, stated_by_path
from connectors.policy import SourcePolicy
from headwater.metadata.origins import ACCESS_ORIGIN, ORIGINS, Level, written
from headwater.model import Access, MetaValue, RawDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRead:
    """`path` is what rules by path go by; `stated` is metadata that the source states of this one document."""

    id: str
    version: str
    uri: str
    path: str
    media_type: str
    content: bytes
    title: str = ""
    kind: str = ""
    updated_at: datetime | None = None
    stated: Mapping[str, MetaValue] = field(default_factory=dict)
    modified: str = ""


def web_document(source: str, read: WebRead, policy: SourcePolicy) -> RawDocument:
    described = stated_by_path(from_source(policy), read.path, policy)
    for name, value in read.stated.items():
        described = described.stated(name, value, Level.CONNECTOR)
    if read.updated_at is not None:
        described = described.stated("updated", read.updated_at.isoformat(), Level.CONNECTOR)
    origins = {"kind": f"{Level.SOURCE} (content)", **described.origins}
    access = origins.pop("access", "")
    meta: dict[str, MetaValue] = {**described.meta, ORIGINS: written(origins), ACCESS_ORIGIN: access}
    if read.modified:
        meta["modified"] = read.modified
    if described.findings:
        meta["findings"] = described.findings
    return RawDocument(
        source=source,
        id=read.id,
        version=read.version,
        uri=read.uri,
        title=read.title,
        kind=described.kind or read.kind or policy.kind_of(read.path),
        media_type=read.media_type,
        content=read.content,
        updated_at=read.updated_at,
        access=final(described.access),
        meta=meta,
    )


def listed_access(policy: SourcePolicy) -> Access:
    """Who may read every document of a source that knows no readers of its own."""
    return final(policy.access)
