"""The types of settings: what a person writes for each, and what is said of anything else."""

from collections.abc import Callable
from typing import Annotated, TypeAlias, TypeVar, cast, get_args

from pydantic import AfterValidator, PlainValidator

from headwater.linting.rules import BY_NAME as FINDINGS
from headwater.metadata.languages import language_code
from headwater.metadata.schema import REQUIRABLE
from headwater.model import Access, principals
from headwater.settings.durations import Duration, parse_duration
from headwater.settings.names import did_you_mean, document_kind
from headwater.settings.promises import EVERY_KIND, NOTHING
from headwater.settings.schedule import Weekly, checked_schedule, checked_timezone, checked_weekly
from headwater.settings.secrets import references
from headwater.settings.values import EVERY_FINDING, ChunkerName, ChunkerRules, ContentRules

_Value = TypeVar("_Value")


def _plain(text: str) -> str:
    if references(text):
        raise ValueError("cannot be taken from ${...}: that is for secrets; write the value itself")
    return text


def _secret(text: str) -> str:
    references(text)
    return text


def _of_text(parse: Callable[[str], _Value], what: str) -> Callable[[object], _Value]:
    def validate(value: object) -> _Value:
        if not isinstance(value, str):
            raise ValueError(f"has to be {what} in quotes")
        return parse(value)

    return validate


def _by_kind(value: object) -> dict[str, Duration]:
    if isinstance(value, dict):
        parse = _of_text(_lasting, 'a duration such as "180d", or "none",')
        return {document_kind(str(kind)): parse(length) for kind, length in value.items()}
    return {EVERY_KIND: _of_text(_lasting, 'a duration such as "180d", or a table of them by kind,')(value)}


def _lasting(text: str) -> Duration:
    return NOTHING if text.strip().lower() == NOTHING.text else parse_duration(text)


def _content(value: object) -> ContentRules:
    if isinstance(value, dict):
        rules = [(str(glob), kind) for glob, kind in value.items()]
        if not all(isinstance(kind, str) for _, kind in rules):
            raise ValueError('has to be a kind in quotes, or rules such as { "releases/**" = "release_note" }')
        return ContentRules(rules=tuple((glob, document_kind(kind)) for glob, kind in rules))
    return ContentRules(default=_of_text(document_kind, "a kind such as help, or rules by path,")(value))


def _chunker(value: object) -> ChunkerRules:
    if isinstance(value, dict):
        named = {kind if kind == EVERY_KIND else document_kind(str(kind)): _strategy(it) for kind, it in value.items()}
        return ChunkerRules(default=named.pop(EVERY_KIND, "auto"), by_kind=named)
    return ChunkerRules(default=_strategy(value))


def _strategy(value: object) -> ChunkerName:
    names = get_args(ChunkerName)
    if not isinstance(value, str) or value not in names:
        raise ValueError(
            f"has to be the name of a chunker, or a table of them by kind{did_you_mean(str(value), names)}"
        )
    return cast(ChunkerName, value)


def _rates(value: object) -> dict[str, float]:
    table: dict[object, object] = dict(value) if isinstance(value, dict) else {EVERY_FINDING: value}
    rates = {}
    for name, rate in table.items():
        if name != EVERY_FINDING and name not in FINDINGS:
            raise ValueError(f"names {name!r}, which lint does not find{did_you_mean(str(name), FINDINGS)}")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise ValueError("has to be a number from 0 to 1, or a table of them by finding")
        rates[str(name)] = float(rate)
    return rates


def _access(value: object) -> Access:
    table = value if isinstance(value, dict) else {"allow": value}
    if set(table) - {"allow", "deny"}:
        raise ValueError("has to be a list of principals, or { allow = [...], deny = [...] }")
    return Access(_principals(table.get("allow", [])), _principals(table.get("deny", [])))


def _principals(value: object) -> frozenset[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError('has to be a list of principals such as ["public"] or ["group:support"]')
    return principals(names)


def _texts(value: object) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError("has to be a list of texts")
    return tuple(texts)


def _addresses(value: object) -> tuple[str, ...]:
    return tuple(_secret(text) for text in _texts(value))


def _page(text: str) -> str:
    if text and not text.startswith(("https://", "http://")):
        raise ValueError("has to be an address that begins with https://")
    return text


def _contacts(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(contact, str) for contact in value.values()):
        raise ValueError('has to be a table of addresses in quotes, such as docs-team = "mailto:docs@example.com"')
    return {str(name): _secret(contact) for name, contact in value.items()}


def _required(value: object) -> tuple[str, ...]:
    names = _texts(value)
    for name in names:
        if name not in REQUIRABLE:
            raise ValueError(f"names {name!r}, which is no metadata of a document{did_you_mean(name, REQUIRABLE)}")
    return tuple(dict.fromkeys(names))


def _edit_url(text: str) -> str:
    if text and ("{id}" not in text or not text.startswith(("https://", "http://"))):
        raise ValueError("has to be an address with {id} in it, such as https://wiki.example.com/edit/{id}")
    return text


def _language(text: str) -> str:
    code = language_code(text)
    if text and not code:
        raise ValueError(f"{text!r} names no language; write it as en or pt-BR")
    return code


def _selectors(value: object) -> tuple[str, ...]:
    texts = _texts(value)
    if texts:
        from headwater.settings.selectors import checked_selector  # loads an HTML library, which few settings need

        texts = tuple(checked_selector(text) for text in texts)
    return texts


def _json_paths(value: object) -> tuple[str, ...]:
    texts = _texts(value)
    if texts:
        from headwater.settings.json_paths import checked_path  # loads a library that few settings need

        texts = tuple(checked_path(text) for text in texts)
    return texts


def _template(text: str) -> str:
    if text.count("{}") != 1:
        raise ValueError("has to hold {} once, where the id goes, such as https://docs.example.com/{}")
    return text


Plain: TypeAlias = Annotated[str, AfterValidator(_plain)]
MaybeSecret: TypeAlias = Annotated[str, AfterValidator(_secret)]
DurationText: TypeAlias = Annotated[Duration, PlainValidator(_of_text(parse_duration, 'a duration such as "24h"'))]
LastingText: TypeAlias = Annotated[Duration, PlainValidator(_of_text(_lasting, 'a duration such as "24h", or "none"'))]
DurationsByKind: TypeAlias = Annotated[dict[str, Duration], PlainValidator(_by_kind)]
Texts: TypeAlias = Annotated[tuple[str, ...], PlainValidator(_texts)]
JsonPaths: TypeAlias = Annotated[tuple[str, ...], PlainValidator(_json_paths)]
Selectors: TypeAlias = Annotated[tuple[str, ...], PlainValidator(_selectors)]
Rates: TypeAlias = Annotated[dict[str, float], PlainValidator(_rates)]
Secrets: TypeAlias = Annotated[tuple[str, ...], PlainValidator(_addresses)]
WeeklyText: TypeAlias = Annotated[
    Weekly | None, PlainValidator(_of_text(checked_weekly, "a time of the week such as mon 09:00"))
]
ZoneText: TypeAlias = Annotated[str, PlainValidator(_of_text(checked_timezone, "a zone such as Europe/Madrid"))]
PageUrl: TypeAlias = Annotated[str, PlainValidator(_of_text(_page, "an address"))]
KindText: TypeAlias = Annotated[str, PlainValidator(_of_text(document_kind, "a kind such as sop"))]
Template: TypeAlias = Annotated[str, PlainValidator(_of_text(_template, "a text with {} in it"))]
Readers: TypeAlias = Annotated[Access, PlainValidator(_access)]
Content: TypeAlias = Annotated[ContentRules, PlainValidator(_content)]
LanguageText: TypeAlias = Annotated[str, PlainValidator(_of_text(_language, "a language such as en"))]
Required: TypeAlias = Annotated[tuple[str, ...], PlainValidator(_required)]
ScheduleText: TypeAlias = Annotated[
    str, PlainValidator(_of_text(checked_schedule, "a cron line such as */30 * * * *, or an interval such as 15m,"))
]
EditUrl: TypeAlias = Annotated[str, PlainValidator(_of_text(_edit_url, "an address with {id} in it"))]
ChunkerText: TypeAlias = Annotated[ChunkerRules, PlainValidator(_chunker)]
Contacts: TypeAlias = Annotated[dict[str, str], PlainValidator(_contacts)]
