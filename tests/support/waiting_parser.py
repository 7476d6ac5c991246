"""A Markdown parser that says where it is, and waits where its document tells it to.

A line `parser: NAME FOLDER` makes it write `FOLDER/parsing-ID` before it parses, and then, by NAME, `wait` until
`FOLDER/go-on` exists, `fail`, or `hang`. It reads documents without such a line at once.
"""

import re
import time
from pathlib import Path

from headwater.errors import BrokenFileError
from headwater.model import Document, RawDocument
from headwater.parsing import markdown

VERSION = "1"
_ORDER = re.compile(r"^parser: (wait|fail|hang) (.+)$", re.MULTILINE)


def parse(raw: RawDocument) -> Document:
    order = _ORDER.search(raw.content.decode())
    if order:
        folder = Path(order[2])
        (folder / f"parsing-{raw.id}").touch()
        if order[1] == "fail":
            raise BrokenFileError("told to fail")
        while order[1] == "hang" or not (folder / "go-on").exists():
            time.sleep(0.01)
    return markdown.parse(raw)
