"""What is known about a document besides its content, gathered level by level: source, folders, path, front matter."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.access import CLOSED, Stated, narrowed
from connectors.frontmatter import FrontMatter
from connectors.policy import SourcePolicy
from headwater.metadata.dates import stated_date
from headwater.metadata.languages import language_code
from headwater.metadata.origins import Level, origin
from headwater.metadata.schema import ALIASES
from headwater.model import Access, MetaValue
from headwater.settings import document_kind, parse_duration

SHARED = ("access", "kind", "owner", "product", "version", "language", "tags", "audience", "review_in")
"""What both a folder and a document can state."""
_TEXTS = ("owner", "product", "version", "language")
_OWN_TEXTS = ("author", "description", "revision", "translation_of")
_OWN_LISTS = ("supersedes", "superseded_by", "roles")
_DATES = ("created", "updated", "effective", "review_by", "last_reviewed_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """`kind` is "" while no level has stated one; `findings` are sentences about what could not be taken.

    `origins` says by field which level its value is from; that of `access` names every level that stated one.
    """

    access: Access
    title: str = ""
    kind: str = ""
    meta: Mapping[str, MetaValue] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    updated_at: datetime | None = None
    access_findings: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    def stated(self, name: str, value: MetaValue, where: str) -> "Described":
        return replace(self, meta={**self.meta, name: value}, origins={**self.origins, name: where})


def from_source(policy: SourcePolicy) -> Described:
    meta: dict[str, MetaValue] = {"owner": policy.owner, "product": policy.product}
    meta |= {"audience": policy.audience, "tags": policy.tags}
    meta = {name: value for name, value in meta.items() if value}
    origins = {**dict.fromkeys(meta, str(Level.SOURCE)), "access": origin(Level.SOURCE, "(default_access)")}
    return Described(access=policy.access, meta=meta, origins=origins)


def closed(above: Described, finding: str) -> Described:
    """A level that may have restricted the readers but cannot be understood: nobody reads what is below it."""
    origins = {**above.origins, "access": f"what could not be understood ({finding[:200]})"}
    return replace(above, access=CLOSED, origins=origins, access_findings=(*above.access_findings, finding))


def stated_by_folder(above: Described, fields: Mapping[str, Stated], *, where: str, policy: SourcePolicy) -> Described:
    unknown = sorted(set(fields) - set(SHARED))
    found = _shared(above, fields, where, origin(Level.FOLDER, f"in {where}"), policy)
    reports = tuple(f"{where}: {name[:60]} is not one of {', '.join(SHARED)}" for name in unknown)
    return replace(found, findings=found.findings + reports)


def stated_by_path(above: Described, path: str, policy: SourcePolicy) -> Described:
    """What the source's path rules read out of the document's path, the most specific rule first."""
    found, taken = above, set[str]()
    for rule in policy.rules:
        for name, text in (rule.read(path) or {}).items():
            if name not in taken:
                taken.add(name)
                where = origin(Level.PATH_RULE, rule.pattern)
                found = _shared(found, {name: text}, where, where, policy)
    return found


def stated_by_document(
    above: Described, front: FrontMatter, policy: SourcePolicy, *, level: Level = Level.FRONT_MATTER
) -> Described:
    """Keys of other programs are left alone; `updated_at` is the stated update, else the stated creation.

    `level` is where it was stated: in the document, or beside it.
    """
    if front.restricts:
        return closed(above, f"{front.problem}; it may say who may read this, so nobody may")
    fields, where = _known(front.fields), str(level)
    found = _shared(above, fields, where, where, policy)
    findings = [*found.findings, *([front.problem] if front.problem else [])]
    own = _own(fields, findings, where, policy)
    title = _text(fields, "title", where, findings)
    origins = {**found.origins, **dict.fromkeys(own, where), **({"title": where} if title else {})}
    meta = {**found.meta, **own}
    moments = {name: datetime.fromisoformat(str(meta[name])) for name in ("created", "updated") if name in own}
    return replace(
        found,
        title=title,
        meta=meta,
        origins=origins,
        updated_at=moments.get("updated", moments.get("created")),
        findings=tuple(findings),
    )


def _known(fields: Mapping[str, Stated]) -> dict[str, Stated]:
    """Under the schema's names; a field's own name goes before its other names."""
    plain = {name.replace("-", "_").replace(" ", "_"): value for name, value in fields.items()}
    known = {ALIASES[name]: value for name, value in plain.items() if name in ALIASES}
    return {**known, **{name: value for name, value in plain.items() if name not in ALIASES}}


def _own(fields: Mapping[str, Stated], findings: list[str], where: str, policy: SourcePolicy) -> dict[str, MetaValue]:
    """What a document alone can state; dates in ISO form, `review_in` as it was written."""
    found: dict[str, MetaValue] = {}
    for name in _DATES:
        try:
            if text := _text(fields, name, where, findings):
                found[name] = stated_date(text, policy.timezone).isoformat()
        except (ValueError, OverflowError) as error:
            findings.append(f"{where}: {name}: {error}")
    for name in _OWN_TEXTS:
        value = fields.get(name)
        joined = ", ".join(map(str, value)) if isinstance(value, list) and _is_flat(value) else ""
        if text := joined or _text(fields, name, where, findings if name in ("revision", "translation_of") else []):
            found[name] = text
    for name in _OWN_LISTS:
        if texts := _texts(fields, name, where, findings):
            found[name] = texts
    return found


def _shared(above: Described, fields: Mapping[str, Stated], where: str, from_: str, policy: SourcePolicy) -> Described:
    findings: list[str] = []
    found, kind = above, above.kind
    for name in _TEXTS:
        value = fields.get(name)
        listed = ", ".join(map(str, value)) if name == "version" and isinstance(value, list) and _is_flat(value) else ""
        if text := listed or _text(fields, name, where, findings):
            if name == "language" and not language_code(text):
                findings.append(f"{where}: language: {text[:60]!r} names no language; write it as en or pt-BR")
                continue
            found = found.stated(name, text, from_)
    if text := _text(fields, "review_in", where, findings):
        try:
            found = found.stated("review_in", str(parse_duration(text)), from_)
        except ValueError as error:
            findings.append(f"{where}: review_in: {error}")
    if audience := _texts(fields, "audience", where, findings):
        found = found.stated("audience", audience, from_)
    if tags := _texts(fields, "tags", where, findings):
        found = _with_tags(found, tags, from_)
    if text := _text(fields, "kind", where, findings):
        try:
            kind = document_kind(text)
            found = replace(found, origins={**found.origins, "kind": from_})
        except ValueError as error:
            findings.append(f"{where}: {error}")
    found = replace(found, kind=kind, findings=(*above.findings, *findings))
    return _with_access(found, fields, where, from_, policy)


def _with_tags(above: Described, tags: tuple[str, ...], from_: str) -> Described:
    inherited = above.meta.get("tags", ())
    both = tuple(dict.fromkeys((*(inherited if isinstance(inherited, tuple) else ()), *tags)))
    origins = above.origins.get("tags", "")
    return above.stated("tags", both, f"{from_}, {origins}" if origins else from_)


def _with_access(
    above: Described, fields: Mapping[str, Stated], where: str, from_: str, policy: SourcePolicy
) -> Described:
    if "access" in fields:
        ruling = narrowed(above.access, fields["access"], where=where, policy=policy)
        verb = "then" if policy.allow_widening else "narrowed by"
        before = above.origins.get("access", "")
        return replace(
            above,
            access=ruling.access,
            origins={**above.origins, "access": f"{before}, {verb} {from_}" if before else from_},
            access_findings=tuple(dict.fromkeys((*above.access_findings, *ruling.findings))),
        )
    misspelt = difflib.get_close_matches("access", list(fields), n=1, cutoff=0.9)
    if misspelt:
        return closed(above, f"{where}: {misspelt[0]} may be a misspelt access, so nobody may read this")
    return above


def _is_flat(items: Sequence[Stated]) -> bool:
    return not any(isinstance(item, list | dict) for item in items)


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
