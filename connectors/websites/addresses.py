"""Addresses of pages: one form for each, and a key under which two addresses of one page are equal (RFC 3986, 6.2)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from connectors.globs import Selection
from connectors.http.reach import Reach

LONGEST = 2_000
_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"utm_\w+|(?:gcl|fbcl|msclk|ttcl|tw_?cl|li_fat_|ycl|dcl|gbra|wbra)id|mc_[ce]id|_ga|_gl|_hs\w+|hsCtaTracking|mkt_tok|"
    r"vero_\w+|phpsessid|jsessionid|sid|sessionid|session_id",
    re.I,
)
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.I)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.I)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TO_ESCAPE = re.compile(r"[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e%]")


@lru_cache(maxsize=20_000)
def address(url: str, base: str = "") -> str:
    """The absolute address of a page, "" for what is none: no fragment, tracking, default port or dot segments."""
    if not url.strip():
        return ""
    try:
        parts = urlsplit(urljoin(base, url.strip()) if base else url.strip())
        port = parts.port
    except ValueError:
        return ""
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".").lower()
    if scheme not in _PORTS or not host or parts.username is not None or parts.password is not None:
        return ""
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[scheme]:
        netloc += f":{port}"
    path = _without_dots(_escaped(_SESSION.sub("", parts.path)))
    found = urlunsplit((scheme, netloc, path or "/", _query(parts.query), ""))
    return found if len(found) <= LONGEST else ""


@lru_cache(maxsize=20_000)
def key(address: str) -> str:
    """Equal for addresses that differ in scheme, final slash, index file or order of the query alone."""
    parts = urlsplit(address)
    path = _INDEX.sub("/", parts.path).rstrip("/")
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{parts.netloc}{path}?{query}"


def path_of(address: str) -> str:
    """As patterns see it: from the root of the host, without the slash in front."""
    return urlsplit(address).path.lstrip("/") or "index.html"


def front(address: str) -> str:
    """The front page of the address's host."""
    parts = urlsplit(address)
    return urlunsplit(SplitResult(parts.scheme, parts.netloc, "/", "", ""))


@dataclass(frozen=True, slots=True)
class Scope:
    """`prefixes` are paths that end in a slash."""

    reach: Reach
    prefixes: tuple[str, ...]
    selection: Selection

    def holds(self, address: str) -> bool:
        """Whether a page with this address could belong to the source."""
        parts = urlsplit(address)
        folder = parts.path + "/"
        return self.reach.admits(parts.hostname or "") and any(
            parts.path.startswith(prefix) or folder == prefix for prefix in self.prefixes
        )

    def excluded(self, address: str) -> bool:
        """Whether `exclude` forbids to read the page; what only `include` leaves out is still followed."""
        return not Selection(exclude=self.selection.exclude).takes(path_of(address))

    def takes(self, address: str) -> bool:
        return self.selection.takes(path_of(address))


def folder_of(address: str) -> str:
    """The path of the folder that a start page stands for: `/docs` and `/docs/intro.html` both mean `/docs/`."""
    path = urlsplit(address).path
    above, _, last = path.rpartition("/")
    return f"{above}/" if "." in last or not last else f"{path}/"


def _query(query: str) -> str:
    if not query:
        return ""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return _escaped(query)
    kept = [pair for pair in pairs if not _TRACKING.fullmatch(pair[0])]
    return _escaped(query) if len(kept) == len(pairs) else urlencode(kept)


def _escaped(text: str) -> str:
    """Escapes in upper case, none for what needs none, and one for everything that does."""

    def plain(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return chr(code) if code in _UNRESERVED else match[0].upper()

    text = _TO_ESCAPE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")), text)
    return _ESCAPE.sub(plain, text)


def _without_dots(path: str) -> str:
    kept: list[str] = []
    parts = path.split("/")
    for part in parts[1:]:
        if part == "..":
            kept = kept[:-1]
        elif part != ".":
            kept.append(part)
    if parts[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
