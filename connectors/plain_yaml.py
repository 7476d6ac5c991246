"""A mapping from YAML in which every scalar stays the text that was written.

So `version: 2.10` is "2.10" and `language: no` is "no". Built from the parser's events with a limit on depth: the
usual constructors recurse, and thirty thousand brackets end the process.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from connectors.access import Stated

_DEPTH = 8
# Without libyaml the pure Python parser gives the same events, slower.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def mapping(text: str) -> dict[str, Stated]:
    """The mapping that `text` holds, {} when it holds nothing; ValueError for anything else, and for aliases,
    merges and duplicate keys, which could hide what a reader of the file takes to be in force."""
    try:
        events = yaml.parse(text, Loader=_LOADER)
        for event in events:
            if isinstance(event, yaml.MappingStartEvent):
                value = _mapping(events, 1)
                _nothing_follows(events)
                return value
            if isinstance(event, yaml.ScalarEvent) and not event.value.strip():
                return {}
            if isinstance(event, yaml.NodeEvent):
                raise ValueError("it holds no keys with values")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" in its line {mark.line + 1}" if mark is not None else ""
        raise ValueError(f"{getattr(error, 'problem', None) or 'it is not YAML'}{at}") from error
    return {}


def _nothing_follows(events: Iterator[Any]) -> None:
    if any(isinstance(event, yaml.NodeEvent) for event in events):
        raise ValueError("it holds more than one document")


def _value(events: Iterator[Any], event: Any, depth: int) -> Stated:
    if isinstance(event, yaml.ScalarEvent):
        return str(event.value)
    if depth >= _DEPTH or isinstance(event, yaml.AliasEvent):
        raise ValueError("it is nested too deeply" if depth >= _DEPTH else "it uses an alias (*name)")
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, depth + 1)
    items: list[Stated] = []
    for item in events:
        if isinstance(item, yaml.SequenceEndEvent):
            break
        items.append(_value(events, item, depth + 1))
    return items


def _mapping(events: Iterator[Any], depth: int) -> dict[str, Stated]:
    found: dict[str, Stated] = {}
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            break
        if not isinstance(key, yaml.ScalarEvent) or key.value == "<<":
            raise ValueError("it has a key that is not a word")
        name = str(key.value).strip().lower()
        if name in found:
            raise ValueError(f"it has the key {name} twice")
        found[name] = _value(events, next(events), depth)
    return found
