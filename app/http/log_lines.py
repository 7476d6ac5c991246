"""The log of a process that stays up: one JSON object a line, on stderr, with names and numbers and never contents."""

import json
import logging
import sys
from datetime import UTC, datetime

FIELDS = (
    "run", "source", "document", "delivery", "event", "documents", "indexed", "removed", "seconds",
    "method", "path", "answered", "key",
)  # fmt: skip


class JsonLines(logging.Formatter):
    """Time, level, logger and message, and those of `FIELDS` that were given as extra."""

    def format(self, record: logging.LogRecord) -> str:
        given = vars(record)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: given[name] for name in FIELDS if given.get(name) not in (None, "")},
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def write_log() -> None:
    """From now on, for everything in this process: ours from INFO, what others say from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("headwater").setLevel(logging.INFO)
