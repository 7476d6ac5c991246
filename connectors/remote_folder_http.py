"""Folders that a web server lists (Apache, nginx, Caddy, IIS and others), asked by our own bounded client.

A page counts as a listing only when its title says so: a server answers for a folder with an index page of its own as
readily, and what lies in that folder would seem to be gone.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import unescape
from urllib.parse import quote, unquote, urljoin, urlsplit

from connectors.http.answer import Answer
from connectors.http.client import HttpSettings, http
from connectors.http.reach import Reach, shown
from connectors.remote_folder_stores import MAX_BYTES, ClosedPlace, Stored
from headwater.errors import CredentialError, FatalError, FetchError, GoneError
from headwater.metadata.dates import stated_date
from headwater.model import Unreadable
from headwater.settings import Secret

_LINK = re.compile(r"<a\s[^>]*?href\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_LISTING = re.compile(r"index of|directory listing|listing of", re.IGNORECASE)
_MOST_FOLDERS = 20_000
_PLAIN = {"Accept-Encoding": "identity"}
"""Sizes, and with some servers tags, are those of what is sent."""


class HttpStore:
    """Below `url`; made by `store`."""

    def __init__(self, url: str, private: bool, headers: tuple[tuple[str, Secret], ...]) -> None:
        self._url = url.rstrip("/") + "/"
        host = (urlsplit(url).hostname or "").lower()
        self._settings = HttpSettings(
            reach=Reach(frozenset((host,)), private),
            origin=self._url,
            headers=headers,
            setting="storage_options",
            rate=50,
            burst=50,
            most_bytes=MAX_BYTES,
        )

    def entries(self) -> Iterator[Stored | Unreadable]:
        waiting, seen = [""], {""}
        while waiting:
            folder = waiting.pop()
            try:
                names = self._links(folder)
            except CredentialError:
                raise
            except (GoneError, FetchError) as error:
                if not folder:
                    raise FatalError(str(error), advice=error.advice or "Correct the source's path.") from error
                yield ClosedPlace(folder, type(error).__name__, str(error))
                continue
            for path in (name for name in names if name not in seen):
                seen.add(path)
                if path.endswith("/"):
                    waiting.append(path)
                else:
                    yield Stored(path=path, asked=False)
            if len(seen) > _MOST_FOLDERS * 50 or len(waiting) > _MOST_FOLDERS:
                raise FatalError(f"{shown(self._url)} lists folders without end", advice="Name a folder below it.")

    def stat(self, path: str) -> Stored:
        """By a request for one byte; a server that sends everything then, and no marker, is read whole every time."""
        try:
            answer = self._get(self.uri(path), headers={**_PLAIN, "Range": "bytes=0-0"})
        except FetchError:
            # Of an empty file there is no first byte.
            answer = self._get(self.uri(path), headers=_PLAIN)
        return _stored(path, answer)

    def read(self, path: str, most: int = MAX_BYTES) -> tuple[Stored, bytes]:
        answer = self._get(self.uri(path), headers=_PLAIN)
        if len(answer.body) > most:
            raise FetchError(f"{path} is larger than {most / 1e6:.1f} MB", advice="Split it, or exclude it.")
        return _stored(path, answer), answer.body

    def rules(self, folder: str, name: str) -> Stored | None:
        """Asked for by name, because servers leave such files out of their listings."""
        path = f"{folder}/{name}" if folder else name
        try:
            self._get(self.uri(path))
        except GoneError:
            return None
        except CredentialError as error:
            raise FetchError(f"the server refuses {path}") from error
        return Stored(path=path, asked=False)

    def uri(self, path: str) -> str:
        return f"{self._url}{quote(path)}"

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        return http(self._settings).get(url, headers=headers)

    def _links(self, folder: str) -> list[str]:
        """Paths of what a listing names directly in this folder; FetchError for a page that is no listing."""
        answer = self._get(self.uri(folder))
        text = answer.body.decode("utf-8", "replace")
        if not _is_listing(text, answer.url):
            raise FetchError(f"{shown(answer.url)} is a page of its own, not a listing of what lies there")
        found = []
        for match in _LINK.finditer(text):
            href = unescape(next(group for group in match.groups() if group is not None))
            target = urljoin(self.uri(folder), href)
            name = target[len(self.uri(folder)) :]
            inside = target.startswith(self.uri(folder)) and not set("?#") & set(target)
            if inside and name and "/" not in name.rstrip("/"):
                found.append(folder + unquote(name))
        return found


def _is_listing(text: str, url: str) -> bool:
    title = _TITLE.search(text)
    if title is None:
        return False
    words = unescape(title[1])
    path = unquote(urlsplit(url).path)
    return bool(_LISTING.search(words)) or (path != "/" and path in f"{words.strip()}/") or path == words.strip()


def _stored(path: str, answer: Answer) -> Stored:
    total = answer.headers.get("content-range", "").rpartition("/")[2]
    size = int(total) if total.isdigit() else len(answer.body)
    stated = answer.headers.get("last-modified", "")
    try:
        modified = stated_date(stated, "UTC") if stated else None
    except (ValueError, OverflowError):
        modified = None
    return Stored(path=path, size=size, tag=answer.headers.get("etag", "").strip('"'), modified=modified)


@cache
def store(url: str, private: bool, headers: tuple[tuple[str, Secret], ...]) -> HttpStore:
    """One for equal settings."""
    return HttpStore(url, private, headers)
