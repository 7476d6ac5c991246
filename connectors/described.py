"""What is known about a document besides its content, gathered level by level: source, folders, front matter."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.access import CLOSED, Stated, narrowed
from connectors.dates import stated_date
from connectors.frontmatter import FrontMatter
from connectors.policy import SourcePolicy
from headwater.model import Access, MetaValue
from headwater.settings import document_kind, parse_duration

SHARED = ("access", "kind", "owner", "product", "version", "language", "tags", "audience")
"""What both a folder and a document can state."""
_TEXTS = ("owner", "product", "version", "language")
_DATES = ("created", "updated", "effective", "review_by", "last_reviewed_on")
_REFERENCES = ("supersedes", "superseded_by")
_ALIASES = {
    "date": "created",
    "lastmod": "updated",
    "last_updated": "updated",
    "last_reviewed": "last_reviewed_on",
    "effective_date": "effective",
    "lang": "language",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """`kind` is "" while no level has stated one; `findings` are sentences about what could not be taken."""

    access: Access
    title: str = ""
    kind: str = ""
    meta: Mapping[str, MetaValue] = field(default_factory=dict)
    updated_at: datetime | None = None
    access_findings: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def from_source(policy: SourcePolicy) -> Described:
    return Described(access=policy.access, meta={"owner": policy.owner} if policy.owner else {})


def closed(above: Described, finding: str) -> Described:
    """A level that may have restricted the readers but cannot be understood: nobody reads what is below it."""
    return replace(above, access=CLOSED, access_findings=(*above.access_findings, finding))


def stated_by_folder(above: Described, fields: Mapping[str, Stated], *, where: str, policy: SourcePolicy) -> Described:
    unknown = sorted(set(fields) - set(SHARED))
    found = _shared(above, fields, where, policy)
    reports = tuple(f"{where}: {name[:60]} is not one of {', '.join(SHARED)}" for name in unknown)
    return replace(found, findings=found.findings + reports)


def stated_by_document(above: Described, front: FrontMatter, policy: SourcePolicy) -> Described:
    """Keys of other programs are left alone; `updated_at` is the stated update, else the stated creation."""
    if front.restricts:
        return closed(above, f"{front.problem}; it may say who may read this, so nobody may")
    fields = front.fields
    known = {_ALIASES.get(name, name): value for name, value in fields.items()}
    known.update({name: value for name, value in fields.items() if name not in _ALIASES})
    where = "front matter"
    found = _shared(above, known, where, policy)
    meta = dict(found.meta)
    findings = [*found.findings, *([front.problem] if front.problem else [])]
    moments = _moments(known, meta, findings, policy.timezone)
    for name in _REFERENCES:
        if texts := _texts(known, name, where, findings):
            meta[name] = texts
    return replace(
        found,
        title=_text(known, "title", where, findings),
        meta=meta,
        updated_at=moments.get("updated", moments.get("created")),
        findings=tuple(findings),
    )


def _moments(
    fields: Mapping[str, Stated], meta: dict[str, MetaValue], findings: list[str], timezone: str
) -> dict[str, datetime]:
    """The dates that are stated, which also go to `meta` in ISO form, with `review_in` as it was written."""
    moments: dict[str, datetime] = {}
    for name in (*_DATES, "review_in"):
        try:
            text = _text(fields, name, "front matter", findings)
            if text and name == "review_in":
                meta[name] = str(parse_duration(text))
            elif text:
                moments[name] = stated_date(text, timezone)
                meta[name] = moments[name].isoformat()
        except (ValueError, OverflowError) as error:
            findings.append(f"front matter: {name}: {error}")
    return moments


def _shared(above: Described, fields: Mapping[str, Stated], where: str, policy: SourcePolicy) -> Described:
    findings: list[str] = []
    meta, kind = dict(above.meta), above.kind
    for name in _TEXTS:
        if text := _text(fields, name, where, findings):
            meta[name] = text
    if audience := _texts(fields, "audience", where, findings):
        meta["audience"] = audience
    if tags := _texts(fields, "tags", where, findings):
        inherited = above.meta.get("tags", ())
        meta["tags"] = tuple(dict.fromkeys((*(inherited if isinstance(inherited, tuple) else ()), *tags)))
    if text := _text(fields, "kind", where, findings):
        try:
            kind = document_kind(text)
        except ValueError as error:
            findings.append(f"{where}: {error}")
    found = replace(above, kind=kind, meta=meta, findings=(*above.findings, *findings))
    return _with_access(found, fields, where, policy)


def _with_access(above: Described, fields: Mapping[str, Stated], where: str, policy: SourcePolicy) -> Described:
    if "access" in fields:
        ruling = narrowed(above.access, fields["access"], where=where, policy=policy)
        return replace(
            above,
            access=ruling.access,
            access_findings=tuple(dict.fromkeys((*above.access_findings, *ruling.findings))),
        )
    misspelt = difflib.get_close_matches("access", list(fields), n=1, cutoff=0.9)
    if misspelt:
        return closed(above, f"{where}: {misspelt[0]} may be a misspelt access, so nobody may read this")
    return above


def _text(fields: Mapping[str, Stated], name: str, where: str, findings: list[str]) -> str:
    value = fields.get(name, "")
    if isinstance(value, list | dict):
        findings.append(f"{where}: {name} has to be a text")
        return ""
    return " ".join(str(value).split())


def _texts(fields: Mapping[str, Stated], name: str, where: str, findings: list[str]) -> tuple[str, ...]:
    value = fields.get(name, [])
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or any(isinstance(item, list | dict) for item in items):
        findings.append(f"{where}: {name} has to be a list of texts")
        return ()
    return tuple(dict.fromkeys(text for item in items if (text := " ".join(str(item).split()))))
