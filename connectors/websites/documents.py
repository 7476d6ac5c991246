"""From what was read on the web to a document: who may read it, its kind and metadata by its source's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.access import final
from connectors.described import Described, from_source, stated_by_path
from connectors.policy import SourcePolicy
from headwater.metadata.origins import ACCESS_ORIGIN, ORIGINS, Level, written
from headwater.model import CONTENT_VERSION, Access, MetaValue, RawDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRead:
    """`path` is what rules by path go by; `stated` is metadata that the source states of this one document.

    `readers` are those that the source itself names, None where it knows none, `readers_from` what names them, and
    `unmapped` sentences about readers that stand for none of ours. `content_version` is as in a listing's `Ref`.
    """

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
    readers: Access | None = None
    readers_from: str = ""
    unmapped: tuple[str, ...] = ()
    content_version: str = ""


def web_document(source: str, read: WebRead, policy: SourcePolicy) -> RawDocument:
    described = stated_by_path(from_source(policy), read.path, policy)
    for name, value in read.stated.items():
        described = described.stated(name, value, Level.CONNECTOR)
    if read.updated_at is not None:
        described = described.stated("updated", read.updated_at.isoformat(), Level.CONNECTOR)
    if read.readers is not None:
        described = _narrowed(described, read.readers, read.readers_from, policy)
    origins = {"kind": f"{Level.SOURCE} (content)", **described.origins}
    access = origins.pop("access", "")
    meta: dict[str, MetaValue] = {**described.meta, ORIGINS: written(origins), ACCESS_ORIGIN: access}
    if read.modified:
        meta["modified"] = read.modified
    if read.content_version:
        meta[CONTENT_VERSION] = read.content_version
    if read.unmapped:
        meta["access_findings"] = read.unmapped
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


def listed_access(policy: SourcePolicy, readers: Access | None = None) -> Access:
    """Who may read a document whose source names these readers, None where it knows none."""
    return final(policy.access if readers is None else _allowed(policy.access, readers, policy))


def _narrowed(above: Described, readers: Access, where: str, policy: SourcePolicy) -> Described:
    verb = "then" if policy.allow_widening else "narrowed by"
    before = above.origins.get("access", "")
    said = f"{before}, {verb} {where}" if before else where
    access = _allowed(above.access, readers, policy)
    return replace(above, access=access, origins={**above.origins, "access": said})


def _allowed(above: Access, readers: Access, policy: SourcePolicy) -> Access:
    """What the source's service says narrows what its settings allow, unless they let it widen that."""
    if policy.allow_widening:
        return Access(readers.allow, above.deny | readers.deny)
    return above.narrowed_to(readers)
