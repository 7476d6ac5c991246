"""A bounded walk along the links of a site, breadth first."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectors.http.answer import Answer
from connectors.http.reach import OutOfReachError
from connectors.media import suffix_of
from connectors.websites.addresses import key, path_of
from connectors.websites.emptiness import NO_DOCUMENT, OTHER_HOST, REDIRECT
from connectors.websites.reading import Look, Reader
from headwater.errors import FatalError, FetchError, GoneError, HeadwaterError, TransientSourceError
from headwater.model import Ref, Unreadable

MOST_FAILURES = 10
"""In a row: the site is down, and asking for every other page would not help it."""
NEVER = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".svg",
        ".webp",
        ".avif",
        ".ico",
        ".bmp",
        ".tif",
        ".tiff",
        ".css",
        ".js",
        ".mjs",
        ".map",
        ".json",
        ".xml",
        ".rss",
        ".atom",
        ".woff",
        ".woff2",
        ".ttf",
        ".otf",
        ".eot",
        ".zip",
        ".gz",
        ".tgz",
        ".bz2",
        ".xz",
        ".7z",
        ".rar",
        ".tar",
        ".whl",
        ".jar",
        ".exe",
        ".msi",
        ".dmg",
        ".pkg",
        ".deb",
        ".rpm",
        ".iso",
        ".apk",
        ".bin",
        ".mp3",
        ".mp4",
        ".webm",
        ".ogg",
        ".wav",
        ".avi",
        ".mov",
        ".mkv",
        ".doc",
        ".xls",
        ".ppt",
        ".inv",
        ".epub",
        ".tex",
        ".sig",
        ".asc",
    ]
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """`queries` lets the walk follow addresses with a query, of which calendars and searches have no end."""

    pages: int
    depth: int
    queries: bool = False


@dataclass(slots=True)
class Crawl:
    """`known` is what addresses showed in an earlier walk, `looks` what they show now; `keep` is given every body.

    `whole` is whether every page within the bounds was looked at, `cut` whether there are more than `bounds.pages`.
    """

    reader: Reader
    bounds: Bounds
    keep: Callable[[Answer, Look], None]
    known: Mapping[str, Look] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    whole: bool = True
    cut: bool = False
    hint: str = ""
    """What would let pages in that lead out of the source's hosts."""
    _listed: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _waiting: deque[tuple[str, int, bool]] = field(default_factory=deque)
    _elsewhere: dict[str, tuple[str, str]] = field(default_factory=dict)
    _failures: int = 0

    def walk(self, also: tuple[str, ...]) -> Iterator[Ref | Unreadable]:
        """From the start pages and `also`; FatalError when a start page cannot be read for good."""
        for start in self.reader.starts:
            self._wait(start, 0)
        for page in also:
            self._follow(page, 0)
        while self._waiting and self._failures < MOST_FAILURES:
            where, depth, needed = self._waiting.popleft()
            if len(self.looks) >= self.bounds.pages and not needed:
                self.cut = True
                continue
            yield from self._visit(where, depth)
        self.whole = self.whole and not self.cut and not self._waiting
        for where, (home, version) in self._elsewhere.items():
            # What its page calls its address may be none: then the page is listed where it was found.
            if key(home) not in self._listed:
                self._listed.add(key(where))
                yield Ref(where, version)

    def _visit(self, where: str, depth: int) -> Iterator[Ref | Unreadable]:
        try:
            look = self._look(where)
        except (GoneError, FetchError) as error:
            if where in self.reader.starts:
                advice = error.advice or "Correct the url of this source."
                raise FatalError(f"the start page cannot be read: {error}", advice=advice) from error
            if isinstance(error, OutOfReachError):
                self.left_out[OTHER_HOST] += 1
                self.hint = error.advice
            elif isinstance(error, FetchError):
                yield _unreadable(where, error)
        except TransientSourceError as error:
            if where in self.reader.starts:
                raise
            self.whole = False
            self._failures += 1
            yield _unreadable(where, error)
        else:
            self._failures = 0
            self.looks[where] = look
            yield from self._judge(where, depth, look)

    def _look(self, where: str) -> Look:
        known = self.known.get(where)
        answer = self.reader.ask(where, known.version if known else None)
        if answer is None:
            return self.known[where]
        look = self.reader.look(answer, links=True)
        self.keep(answer, look)
        return look

    def _judge(self, where: str, depth: int, look: Look) -> Iterator[Ref | Unreadable]:
        problem, final = self.reader.problem(where, look), look.final
        if isinstance(problem, FetchError) and not look.page.doubtful:
            yield _unreadable(where, problem)
            return
        if key(final) != key(where):
            if problem is not None or key(final) in self._seen or not self.reader.scope.holds(final):
                self.left_out[REDIRECT] += 1
                return
            self._seen.add(key(final))
        for link in (*look.page.links, *filter(None, (look.page.leads_to,))):
            self._follow(link, depth + 1)
        home = self.reader.home(look)
        if problem is not None:
            self.left_out["noindex" if look.page.noindex else NO_DOCUMENT] += 1
        elif not self.reader.scope.takes(final):
            self.left_out["pattern"] += 1
        elif key(home) == key(final):
            self._listed.add(key(final))
            yield Ref(final, str(look.version))
        else:
            self._elsewhere[final] = home, str(look.version)
            self._wait(home, depth, needed=True)

    def _follow(self, where: str, depth: int) -> None:
        if key(where) in self._seen or not self.reader.scope.holds(where):
            return
        reason = "depth" if depth > self.bounds.depth else self._reason(where)
        if reason:
            self._seen.add(key(where))
            self.left_out[reason] += 1
        else:
            self._wait(where, depth)

    def _wait(self, where: str, depth: int, *, needed: bool = False) -> None:
        """`needed`: at once and beyond the bounds, because what becomes of another page depends on it."""
        if key(where) in self._seen:
            return
        self._seen.add(key(where))
        if needed:
            self._waiting.appendleft((where, depth, True))
        else:
            self._waiting.append((where, depth, False))

    def _reason(self, where: str) -> str:
        """Why this link is not followed, "" when it is."""
        suffix = suffix_of(path_of(where).rpartition("/")[2])
        if suffix in NEVER:
            return suffix
        if self.reader.scope.excluded(where):
            return "pattern"
        if urlsplit(where).query and not self.bounds.queries:
            return "query"
        return "" if self.reader.site.robots(where).allows(where) else "robots.txt"


def _unreadable(where: str, error: HeadwaterError) -> Unreadable:
    return Unreadable(where, type(error).__name__, str(error))
