"""The shape of headwater.toml, and of the HEADWATER_* variables that override it.

A field's description is what a person reads when the field is missing.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from headwater.metadata.policy import OnMissing
from headwater.settings.durations import parse_duration
from headwater.settings.fields import (
    ChunkerText,
    Contacts,
    Content,
    DurationsByKind,
    DurationText,
    EditUrl,
    JsonPaths,
    KindText,
    LanguageText,
    LastingText,
    MaybeSecret,
    PageUrl,
    Plain,
    Rates,
    Readers,
    Required,
    ScheduleText,
    Secrets,
    Selectors,
    Template,
    Texts,
    WeeklyText,
    ZoneText,
)
from headwater.settings.values import PACKAGED_MODEL, PASSAGE_TOKENS, ChunkerRules, ContentRules

PREFIX = "HEADWATER_"
NESTED = "__"


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
    max_rate: Rates = {}


class AlertsTable(Table):
    to: Secrets = ()
    severity: Literal["notice", "warning", "critical"] = "warning"
    digest: WeeklyText = None
    timezone: ZoneText = "UTC"
    mail: MaybeSecret = ""
    page: PageUrl = ""


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
    kind: KindText = ""
    max_lag: LastingText | None = None
    max_age: LastingText | None = None
    review: LastingText | None = None
    verify_every: LastingText | None = None


class WebhookTable(Table):
    kind: Literal["github", "gitlab", "zendesk", "confluence", "generic"] = Field(
        description='name the service that announces changes, such as kind = "github"'
    )
    secret: Secrets = Field(
        min_length=1, description='what its deliveries are signed with, such as secret = "${WEBHOOK_SECRET}"'
    )
    documents: JsonPaths = ()
    access: JsonPaths = ()
    template: Template = "{}"

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
    default_access: Readers = Field(
        description='say who may read what has no rule of its own, such as default_access = ["group:support"] '
        'or ["public"]; nothing is public by accident'
    )
    content: Content = ContentRules()
    owner: Plain = ""
    product: Plain = ""
    language: LanguageText = ""
    audience: Texts = ()
    tags: Texts = ()
    paths: Texts = ()
    required: Required = ()
    on_missing: OnMissing = "report"
    schedule: ScheduleText = ""
    timezone: ZoneText = "UTC"
    max_lag: LastingText | None = None
    max_age: DurationsByKind | None = None
    review: DurationsByKind | None = None
    verify_every: LastingText | None = None
    promise: list[PromiseTable] = []
    edit_url: EditUrl = ""
    chunker: ChunkerText = ChunkerRules()
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
    owners: Contacts = {}
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
