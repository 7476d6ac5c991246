"""What the rest of the program sees of the configuration: frozen values, already checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from headwater.metadata.policy import OnMissing
from headwater.model import HELP, Access
from headwater.settings.durations import Duration
from headwater.settings.promises import Promises
from headwater.settings.schedule import Weekly
from headwater.settings.secrets import Secret

ChunkerName: TypeAlias = Literal["auto", "structure", "release_notes", "procedure", "fixed"]
PACKAGED_MODEL = "packaged"
EVERY_FINDING = "*"
PASSAGE_TOKENS = 800
_NONE = Secret()
_WEEK = Duration(0, 7, 0, "7d")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingSettings:
    """`model` is "packaged", a fastembed model name, or an absolute folder; `threads` 0 means every core."""

    model: str = PACKAGED_MODEL
    threads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """An empty `url` means the embedded index in the state folder."""

    url: Secret = _NONE
    api_key: Secret = _NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """An empty `url` means SQLite in the state folder."""

    url: Secret = _NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsingSettings:
    """Limits of one parse: elapsed seconds, and resident memory of its worker in MB; `workers` 0: by cores."""

    timeout: float = 60.0
    memory_mb: int = 1024
    workers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings:
    """The share of what was looked at, 0 to 1, that `lint` allows each finding; "*" stands for all others."""

    max_rate: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Who is told of findings from `severity` on, when they begin and end; apprise addresses.

    `digest` is when owners are told what is open, in `timezone`; `owners` are those that can be written to, by name,
    mail addresses among them through the mail server `mail`. `page` is where people find the report.
    """

    to: tuple[Secret, ...] = ()
    severity: str = "warning"
    digest: Weekly | None = None
    timezone: str = "UTC"
    mail: Secret = _NONE
    page: str = ""
    owners: Mapping[str, Secret] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is ever sent."""
        return bool(self.to) or (self.digest is not None and bool(self.owners))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """Where `headwater serve` listens, and its limits.

    `prefect_port` is that of the Prefect server it runs, 0 for any free one. A body may have `max_body_mb`, and a key
    `requests_per_minute`. A document is looked at `debounce` seconds after its newest notice, at most `max_wait` after
    its first. With `open_metrics`, whoever is on this machine may read /metrics without a key, unless others reach it.
    `shutdown` is how many seconds work that is under way may take to end. `refresh` says who looks at what is
    announced: this process ("here"), or the "workers" of a Prefect server.
    """

    host: str = "127.0.0.1"
    port: int = 8700
    prefect_port: int = 4200
    max_body_mb: int = 25
    requests_per_minute: int = 600
    debounce: float = 0.25
    max_wait: float = 5.0
    open_metrics: bool = False
    shutdown: float = 20.0
    refresh: Literal["here", "workers"] = "here"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploySettings:
    """Where `headwater deploy` has Prefect's workers run sources: the work pool `pool` of this `type`.

    A run that takes longer than `timeout` seconds is ended. `image` is what docker and kubernetes workers start.
    """

    pool: str = "headwater"
    type: Literal["process", "docker", "kubernetes"] = "process"
    image: str = ""
    timeout: float = 21_600.0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRules:
    """The kind of a document by its path: the first glob that matches wins, `default` where none does."""

    default: str = HELP
    rules: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkerRules:
    """The chunking strategy of a document by its kind; "auto" leaves it to the kind."""

    default: ChunkerName = "auto"
    by_kind: Mapping[str, ChunkerName] = field(default_factory=dict)

    def of(self, kind: str) -> ChunkerName:
        return self.by_kind.get(kind, self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """How changes of a source are announced, and by whom: `kind` names the service.

    A delivery is authentic with any of the `secrets`, so that one can be replaced by another. `documents` and `access`
    are JSONPaths to what a generic delivery names, the latter where readers changed or a document went; `template`
    makes document ids of that.
    """

    kind: str
    secrets: tuple[Secret, ...]
    documents: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    template: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One `[[source]]`: what every connector shares, with the connector's own keys unchecked in `options`.

    `kind` names the connector (the kind of the documents is `content`). `chunk_tokens` bounds what is matched, None
    meaning the model's window; `passage_tokens` bounds what a reader is given around a match. Relative paths in
    `options` are meant from `base`. `promises` are this source's own, defaults filled in. `place` says where the
    table stands, for messages. `owner`, `product`, `language`, `audience` and `tags` are what its documents carry
    that state no others; `paths` are rules that read metadata out of paths; documents that lack what is `required`
    are reported or held back. Of documents that say nearly the same, that of the source with the higher `prefer`
    stands for the others. `keep` and `drop` are CSS selectors: where the content of its HTML pages is, and what to
    leave out of it. Removals of more than `max_removals` documents and more than `max_removed_share` of the source at
    once wait for a person; `tombstones` is how long a document that is not listed any more, and not known to be gone,
    stays; `max_access_age` how long its readers do while they cannot be verified. `edit_url` is where a person edits a
    document, with `{id}` in it.
    """

    name: str
    kind: str
    default_access: Access
    content: ContentRules = ContentRules()
    owner: str = ""
    product: str = ""
    language: str = ""
    audience: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    on_missing: OnMissing = "report"
    schedule: str = ""
    timezone: str = "UTC"
    chunker: ChunkerRules = ChunkerRules()
    chunk_tokens: int | None = None
    passage_tokens: int = PASSAGE_TOKENS
    overlap_tokens: int | None = None
    allow_widening: bool = False
    prefer: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    max_removals: int = 10
    max_removed_share: float = 0.1
    tombstones: Duration = _WEEK
    max_access_age: Duration = _WEEK
    webhook: WebhookSettings | None = None
    promises: Promises = field(default_factory=Promises)
    edit_url: str = ""
    options: Mapping[str, object] = field(default_factory=dict, repr=False)
    base: Path = field(default_factory=Path.cwd)
    cache: Path | None = None
    adhoc: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration.

    `home` is the state folder (it need not exist yet), `file` the configuration file or None without one.
    `owners` are their contacts as people may see them. `warnings` are sentences for a person: nothing in them stops a
    run.
    """

    home: Path
    base: Path
    file: Path | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    embedding: EmbeddingSettings = EmbeddingSettings()
    index: IndexSettings = IndexSettings()
    ledger: LedgerSettings = LedgerSettings()
    parsing: ParsingSettings = ParsingSettings()
    promises: Promises = field(default_factory=Promises)
    lint: LintSettings = field(default_factory=LintSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    serve: ServeSettings = ServeSettings()
    deploy: DeploySettings = DeploySettings()
    sources: tuple[SourceSettings, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def known_groups(self) -> frozenset[str] | None:
        """Names under `[groups]`; None when there is no configuration, so that no group can be called unknown."""
        return None if self.file is None and not self.groups else frozenset(self.groups)

    def source(self, name: str) -> SourceSettings | None:
        return next((source for source in self.sources if source.name == name), None)
