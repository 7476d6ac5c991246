"""What a text file says about itself in its first lines: YAML between `---`, TOML between `+++`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.access import Stated
from connectors.plain_yaml import mapping

LIMIT = 64 * 1024
_OPEN = re.compile(rb"\A(?:\xef\xbb\xbf)?[ \t\r\n]*(---|\+\+\+)[ \t]*(?:\r\n|\n|\r)")
_CLOSE = {
    b"---": re.compile(rb"(?:\A|(?<=[\r\n]))(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)"),
    b"+++": re.compile(rb"(?:\A|(?<=[\r\n]))\+\+\+[ \t]*(?:\r\n|\n|\r|\Z)"),
}
# A rule across the page and a line of prose open many documents; only a key opens front matter.
_KEY = re.compile(rb"\s*(?:#[^\r\n]*[\r\n]+\s*)*(?:\{|[\"']?[\w .-]{1,60}[\"']?[ \t]*:(?:[ \t\r\n]|\Z))")
_RESTRICTS = re.compile(rb"(?i)acc?ess?|allow|deny")
_RESTRICTS_LINE = re.compile(rb"(?im)^[ \t]*[\"']?acc?ess?[\"']?[ \t]*[:=]")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """`fields` by lower-case key, `body` the content after it.

    `problem` says why the fields could not be read; `restricts`, that they may have said who may read.
    """

    body: bytes
    fields: Mapping[str, Stated] = field(default_factory=dict)
    problem: str = ""
    restricts: bool = False


def split(content: bytes) -> FrontMatter:
    """Never raises: what cannot be read is a `problem`."""
    data = _as_utf8(content)
    opened = _OPEN.match(data[: LIMIT + 1024])
    if opened is None:
        return FrontMatter(content)
    fence, start = opened[1], opened.end()
    closed = _CLOSE[fence].search(data[: start + LIMIT], start)
    block = data[start : closed.start() if closed else start + LIMIT]
    if fence == b"---" and block.strip() and not _KEY.match(block):
        return FrontMatter(content)
    if closed is None:
        return _unclosed(content, fence, block)
    body = data[closed.end() :]
    try:
        return FrontMatter(body, _fields(fence, _text(block)))
    except ValueError as error:
        problem = f"front matter cannot be read: {error}"
        return FrontMatter(body, {}, problem, restricts=bool(_RESTRICTS.search(block)))


def _unclosed(content: bytes, fence: bytes, block: bytes) -> FrontMatter:
    head = b"\n".join(block.splitlines()[:60])
    if not _RESTRICTS_LINE.search(head):
        return FrontMatter(content)
    return FrontMatter(content, {}, f"front matter has no closing {fence.decode()}", restricts=True)


def _fields(fence: bytes, text: str) -> dict[str, Stated]:
    if fence == b"---":
        return mapping(text)
    try:
        return plain(tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"), parse_float=str))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def plain(table: Mapping[str, object]) -> dict[str, Stated]:
    """A TOML table with lower-case keys and every scalar as its text; ValueError when two keys become one."""
    found = {name.strip().lower(): _stated(value) for name, value in table.items()}
    if len(found) != len(table):
        raise ValueError("it has a key twice")
    return found


def _stated(value: object) -> Stated:
    if isinstance(value, list):
        return [_stated(item) for item in value]
    if isinstance(value, dict):
        return plain(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(block: bytes) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError:
        return block.decode("latin-1")


def _as_utf8(content: bytes) -> bytes:
    """UTF-16 as UTF-8, so that its front matter is seen; anything else as it is."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif content[1:2] == b"\0" and content[:1] in b"-+":
        encoding = "utf-16-le"
    elif content[:1] == b"\0" and content[1:2] in (b"-", b"+"):
        encoding = "utf-16-be"
    else:
        return content
    return content.decode(encoding, "replace").encode("utf-8", "replace")
