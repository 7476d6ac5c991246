"""What can be connected, described for people: every kind with what it reads and the settings that are its own."""

import inspect
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from connectors.about import About
from connectors.registry import CONNECTORS, ConnectorClass, class_of, elsewhere
from headwater.errors import ConfigError
from headwater.settings import Duration
from headwater.settings.fields import DurationText, MaybeSecret, Texts

UNKNOWN = "not stated by this connector"
_MARKS = {get_args(MaybeSecret)[1]: "text", get_args(DurationText)[1]: "duration", get_args(Texts)[1]: "texts"}
_NAMES = {str: "text", bool: "true or false", int: "whole number", float: "number", tuple: "texts", dict: "table"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """`secret`: whether it may hold one, to be written as ${...}. `default` is as in TOML, None without one."""

    name: str
    type: str
    required: bool
    default: Any
    secret: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`package` is "" for ours; `error` says why a connector of another package cannot be used."""

    kind: str
    about: About
    settings: tuple[Setting, ...] = field(default=())
    package: str = ""
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """The shape documented for `sources kinds --json`."""
        settings = [{name: getattr(one, name) for name in Setting.__slots__} for one in self.settings]
        about = {name: getattr(self.about, name) for name in ("reads", "permissions", "changes", "removals")}
        return {"kind": self.kind, **about, "settings": settings, "package": self.package, "error": self.error}


def kinds() -> tuple[Kind, ...]:
    """Ours, then those of installed packages."""
    others = [(name, found.value.partition(":")[0].partition(".")[0]) for name, found in sorted(elsewhere().items())]
    return tuple(described(name, package) for name, package in [*((name, "") for name in CONNECTORS), *others])


def described(kind: str, package: str = "") -> Kind:
    """One that cannot be loaded is described by its error."""
    try:
        found = class_of(kind, "headwater sources")
    except ConfigError as error:
        return Kind(kind=kind, about=_unknown(""), package=package, error=str(error))
    return Kind(kind=kind, about=about(found), settings=tuple(settings(found)), package=package)


def about(found: ConnectorClass) -> About:
    """As the class says, else by the first sentence of its module, or its own."""
    stated = getattr(found, "about", None)
    if isinstance(stated, About):
        return stated
    module = sys.modules.get(str(getattr(found, "__module__", "")))
    return _unknown(_first_sentence(inspect.getdoc(module) or inspect.getdoc(found) or ""))


def settings(found: ConnectorClass) -> Iterator[Setting]:
    """Those that are the connector's own, required ones first."""
    fields: Mapping[str, FieldInfo] = found.Options.model_fields
    for name, one in sorted(fields.items(), key=lambda item: not item[1].is_required()):
        yield Setting(
            name=name,
            type=_type(one.annotation, one.metadata),
            required=one.is_required(),
            default=None if one.is_required() else _plain(one.get_default(call_default_factory=True)),
            secret=_may_be_secret(one),
            description=one.description or "",
        )


def _unknown(reads: str) -> About:
    return About(reads=reads or UNKNOWN, permissions=UNKNOWN, changes=UNKNOWN, removals=UNKNOWN)


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.split("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".")


def _type(annotation: Any, metadata: list[Any]) -> str:
    """In the words of someone who writes TOML."""
    for mark, name in _MARKS.items():
        if mark in metadata:
            return name
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0], list(arguments[1:]))
    if origin is Literal:
        return " or ".join(f'"{one}"' for one in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(one, []) for one in arguments if one is not type(None))
    return _NAMES.get(origin or annotation, "value")


def _may_be_secret(one: FieldInfo) -> bool:
    marked = isinstance(one.json_schema_extra, dict) and bool(one.json_schema_extra.get("secret"))
    return marked or get_args(MaybeSecret)[1] in one.metadata or _holds_secret(one.annotation)


def _holds_secret(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated and get_args(MaybeSecret)[1] in get_args(annotation)[1:]:
        return True
    return any(_holds_secret(one) for one in get_args(annotation))


def _plain(value: Any) -> Any:
    if isinstance(value, Duration):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
