"""What a host's robots.txt lets us read (RFC 9309), with the widespread Crawl-delay and Sitemap lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

AGENT = "headwater"
LONGEST_DELAY = 60.0
_MOST_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Robots:
    """`rules` are (allowed, pattern), `delay` seconds between requests."""

    rules: tuple[tuple[bool, str], ...] = ()
    delay: float = 0.0
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """The longest matching pattern decides, and permission where two are equally long."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if path == "/robots.txt":
            return True
        matching = [(len(pattern), allowed) for allowed, pattern in self.rules if _matches(pattern, path)]
        return max(matching)[1] if matching else True


def read_robots(body: bytes) -> Robots:
    """Never raises: lines that are not understood are left out, as the standard says."""
    groups: dict[str, list[tuple[str, str]]] = {}
    current: list[str] = []
    sitemaps: list[str] = []
    naming = False
    for name, value in _lines(body):
        if name == "sitemap":
            sitemaps.append(value)
        elif name == "user-agent":
            current = [*(current if naming else ()), value.lower()]
            groups.setdefault(current[-1], [])
            naming = True
        else:
            naming = False
            for agent in current:
                groups[agent].append((name, value))
    ours = groups.get(AGENT, groups.get("*", []))
    rules = tuple((name == "allow", value) for name, value in ours if name in ("allow", "disallow") and value)
    return Robots(rules, max((_seconds(value) for name, value in ours if name == "crawl-delay"), default=0.0),
                  tuple(dict.fromkeys(sitemaps)))  # fmt: skip


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    for line in body[:_MOST_BYTES].decode("utf-8-sig", "replace").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _seconds(text: str) -> float:
    try:
        return min(max(float(text), 0.0), LONGEST_DELAY) if text.replace(".", "", 1).isdigit() else 0.0
    except ValueError:
        return 0.0


def _matches(pattern: str, path: str) -> bool:
    """`*` is any text, `$` at the end the end of the path; without backtracking, as patterns are a stranger's."""
    ended = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    last = others.pop() if ended and others else None
    for part in others:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if last is not None:
        return path.endswith(last) and len(path) - len(last) >= at
    return not ended or at == len(path)
