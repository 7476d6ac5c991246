"""Checked tables to the frozen values, and the findings that need a person but stop nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from headwater.errors import ConfigError
from headwater.settings.contacts import addresses, shown
from headwater.settings.durations import Duration
from headwater.settings.names import KINDS, did_you_mean, nearest
from headwater.settings.origin import Origin
from headwater.settings.promises import EVERY_KIND, PromiseRule, Promises
from headwater.settings.schema import Configuration, PromisesTable, PromiseTable, SourceTable
from headwater.settings.secrets import Secret
from headwater.settings.values import (
    PACKAGED_MODEL,
    AlertSettings,
    DeploySettings,
    EmbeddingSettings,
    IndexSettings,
    LedgerSettings,
    LintSettings,
    ParsingSettings,
    ServeSettings,
    Settings,
    SourceSettings,
    WebhookSettings,
)


def assembled(tables: Configuration, origin: Origin, *, base: Path, home: Path) -> Settings:
    promises = _promises(Promises(), tables.promises)
    settings = Settings(
        home=home,
        base=base,
        file=origin.file,
        groups=_groups(tables.groups, origin),
        owners={name: shown(contact) for name, contact in tables.owners.items()},
        embedding=EmbeddingSettings(model=_model(tables.embedding.model, base), threads=tables.embedding.threads),
        index=IndexSettings(
            url=Secret(tables.index.url, "[index] url"),
            api_key=Secret(tables.index.api_key, "[index] api_key"),
        ),
        ledger=LedgerSettings(url=Secret(tables.ledger.url, "[ledger] url")),
        parsing=ParsingSettings(
            timeout=tables.parsing.timeout.approximate.total_seconds(),
            memory_mb=tables.parsing.memory_mb,
            workers=tables.parsing.workers,
        ),
        promises=promises,
        lint=LintSettings(max_rate=dict(tables.lint.max_rate)),
        alerts=_alerts(tables),
        serve=ServeSettings(**tables.serve.model_dump()),
        deploy=_deploy(tables),
        sources=tuple(_source(n, table, promises, origin, base, home) for n, table in enumerate(tables.source)),
    )
    _refuse_duplicates(settings, origin)
    return _with_warnings(settings)


def _deploy(tables: Configuration) -> DeploySettings:
    table = tables.deploy
    return DeploySettings(
        pool=table.pool,
        type=table.type,
        image=table.image,
        timeout=table.timeout.approximate.total_seconds(),
        tags=table.tags,
    )


def _alerts(tables: Configuration) -> AlertSettings:
    table = tables.alerts
    return AlertSettings(
        to=tuple(Secret(text, f"[alerts] to, number {number}") for number, text in enumerate(table.to, start=1)),
        severity=table.severity,
        digest=table.digest,
        timezone=table.timezone,
        mail=Secret(table.mail, "[alerts] mail"),
        page=table.page,
        owners=addresses(tables.owners),
    )


def _promises(defaults: Promises, table: PromisesTable | SourceTable) -> Promises:
    return Promises(
        max_lag=table.max_lag or defaults.max_lag,
        max_age=_by_kind(defaults.max_age, table.max_age),
        review=_by_kind(defaults.review, table.review),
        verify_every=table.verify_every or defaults.verify_every,
        rules=tuple(_rule(rule) for rule in table.promise) if isinstance(table, SourceTable) else (),
    )


def _by_kind(defaults: Mapping[str, Duration], own: Mapping[str, Duration] | None) -> Mapping[str, Duration]:
    """One duration, or none at all, replaces what was said by kind; a table adds to it."""
    if own is None:
        return defaults
    return own if EVERY_KIND in own or not own else {**defaults, **own}


def _rule(table: PromiseTable) -> PromiseRule:
    return PromiseRule(
        path=table.path,
        kind=table.kind,
        max_lag=table.max_lag,
        max_age=table.max_age,
        review=table.review,
        verify_every=table.verify_every,
    )


def _groups(groups: Mapping[str, str], origin: Origin) -> dict[str, str]:
    for name in groups:
        if not name or ":" in name or any(character.isspace() for character in name):
            raise ConfigError(
                f"{origin.place(('groups', name))}: {name!r} cannot be a group's name",
                advice="Write the bare name there, without spaces or colons, and group:NAME where readers are meant.",
            )
    return {name.lower(): text for name, text in groups.items()}


def _model(name: str, base: Path) -> str:
    """A model's name, or the absolute path of its folder when it is written as a path or is a folder here."""
    if name == PACKAGED_MODEL:
        return name
    path = base / Path(name).expanduser()
    return str(path.resolve()) if name.startswith((".", "/", "~")) or path.is_dir() else name


def _source(
    number: int, table: SourceTable, promises: Promises, origin: Origin, base: Path, home: Path
) -> SourceSettings:
    return SourceSettings(
        name=table.name,
        kind=table.kind,
        default_access=table.default_access,
        content=table.content,
        owner=table.owner,
        product=table.product,
        language=table.language,
        audience=table.audience,
        tags=table.tags,
        paths=table.paths,
        required=table.required,
        on_missing=table.on_missing,
        schedule=table.schedule,
        timezone=table.timezone,
        chunker=table.chunker,
        chunk_tokens=table.chunk_tokens,
        passage_tokens=table.passage_tokens,
        overlap_tokens=table.overlap_tokens,
        allow_widening=table.allow_widening,
        prefer=table.prefer,
        include=table.include,
        exclude=table.exclude,
        keep=table.keep,
        drop=table.drop,
        max_removals=table.max_removals,
        max_removed_share=table.max_removed_share,
        tombstones=table.tombstones,
        max_access_age=table.max_access_age,
        webhook=_webhook(table),
        promises=_promises(promises, table),
        edit_url=table.edit_url,
        options=dict(table.model_extra or {}),
        base=base,
        cache=home / "cache" / table.name,
        place=origin.place(("source", number)),
    )


def _webhook(table: SourceTable) -> WebhookSettings | None:
    hook = table.webhook
    if hook is None:
        return None
    return WebhookSettings(
        kind=hook.kind,
        secrets=tuple(Secret(text, f"the webhook secret of source {table.name}") for text in hook.secret),
        documents=hook.documents,
        access=hook.access,
        template=hook.template,
    )


def _refuse_duplicates(settings: Settings, origin: Origin) -> None:
    seen: set[str] = set()
    for number, source in enumerate(settings.sources):
        if source.name in seen:
            raise ConfigError(
                f"{origin.place(('source', number, 'name'))}: another source has the name {source.name!r} already",
                advice="Give every [[source]] a name of its own.",
            )
        seen.add(source.name)


def _with_warnings(settings: Settings) -> Settings:
    warnings = [sentence for source in settings.sources for sentence in _source_warnings(source, settings)]
    ages = [kind for kind in settings.promises.max_age if _mistyped(kind)]
    warnings += [f"[promises] max_age names the kind {kind!r}{did_you_mean(kind, KINDS)}" for kind in ages]
    return replace(settings, warnings=tuple(dict.fromkeys(warnings)))


def _source_warnings(source: SourceSettings, settings: Settings) -> Iterator[str]:
    for name in sorted(source.default_access.allow | source.default_access.deny):
        group = name.removeprefix("group:")
        if group != name and group not in settings.groups:
            yield f"{source.place}: default_access names {name}, which is not under [groups]" + did_you_mean(
                name, (f"group:{known}" for known in settings.groups)
            )
    if not source.default_access.allow:
        yield f"{source.place}: default_access names nobody, so that nobody can read this source"
    if source.owner and source.owner not in settings.owners:
        yield f"{source.place}: owner {source.owner} is not under [owners]{did_you_mean(source.owner, settings.owners)}"
    for kind in dict.fromkeys((source.content.default, *(kind for _, kind in source.content.rules))):
        if _mistyped(kind):
            yield f"{source.place}: content names the kind {kind!r}{did_you_mean(kind, KINDS)}"


def _mistyped(kind: str) -> bool:
    return kind not in KINDS and bool(nearest(kind, KINDS))
