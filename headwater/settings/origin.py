"""Where a setting was written, so that an error can name the place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

Key: TypeAlias = tuple[str | int, ...]
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?")
_ENTRY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The file as read, and the HEADWATER_* variables by upper-case name."""

    file: Path | None = None
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    prefix: str = "HEADWATER_"
    nested: str = "__"

    def variable(self, key: Key) -> str:
        """The environment variable that sets this key or a table it is in; "" when none does."""
        for length in range(len(key), 0, -1):
            name = self.prefix + self.nested.join(str(part).upper() for part in key[:length])
            if name in self.variables:
                return name
        return ""

    def place(self, key: Key) -> str:
        """File, line and table, such as `headwater.toml line 12, [[source]] "handbook"`, or the variable."""
        variable = self.variable(key)
        if variable or self.file is None:
            return f"environment variable {variable}" if variable else "the configuration"
        line = line_of(self.text, key)
        where = f"{self.file.name} line {line}" if line else self.file.name
        table = self._table(key)
        return f"{where}, {table}" if table else where

    def _table(self, key: Key) -> str:
        if len(key) >= 2 and key[0] == "source" and isinstance(key[1], int):
            named = self.data["source"][key[1]].get("name")
            return f'[[source]] "{named}"' if isinstance(named, str) else f"[[source]] number {key[1] + 1}"
        return f"[{key[0]}]" if len(key) >= 2 else ""


def line_of(text: str, key: Key) -> int:
    """The line (from 1) that sets `key`, or that opens the table it belongs to; 0 when neither is found.

    Reads headers and `key =` at the start of lines, which is how configuration files are written; for a key
    of an inline table it is the line of that table.
    """
    names = [str(part) for part in key if not isinstance(part, int)]
    wanted = next((part for part in key if isinstance(part, int)), None)
    table: list[str] = []
    best, depth, seen = 0, 0, -1
    for number, line in enumerate(text.splitlines(), start=1):
        header, entry = _HEADER.fullmatch(line), _ENTRY.match(line)
        if header:
            table = _parts(header[2])
            seen += header[1] == "[[" and table == names[: len(table)]
            path = table
        elif entry:
            path = [*table, *_parts(entry[1])]
        else:
            continue
        in_table = wanted is None or seen == wanted
        if in_table and path == names[: len(path)] and len(path) > depth:
            best, depth = number, len(path)
    return best


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
