"""Is everything there that a run needs? Each check tries the real thing."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from itertools import islice
from typing import Literal

from connectors.registry import check as overlaps
from flows.workshop import Workshop
from headwater.errors import HeadwaterError
from headwater.model import Ref, Unreadable

State = Literal["ok", "warn", "fail"]
LOW_DISK_BYTES = 2 * 2**30
LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `advice` says what to do about it."""

    name: str
    state: State
    found: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def examine(workshop: Workshop) -> list[Check]:
    """All checks, in the order in which a run would meet them."""
    checks = [*_settings(workshop)]
    for name, look in (
        ("state folder", _state),
        ("ledger", _ledger),
        ("index", _index),
        ("embedding model", _model),
        ("prefect", _prefect),
    ):
        checks.append(_guarded(name, workshop, look))
    checks.extend(_sources(workshop))
    checks.extend(_overlaps(workshop))
    return checks


def _guarded(name: str, workshop: Workshop, look: Callable[[Workshop], Check]) -> Check:
    try:
        return look(workshop)
    except HeadwaterError as error:
        return Check(name, "fail", str(error), error.advice)


def _settings(workshop: Workshop) -> Iterator[Check]:
    settings = workshop.settings
    if settings.file is None:
        yield Check("settings", "warn", "no headwater.toml here or above", "Write one with: headwater init")
    else:
        yield Check("settings", "ok", f"{settings.file}, {len(settings.sources)} sources")
    for warning in settings.warnings:
        yield Check("settings", "warn", warning)


def _state(workshop: Workshop) -> Check:
    home = workshop.settings.home
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(nearest).free
    found = f"{home}, {free / 2**30:.1f} GiB free"
    if free < LOW_DISK_BYTES:
        return Check("state folder", "warn", found, "Make room, or set HEADWATER_HOME to a larger disk.")
    return Check("state folder", "ok", found)


def _ledger(workshop: Workshop) -> Check:
    epoch = workshop.ledger.epoch()
    return Check("ledger", "ok", f"epoch {epoch}, generation {workshop.ledger.generation()}")


def _index(workshop: Workshop) -> Check:
    info = workshop.index().info()
    detail = "".join(f", {key} {value}" for key, value in info.detail.items())
    return Check("index", "ok", f"{info.backend}, {info.points:,} points{detail}")


def _model(workshop: Workshop) -> Check:
    started = time.monotonic()
    vector = workshop.dense.embed_query("how do I rotate an API key")
    found = f"{workshop.settings.embedding.model}, {len(vector)} dimensions, window {workshop.dense.tokens.window}"
    return Check("embedding model", "ok", f"{found}, loaded in {time.monotonic() - started:.1f} s")


def _prefect(workshop: Workshop) -> Check:  # noqa: ARG001 - checks share one shape
    versions = {name: metadata.version(name) for name in ("prefect", "fastapi", "sqlalchemy")}
    found = ", ".join(f"{name} {version}" for name, version in versions.items())
    if versions["sqlalchemy"].startswith("2.1"):
        return Check(
            "prefect", "fail", found, "With SQLAlchemy 2.1 Prefect schedules nothing: install what uv.lock names."
        )
    return Check("prefect", "ok", found)


def _sources(workshop: Workshop) -> Iterator[Check]:
    for source in workshop.settings.sources:
        name = f"source {source.name}"
        try:
            items = list(islice(workshop.connector(source).scan(), LOOKED_AT))
        except HeadwaterError as error:
            yield Check(name, "fail", str(error), error.advice)
            continue
        listed = sum(isinstance(item, Ref) for item in items)
        bad = [item for item in items if isinstance(item, Unreadable)]
        more = " or more" if len(items) == LOOKED_AT else ""
        readers = ", ".join(sorted(source.default_access.allow)) or "nobody"
        found = f"{listed}{more} documents, readable by {readers} unless they say otherwise"
        if bad:
            yield Check(name, "warn", f"{found}; {len(bad)} cannot be read: {bad[0].id}", bad[0].reason)
        elif not listed:
            yield Check(name, "warn", "no documents", "Check its path, include and exclude.")
        else:
            yield Check(name, "ok", found)


def _overlaps(workshop: Workshop) -> Iterator[Check]:
    try:
        for sentence in overlaps(workshop.settings):
            yield Check("sources", "warn", sentence, "Exclude one from the other.")
    except HeadwaterError:
        return  # said for its source already
