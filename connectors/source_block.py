"""A commented `[[source]]` for headwater.toml, made from what a kind of source can be told."""

import re
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import tomlkit
from tomlkit.items import Table

from connectors.catalogue import Kind, Setting

_WIDTH = 110
_QUOTED = re.compile(r'["\[{]')
_READERS = 'who may read what has no rule of its own: "public", "group:NAME", "user:EMAIL"'
_SECRETS = "Secrets: ${NAME} is an environment variable, ${prefect-secret:NAME} a Prefect Secret block."
_COMMON = (
    ("content", "help", "help, release_note or sop, or a table of them by path"),
    ("owner", "docs-team", "of documents that state no other; a name under [owners]"),
    ("schedule", "*/30 * * * *", "minute hour day month weekday"),
)
_PLACEHOLDERS = {"text": "...", "texts": ["..."], "duration": "24h", "table": {}, "true or false": False}


def source_block(kind: Kind, name: str, access: Sequence[str]) -> str:
    """The block as text; without `access`, nobody reads what it brings until someone is named."""
    table = tomlkit.table()
    table.add("name", name)
    table.add("kind", kind.kind)
    _comment(table, _READERS if access else f"{_READERS}; as it is here, nobody")
    table.add("default_access", list(access))
    for setting in kind.settings:
        _add(table, setting, needed=setting.required or setting.name in kind.about.fill_in)
    for key, value, said in _COMMON:
        _comment(table, said)
        _comment(table, f"{key} = {tomlkit.item(value).as_string()}")
    tables = tomlkit.aot()
    tables.append(table)
    document = tomlkit.document()
    secrets = f" {_SECRETS}" if any(one.secret for one in kind.settings) else ""
    for line in _lines(f"{kind.about.reads}. Permissions: {kind.about.permissions}.{secrets}"):
        document.add(tomlkit.comment(line))
    document.add("source", tables)
    return tomlkit.dumps(document)


def needed(kind: Kind) -> tuple[str, ...]:
    """Settings that hold an example and have to be filled in."""
    return tuple(one.name for one in kind.settings if one.required or one.name in kind.about.fill_in)


def example(setting: Setting) -> Any:
    """A value of the right type: out of the description's examples where it can be, else the default."""
    if setting.type in ("text", "texts", "table", "duration"):
        for _, value in _quoted(setting.description):
            if isinstance(value, dict) == (setting.type == "table") and isinstance(value, str | list | dict):
                return [value] if setting.type == "texts" and isinstance(value, str) else value
    if setting.default not in (None, "") or setting.type not in _PLACEHOLDERS:
        return setting.default if setting.default is not None else 0
    return "" if setting.default == "" else _PLACEHOLDERS[setting.type]


def _add(table: Table, setting: Setting, *, needed: bool) -> None:
    shown = example(setting)
    said = _without_example(setting, shown) or ("may be a secret" if setting.secret else "")
    if said:
        _comment(table, said)
    value = tomlkit.item(_inline(shown))
    if needed:
        table.add(setting.name, value)
    else:
        _comment(table, f"{setting.name} = {value.as_string()}", wrapped=False)


def _comment(table: Table, text: str, *, wrapped: bool = True) -> None:
    for line in _lines(text) if wrapped else [text]:
        table.add(tomlkit.comment(line))


def _lines(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _inline(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    table.update(value)
    return table


def _without_example(setting: Setting, shown: Any) -> str:
    """The description without the example that stands in the line below it."""
    said = setting.description
    for text, value in _quoted(said):
        if shown in (value, [value]):
            for phrase in (f"such as {setting.name} = {text}", f"such as {text}"):
                said = said.replace(f", {phrase}", "").replace(f": {phrase}", "").replace(phrase, "")
    return said.strip(" ;,")


def _quoted(description: str) -> Iterator[tuple[str, Any]]:
    """Values in a description that are written as in TOML, each with its text."""
    for start in _QUOTED.finditer(description):
        rest = description[start.start() :]
        for end in (found.end() for found in re.finditer(r'["\]}]', rest)):
            try:
                yield rest[:end], tomllib.loads(f"value = {rest[:end]}")["value"]
            except tomllib.TOMLDecodeError:
                continue
            else:
                break
