"""The log of a process that stays up: one JSON object a line, on stderr, with names and numbers and never contents."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

from headwater import tracing
from headwater.errors import HeadwaterError

FIELDS = (
    "run", "source", "document", "delivery", "event", "documents", "indexed", "removed", "seconds",
    "method", "path", "answered", "key",
)  # fmt: skip
_ENDS_OF_LINES = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""What some programs take for one; within JSON they are written as any other character may be."""


class JsonLines(logging.Formatter):
    """Time, level, logger and message, and those of `FIELDS` that were given as extra, or that all of it is about."""

    def format(self, record: logging.LogRecord) -> str:
        given = {**tracing.known(), **vars(record)}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: given[name] for name in FIELDS if given.get(name) not in (None, "")},
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = _where(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str).translate(_ENDS_OF_LINES)


def _where(error: BaseException) -> str:
    """Its class and where it was raised, and those that led to it; only errors of ours may say more.

    What a library says may be what it was given.
    """
    parts, seen = list[str](), set[int]()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        said = f": {found}" if isinstance(found, HeadwaterError) else ""
        frames = "".join(traceback.format_tb(found.__traceback__))
        parts.append(f"{frames}{type(found).__module__}.{type(found).__qualname__}{said}")
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return "\nafter\n".join(parts)


def write_log() -> None:
    """From now on, for everything in this process: ours from INFO, what others say from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("headwater").setLevel(logging.INFO)
