"""From everything that was stated about a document to one value per field, each with its origin.

See `origins.Level` for what counts before what. A value that cannot be understood is left out, and said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from headwater.metadata.dates import moment_of, stated_date
from headwater.metadata.languages import base_language, detected_language, language_code, prose_of, same_language
from headwater.metadata.origins import ITS_ID, ORIGINS, Level, origin, rank, read, written
from headwater.metadata.policy import MetadataPolicy
from headwater.metadata.review import review_date, review_interval
from headwater.metadata.schema import DATES, STATEABLE, TEXTS
from headwater.metadata.sop import header_fields
from headwater.model import SOP, Document, MetaValue

LONGEST, MOST = 1_000, 100
"""Characters of a text and entries of a list: every passage carries all of them."""
ALTERNATES = "alternates"
"""Key under which a page's other languages are kept: `de https://...`."""

_PROPERTIES = ("application/", "message/")
_ENGLISH = "en"
_OTHER_NAMES = {"tags": "keywords", "description": "subject"}
"""What Office and PDF files call them."""


@dataclass(slots=True)
class Resolved:
    """Values by field, where each comes from, and sentences about what could not be taken."""

    values: dict[str, MetaValue] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def put(self, name: str, value: MetaValue, where: str) -> None:
        """Where nothing was stated that counts more; tags add up."""
        if value in ("", ()) or value is None:
            return
        if name == "tags" and name in self.values:
            self._add_tags(value, where)
        elif name not in self.values:
            self.values[name], self.origins[name] = value, where

    def _add_tags(self, value: MetaValue, where: str) -> None:
        before = self.values["tags"]
        both = (*_as_tuple(before), *_as_tuple(value))
        tags = tuple(dict.fromkeys(both))[:MOST]
        if tags != before:
            self.values["tags"], self.origins["tags"] = tags, f"{self.origins['tags']}, {where}"


def resolved(document: Document, policy: MetadataPolicy | None = None) -> Document:
    """The document with all of that in `raw.meta`, under the names of the schema, with origins and findings.

    With a policy, also what only its text shows: its language, and what it translates. Doing it again changes
    nothing.
    """
    raw, found = document.raw, merged(document, policy.timezone if policy else "UTC")
    _settle_language(document, found, policy)
    if policy is not None:
        _link_translation(document, found, policy)
    updated = _settle_dates(document, found)
    said = raw.meta.get("findings", ())
    findings = tuple(dict.fromkeys((*_as_tuple(said), *found.findings)))
    others = {name: value for name, value in raw.meta.items() if name not in STATEABLE}
    meta: dict[str, MetaValue] = {**others, **found.values, ORIGINS: written(found.origins)}
    if findings:
        meta["findings"] = findings
    return replace(document, raw=replace(raw, meta=meta, updated_at=updated))


def _settle_dates(document: Document, found: Resolved) -> datetime | None:
    """When the content last changed: as its source knows, else as stated, else its creation."""
    raw = document.raw
    if raw.updated_at is not None and not {"updated", "created"} & raw.meta.keys():
        found.values.pop("updated", None)
        found.put("updated", raw.updated_at.isoformat(), Level.CONNECTOR)
    if "updated" not in found.values and "created" in found.values:
        found.put("updated", found.values["created"], f"{found.origins['created']} (created)")
    due = review_date(found.values.get("last_reviewed_on"), found.values.get("review_in"))
    found.put("review_by", due, origin(Level.DERIVED, "from last_reviewed_on and review_in"))
    return moment_of(found.values.get("updated")) or raw.updated_at


def merged(document: Document, timezone: str = "UTC") -> Resolved:
    """What counts most for every field, of what source, document and file state."""
    found = Resolved()
    origins = read(document.raw.meta.get(ORIGINS))
    statements = [*_by_source(document, origins), *_by_header(document), *_by_file(document)]
    for name, value, where in sorted(statements, key=lambda statement: rank(statement[2])):
        found.put(name, _checked(name, value, where, timezone, found.findings), where)
    own = read(document.meta.get(ORIGINS)).get("title", _file_level(document)) if document.meta.get("title") else ITS_ID
    found.origins["title"] = origins.get("title", Level.CONNECTOR) if document.raw.title else own
    if "kind" in origins:
        found.origins["kind"] = origins["kind"]
    return found


def _by_source(document: Document, origins: Mapping[str, str]) -> Iterator[tuple[str, MetaValue, str]]:
    for name in STATEABLE:
        if name in document.raw.meta:
            yield name, document.raw.meta[name], origins.get(name, Level.CONNECTOR)


def _by_header(document: Document) -> Iterator[tuple[str, MetaValue, str]]:
    if document.raw.kind == SOP:
        for name, value in header_fields(document.blocks).items():
            texts = tuple(part.strip() for part in value.replace(";", ",").split(",") if part.strip())
            yield name, texts if name in TEXTS else value, Level.HEADER


def _by_file(document: Document) -> Iterator[tuple[str, MetaValue, str]]:
    origins = read(document.meta.get(ORIGINS))
    for name in STATEABLE:
        # What a page says of its language is evidence: templates say it, whatever the text is in.
        if name in document.meta and name != "language":
            yield name, document.meta[name], origins.get(name, _file_level(document))
    for name, own in _OTHER_NAMES.items():
        stated = document.meta.get(own)
        if isinstance(stated, str) and name not in document.meta:
            yield name, stated.replace(";", ",") if name in TEXTS else stated, _file_level(document)


def _file_level(document: Document) -> Level:
    return Level.PROPERTIES if document.raw.media_type.startswith(_PROPERTIES) else Level.FILE


def _checked(name: str, value: MetaValue, where: str, timezone: str, findings: list[str]) -> MetaValue:
    """As stored; "" for what is not understood."""
    if isinstance(value, bool):
        return str(value).lower()
    if name in TEXTS:
        items = _as_tuple(value) if not isinstance(value, str) else tuple(part.strip() for part in value.split(","))
        return tuple(encodable(str(item))[:LONGEST] for item in items[:MOST] if item)
    if not isinstance(value, str):
        return ", ".join(_as_tuple(value)) if isinstance(value, tuple) else value
    text = encodable(value)[:LONGEST]
    if name in DATES:
        try:
            return stated_date(text, timezone).isoformat()
        except (ValueError, OverflowError) as error:
            findings.append(f"{where}: {name}: {error}")
            return ""
    if name == "review_in":
        try:
            return review_interval(text)
        except ValueError as error:
            findings.append(f"{where}: review_in: {error}")
            return ""
    if name == "language":
        code = language_code(text)
        if not code:
            findings.append(f"{where}: language: {text[:60]!r} names no language; write it as en or pt-BR")
        return code
    return text


def encodable(text: str) -> str:
    """Lone surrogates, as in names of files in odd encodings, have no UTF-8 form and become "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _as_tuple(value: MetaValue) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (str(value),) if value != "" else ()


# what only the text shows ---------------------------------------------------------------------------------


def _settle_language(document: Document, found: Resolved, policy: MetadataPolicy | None) -> None:
    if "language" in found.values:
        return
    own = document.meta.get("language", "")
    stated = language_code(own) if isinstance(own, str) else ""
    detected = detected_language(prose_of(document.blocks), stated) if policy is not None else ""
    if detected and not (stated and same_language(detected, stated)):
        against = f", against {stated} in the page's head" if stated else ""
        found.put("language", detected, origin(Level.DETECTED, f"in its text{against}"))
    elif stated:
        where = read(document.meta.get(ORIGINS)).get("language", _file_level(document))
        found.put("language", stated, where)
    elif policy is not None and policy.language:
        found.put("language", policy.language, Level.SOURCE)


def _link_translation(document: Document, found: Resolved, policy: MetadataPolicy) -> None:
    """By a page's alternates: the address of the same page in the source's language, or of its default one."""
    if "translation_of" in found.values:
        return
    pairs = [line.partition(" ") for line in _as_tuple(document.meta.get(ALTERNATES, ()))]
    addresses = {language.lower(): address for language, _, address in pairs if address}
    language = str(found.values.get("language", ""))
    original = policy.language or _ENGLISH
    if not language or same_language(language, original):
        return
    named = next((a for code, a in addresses.items() if base_language(code) == base_language(original)), "")
    target = named or addresses.get("x-default", "")
    own = [a for code, a in addresses.items() if same_language(code, language)]
    if target and target not in own and urlsplit(target).scheme in ("", "http", "https"):
        found.put("translation_of", target, origin(Level.META_TAG, "hreflang"))
