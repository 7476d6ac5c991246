"""The shape of headwater.toml, and of the HEADWATER_* variables that override it.

A field's description is what a person reads when the field is missing.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar, cast, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from headwater.linting.rules import BY_NAME as FINDINGS
from headwater.metadata.languages import language_code
from headwater.metadata.policy import OnMissing
from headwater.metadata.schema import REQUIRABLE
from headwater.model import Access, principals
from headwater.settings.durations import Duration, parse_duration
from headwater.settings.names import did_you_mean, document_kind
from headwater.settings.promises import EVERY_KIND, NOTHING
from headwater.settings.schedule import Weekly, checked_schedule, checked_timezone, checked_weekly
from headwater.settings.secrets import references
from headwater.settings.values import (
    EVERY_FINDING,
    PACKAGED_MODEL,
    PASSAGE_TOKENS,
    ChunkerName,
    ChunkerRules,
    ContentRules,
)

PREFIX = "HEADWATER_"
NESTED = "__"
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


class Table(BaseModel):
    """Refuses unknown keys; connectors derive their own settings from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class EmbeddingTable(Table):
    model: Plain = PACKAGED_MODEL
    threads: int = Field(default=0, ge=0, le=1024)


class IndexTable(Table):
    url: MaybeSecret = ""
    api_key: MaybeSecret = ""


class LedgerTable(Table):
    url: MaybeSecret = ""


class ParsingTable(Table):
    timeout: DurationText = parse_duration("60s")
    memory_mb: int = Field(default=1024, ge=256)
    workers: int = Field(default=0, ge=0, le=256)


class LintTable(Table):
    max_rate: Annotated[dict[str, float], PlainValidator(_rates)] = {}


class AlertsTable(Table):
    to: Annotated[tuple[str, ...], PlainValidator(_addresses)] = ()
    severity: Literal["notice", "warning", "critical"] = "warning"
    digest: Annotated[
        Weekly | None, PlainValidator(_of_text(checked_weekly, "a time of the week such as mon 09:00"))
    ] = None
    timezone: Annotated[str, PlainValidator(_of_text(checked_timezone, "a zone such as Europe/Madrid"))] = "UTC"
    mail: MaybeSecret = ""
    page: Annotated[str, PlainValidator(_of_text(_page, "an address"))] = ""


class ServeTable(Table):
    host: Plain = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8700, ge=0, le=65_535)
    prefect_port: int = Field(default=4200, ge=0, le=65_535)
    max_body_mb: int = Field(default=25, ge=1, le=1_024)
    requests_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    debounce: float = Field(default=0.25, ge=0, le=60)
    max_wait: float = Field(default=5.0, ge=0, le=600)
    open_metrics: bool = False
    shutdown: float = Field(default=20.0, ge=1, le=600)
    refresh: Literal["here", "workers"] = "here"


class DeployTable(Table):
    pool: Plain = Field(default="headwater", min_length=1)
    type: Literal["process", "docker", "kubernetes"] = "process"
    image: Plain = ""
    timeout: DurationText = parse_duration("6h")
    tags: Texts = ()


class PromisesTable(Table):
    max_lag: LastingText | None = None
    max_age: DurationsByKind | None = None
    review: DurationsByKind | None = None
    verify_every: LastingText | None = None


class PromiseTable(Table):
    path: Plain = ""
    kind: Annotated[str, PlainValidator(_of_text(document_kind, "a kind such as sop"))] = ""
    max_lag: LastingText | None = None
    max_age: LastingText | None = None
    review: LastingText | None = None
    verify_every: LastingText | None = None


class WebhookTable(Table):
    kind: Literal["github", "gitlab", "zendesk", "confluence", "generic"] = Field(
        description='name the service that announces changes, such as kind = "github"'
    )
    secret: Annotated[tuple[str, ...], PlainValidator(_addresses)] = Field(
        min_length=1, description='what its deliveries are signed with, such as secret = "${WEBHOOK_SECRET}"'
    )
    documents: JsonPaths = ()
    access: JsonPaths = ()
    template: Annotated[str, PlainValidator(_of_text(_template, "a text with {} in it"))] = "{}"

    @model_validator(mode="after")
    def _secrets(self) -> Self:
        if not self.secret or not all(self.secret):
            raise ValueError('has to name a secret, such as secret = "${WEBHOOK_SECRET}"; none is empty')
        if self.kind != "generic" and (self.documents or self.access or self.template != "{}"):
            raise ValueError(f"says what documents a {self.kind} delivery is about, which is known; leave it out")
        return self


class SourceTable(Table):
    model_config = ConfigDict(extra="allow")

    name: Plain = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", description='give the source a name, such as name = "handbook"'
    )
    kind: Plain = Field(description='name the connector, such as kind = "folder"')
    default_access: Annotated[Access, PlainValidator(_access)] = Field(
        description='say who may read what has no rule of its own, such as default_access = ["group:support"] '
        'or ["public"]; nothing is public by accident'
    )
    content: Annotated[ContentRules, PlainValidator(_content)] = ContentRules()
    owner: Plain = ""
    product: Plain = ""
    language: Annotated[str, PlainValidator(_of_text(_language, "a language such as en"))] = ""
    audience: Texts = ()
    tags: Texts = ()
    paths: Texts = ()
    required: Annotated[tuple[str, ...], PlainValidator(_required)] = ()
    on_missing: OnMissing = "report"
    schedule: Annotated[
        str, PlainValidator(_of_text(checked_schedule, "a cron line such as */30 * * * *, or an interval such as 15m,"))
    ] = ""
    timezone: Annotated[str, PlainValidator(_of_text(checked_timezone, "a zone such as Europe/Madrid"))] = "UTC"
    max_lag: LastingText | None = None
    max_age: DurationsByKind | None = None
    review: DurationsByKind | None = None
    verify_every: LastingText | None = None
    promise: list[PromiseTable] = []
    edit_url: Annotated[str, PlainValidator(_of_text(_edit_url, "an address with {id} in it"))] = ""
    chunker: Annotated[ChunkerRules, PlainValidator(_chunker)] = ChunkerRules()
    chunk_tokens: int | None = Field(default=None, ge=16, le=100_000)
    passage_tokens: int = Field(default=PASSAGE_TOKENS, ge=16, le=100_000)
    overlap_tokens: int | None = Field(default=None, ge=0, le=10_000)
    allow_widening: bool = False
    prefer: int = Field(default=0, ge=-1_000, le=1_000)
    include: Texts = ()
    exclude: Texts = ()
    keep: Selectors = ()
    drop: Selectors = ()
    max_removals: int = Field(default=10, ge=0)
    max_removed_share: float = Field(default=0.1, ge=0, le=1)
    tombstones: DurationText = parse_duration("7d")
    max_access_age: DurationText = parse_duration("7d")
    webhook: WebhookTable | None = None


class Configuration(BaseSettings):
    """Environment first, then what the file said."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=NESTED, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    groups: dict[str, str] = {}
    owners: Annotated[dict[str, str], PlainValidator(_contacts)] = {}
    embedding: EmbeddingTable = EmbeddingTable()
    index: IndexTable = IndexTable()
    ledger: LedgerTable = LedgerTable()
    parsing: ParsingTable = ParsingTable()
    promises: PromisesTable = PromisesTable()
    lint: LintTable = LintTable()
    alerts: AlertsTable = AlertsTable()
    serve: ServeTable = ServeTable()
    deploy: DeployTable = DeployTable()
    source: list[SourceTable] = []

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the signature is pydantic's)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings


def parts_of(model: type[BaseModel]) -> dict[str, Any]:
    """The tables of a model by key: a model, or a list's model."""
    tables: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        candidates = (field.annotation, *getattr(field.annotation, "__args__", ()))
        found = [part for part in candidates if isinstance(part, type) and issubclass(part, BaseModel)]
        tables.update({name: found[0]} if found else {})
    return tables
