"""What the sitemaps of a site list of one source."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectors.http.reach import OutOfReachError, shown
from connectors.websites.addresses import Scope, address, front, key
from connectors.websites.emptiness import OTHER_FOLDER, OTHER_HOST
from connectors.websites.site import Site
from connectors.websites.sitemap import DEEPEST, MOST_FILES, Entry, Listed, NotASitemapError, edits, read_sitemap
from headwater.errors import FetchError, GoneError, HeadwaterError, RetriableError, SkippableError
from headwater.model import Unreadable


@dataclass(slots=True)
class SitemapWalk:
    """`failures` are sitemaps that could not be read; `cut` says that there are more pages than `most`.

    `found` is whether any sitemap answered, `hint` what would let in pages of hosts that are none of the source's.
    """

    site: Site
    scope: Scope
    most: int
    failures: list[Unreadable] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    cut: bool = False
    found: bool = False
    hint: str = ""
    _pages: dict[str, Entry] = field(default_factory=dict)

    def walk(self, stated: tuple[str, ...], starts: tuple[str, ...]) -> Listed:
        """From `stated` sitemaps, else those of robots.txt, else the usual places."""
        fronts = tuple(dict.fromkeys(front(start) for start in starts))
        named = stated or tuple(found for host in fronts for found in self.site.robots(host).sitemaps)
        if named:
            self._follow(named, sure=True)
        else:
            folders = [f"{front(start).rstrip('/')}{prefix}" for start in starts for prefix in self.scope.prefixes]
            for folder in dict.fromkeys((*fronts, *folders)):
                self._follow((f"{folder}sitemap.xml",), sure=False)
        return Listed(self._pages, edits(self._pages))

    def _follow(self, addresses: tuple[str, ...], *, sure: bool) -> None:
        """`sure`: someone says that there is a sitemap here, so its absence is a failure."""
        seen: set[str] = set()
        waiting = deque((found, 0) for stated in addresses if (found := address(stated)))
        while waiting:
            where, depth = waiting.popleft()
            if where in seen:
                continue
            seen.add(where)
            try:
                if len(seen) > MOST_FILES or depth > DEEPEST:
                    raise FetchError(f"there are more than {MOST_FILES:,} sitemaps, or more than {DEEPEST} levels")
                for entry in read_sitemap(self.site.get(where).body):
                    if not entry.index:
                        self._take(entry)
                    elif child := address(entry.address, where):
                        waiting.append((child, depth + 1))
                self.found = True
            except (GoneError, NotASitemapError) as error:
                if sure or depth:
                    self._fail(where, error)
            except OutOfReachError as error:
                # Sitemaps of hosts that are none of ours say nothing about our pages.
                if sure and not self._pages:
                    self._fail(where, error)
                else:
                    self._leave_out(urlsplit(where).hostname or "")
            except (SkippableError, RetriableError) as error:
                self._fail(where, error)

    def _take(self, entry: Entry) -> None:
        found = address(entry.address)
        if not found or not self.scope.holds(found):
            self._leave_out(urlsplit(found).hostname or "")
            return
        if not self.scope.takes(found):
            self.left_out["pattern"] += 1
            return
        before = self._pages.get(key(found))
        if before is None and len(self._pages) >= self.most:
            self.cut = True
        elif before is None or (len(found), found) < (len(before.address), before.address):
            self._pages[key(found)] = Entry(found, entry.lastmod or (before.lastmod if before else ""))

    def _leave_out(self, host: str) -> None:
        if not host or self.scope.reach.admits(host):
            self.left_out[OTHER_FOLDER if host else "no address"] += 1
            return
        self.left_out[OTHER_HOST] += 1
        self.hint = self.hint or f'If its documents belong to the source, add "{host}" to allowed_hosts.'

    def _fail(self, where: str, error: HeadwaterError) -> None:
        self.failures.append(Unreadable(where, type(error).__name__, f"the sitemap {shown(where)}: {error}"))


def pages(listed: Listed) -> Iterator[tuple[str, Entry]]:
    """In an order that does not depend on that of the files."""
    return iter(sorted(listed.pages.items()))


def more_than_wanted(start: str, most: int) -> Unreadable:
    """The sign at the end of a listing that was cut."""
    return Unreadable(
        f"{start} (more pages)",
        "FetchError",
        f"the site has more than max_pages = {most:,} pages, and the rest was not looked at, so that "
        "nothing that is missing counts as removed. Raise max_pages, or narrow path_prefix or exclude.",
    )
