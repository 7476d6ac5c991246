"""From the bytes of a file, wherever it lies, to a document: front matter, rules of its folders and of its path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.access import final
from connectors.described import Described, stated_by_document, stated_by_path
from connectors.folder_defaults import Rules
from connectors.frontmatter import FrontMatter, split
from connectors.media import FRONT_MATTER, MEDIA_TYPES, suffix_of
from connectors.policy import SourcePolicy
from connectors.translations import translated
from headwater.metadata.origins import ACCESS_ORIGIN, ORIGINS, Level, origin, written
from headwater.model import Meta, MetaValue, RawDocument, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """One file of a source as it was read; `id` is its path, and `updated_at` holds unless the file states another.

    `meta` is what the place where it lies says of it, beside what was stated by people.
    """

    id: str
    version: str
    uri: str
    content: bytes
    meta: Meta
    updated_at: datetime | None = None


def linked(id: str, rules: Rules, policy: SourcePolicy, exists: Callable[[str], bool]) -> Rules:
    """With the document that this one translates, whose coming and going changes the version of this one."""
    original = translated(id, policy, exists)
    if not original:
        return rules
    described = rules.described.stated("translation_of", original, origin(Level.PATH_RULE, "of translations"))
    return Rules(described, digest(rules.digest, original))


def file_document(source: str, file: FileRead, rules: Rules, policy: SourcePolicy) -> RawDocument:
    """`rules` are those in force for this file; its own front matter is read and taken off."""
    suffix = suffix_of(file.id)
    front = split(file.content) if suffix in FRONT_MATTER else FrontMatter(file.content)
    described = _dated(stated_by_document(stated_by_path(rules.described, file.id, policy), front, policy), file)
    return RawDocument(
        source=source,
        id=file.id,
        version=file.version,
        uri=file.uri,
        title=described.title,
        kind=described.kind or policy.kind_of(file.id),
        media_type=MEDIA_TYPES[suffix],
        content=front.body,
        updated_at=described.updated_at,
        access=final(described.access),
        meta=_meta(described, file.meta),
    )


def _dated(described: Described, file: FileRead) -> Described:
    """The time of a file's last change counts for more than the date on which it was first written."""
    if file.updated_at is None or "updated" in described.meta:
        return described
    dated = described.stated("updated", file.updated_at.isoformat(), Level.CONNECTOR)
    return replace(dated, updated_at=file.updated_at)


def _meta(described: Described, of_file: Mapping[str, MetaValue]) -> Meta:
    origins = {"kind": f"{Level.SOURCE} (content)", **described.origins}
    access = origins.pop("access", "")
    meta: dict[str, MetaValue] = {**described.meta, **of_file, ORIGINS: written(origins), ACCESS_ORIGIN: access}
    for name in ("access_findings", "findings"):
        if sentences := getattr(described, name):
            meta[name] = sentences
    return meta
