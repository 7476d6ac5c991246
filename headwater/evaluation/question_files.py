"""Entries of a question file with the lines they begin on: JSON lines, CSV, or YAML (of which JSON is a part)."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from headwater.errors import ConfigError

_SEPARATOR = ";"
"""Between several documents, principals or filters in one CSV cell."""
_CSV_LISTS = ("document", "documents", "as", "filter", "filters")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as written; `problem`, when there is one, begins with the field or what else is wrong."""

    line: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def entries(file: Path) -> Iterator[Entry]:
    """By the file's extension; ConfigError when the file as a whole cannot be read."""
    read = _READERS.get(file.suffix.lower())
    if read is None:
        raise ConfigError(
            f"{file} is not a file of questions: its name has to end in {', '.join(_READERS)}",
            advice='One a line: {"question": "...", "document": "SOURCE/ID", "answer": "..."}',
        )
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"the questions in {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text", advice="Save it in the encoding UTF-8.") from error
    return read(text, file)


def _json_lines(text: str, file: Path) -> Iterator[Entry]:  # noqa: ARG001 - readers share one shape
    # Lines end with line feeds alone: other separators may stand inside a JSON text.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            yield Entry(number, problem=f"not valid JSON: {error}")
            continue
        yield _entry(number, value)


def _csv(text: str, file: Path) -> Iterator[Entry]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    begins = 1
    try:
        for row in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [cell.strip().lower() for cell in row]
            elif len(row) > len(header):
                yield Entry(line, problem=f"{len(row)} cells below {len(header)} column names")
            else:
                yield Entry(line, {name: _cell(name, cell) for name, cell in zip(header, row, strict=False) if cell})
    except csv.Error as error:
        raise ConfigError(f"{file}, line {reader.line_num}: not valid CSV: {error}") from error


def _cell(name: str, cell: str) -> str | list[str]:
    return [part.strip() for part in cell.split(_SEPARATOR)] if name in _CSV_LISTS else cell


def _yaml(text: str, file: Path) -> Iterator[Entry]:
    try:
        root = yaml.compose(text, Loader=_Loader)
        if root is None:
            return
        if not isinstance(root, yaml.SequenceNode):
            raise ConfigError(f"{file}, line {root.start_mark.line + 1}: has to be a list of questions")
        constructor = _Loader("")
        for node in root.value:
            yield _entry(node.start_mark.line + 1, constructor.construct_object(node, deep=True))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{file}{where}: not valid YAML: {problem}") from error


class _Loader(yaml.SafeLoader):
    """Dates stay texts, as the filters that they are written in want them."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _entry(line: int, value: Any) -> Entry:
    if not isinstance(value, dict):
        return Entry(line, problem="has to be an object with question and document")
    return Entry(line, {str(name).strip().lower(): one for name, one in value.items()})


_READERS: dict[str, Callable[[str, Path], Iterator[Entry]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".csv": _csv,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _yaml,
}
