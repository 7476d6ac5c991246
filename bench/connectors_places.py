"""Sources of a stated size on servers of this machine, and the same requests or reads without a connector."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from connectors.http.client import HttpSettings, close_all
from connectors.registry import build
from headwater.interfaces import Connector
from headwater.model import PUBLIC
from headwater.settings import SourceSettings
from tests.connectors.services import confluence, github, zendesk
from tests.connectors.services.feed import FeedSite, Note
from tests.connectors.services.local import Asked, LocalServer, Reply, serving
from tests.connectors.services.website import WebPage, Website, html
from tests.support.repository import Repository

TEXT = "How to do what this page is about, in words that a person would use. " * 60
PAGE = 100


@dataclass(frozen=True, slots=True)
class Request:
    """One that a server answered; `body` counts the bytes it sent."""

    asked: Asked
    status: int
    body: int


@dataclass(slots=True)
class Place:
    """`bare` does what a full run asks for, without the connector, and answers the seconds it took.

    `pages`: how many listing requests a source of this size cannot do without.
    """

    name: str
    connector: Connector
    documents: int
    pages: int
    requests: list[Request] = field(default_factory=list)
    bare: Callable[[list[Request]], float] = lambda _: 0.0
    conditional: bool = False
    """Whether a change of one document can only be seen by a request for it."""


def recorded(place: Place, server: LocalServer) -> None:
    """Every request from now on is kept in `place`."""
    answer = server.answer

    def recording(asked: Asked) -> Reply:
        reply = answer(asked)
        sent = 0 if reply.status == httpx.codes.NOT_MODIFIED else len(reply.body)
        place.requests.append(Request(asked, reply.status, sent))
        return reply

    server.answer = recording
    place.bare = lambda requests: replayed(server.url, requests)


def replayed(url: str, requests: list[Request]) -> float:
    """The same requests by one plain client, bodies read."""
    kept = ("authorization", "accept", "accept-encoding", "range", "if-none-match", "if-modified-since")
    with httpx.Client(base_url=url) as client:
        started = time.perf_counter()
        for request in requests:
            headers = {name: value for name, value in request.asked.headers.items() if name in kept}
            client.get(request.asked.path, params=dict(request.asked.query) or None, headers=headers).read()
        return time.perf_counter() - started


def built(kind: str, options: dict[str, Any], cache: Path | None = None) -> Connector:
    """Without the pauses that a real server is owed."""
    made = build(SourceSettings(name="bench", kind=kind, default_access=PUBLIC, options=options, cache=cache), None)
    settings = getattr(made, "settings", None)
    if isinstance(settings, HttpSettings):
        made = replace(made, settings=replace(settings, rate=1e6, burst=1_000_000))  # type: ignore[type-var]
    return made


@contextmanager
def folder(count: int, scratch: Path) -> Iterator[Place]:
    root = scratch / "files"
    root.mkdir()
    for number in range(count):
        (root / f"{number}.md").write_text(f"# Page {number}\n\n{TEXT}", encoding="utf-8")
    place = Place("folder", built("folder", {"path": str(root)}), count, 0)

    def bare(_: list[Request]) -> float:
        started = time.perf_counter()
        for file in root.iterdir():
            file.stat()
            file.read_bytes()
        return time.perf_counter() - started

    place.bare = bare
    time.sleep(2.5)  # young files are read when they are listed
    yield place


@contextmanager
def git(count: int, scratch: Path) -> Iterator[Place]:
    repository = Repository(scratch / "repository")
    for number in range(count):
        repository.write(f"docs/{number}.md", f"# Page {number}\n\n{TEXT}{number}")
    repository.commit()
    place = Place("git", built("git", {"path": str(repository.root)}, scratch / "cache"), count, 0)

    def bare(_: list[Request]) -> float:
        started = time.perf_counter()
        target = scratch / f"clone-{time.monotonic_ns()}"
        for command in (
            ["clone", "-q", "--bare", str(repository.root), str(target)],
            ["-C", str(target), "log", "--raw"],
        ):
            subprocess.run(["git", *command], check=True, capture_output=True)
        names = subprocess.run(
            ["git", "-C", str(target), "ls-tree", "-r", "HEAD"], check=True, capture_output=True
        ).stdout
        blobs = b"\n".join(line.split()[2] for line in names.splitlines()) + b"\n"
        subprocess.run(["git", "-C", str(target), "cat-file", "--batch"], input=blobs, check=True, capture_output=True)
        return time.perf_counter() - started

    place.bare = bare
    yield place


@contextmanager
def website(count: int, _: Path, *, sitemap: bool = True) -> Iterator[Place]:
    site = Website(sitemap=sitemap)
    site.pages = {f"/{number}": WebPage(html(f"{TEXT} {number}")) for number in range(count)}
    with serving(site.answer) as server:
        site.server = server
        options = {"url": f"{site.url}/", "allow_private_addresses": True, "requests_per_second": 1_000}
        # robots.txt, and the sitemap or the start page (twice: robots.txt and the sitemap are looked for first).
        name, pages = ("website (sitemap)", 2) if sitemap else ("website (links)", 3)
        place = Place(name, built("website", options), count, pages, conditional=True)
        recorded(place, server)
        yield place


@contextmanager
def crawled(count: int, scratch: Path) -> Iterator[Place]:
    with website(count, scratch, sitemap=False) as place:
        yield place


@contextmanager
def feed(count: int, _: Path) -> Iterator[Place]:
    site = FeedSite(size=count, notes={f"tag:example.com,2024:{n}": Note(f"Release {n}", TEXT) for n in range(count)})
    with serving(site.answer) as server:
        site.server = server
        place = Place("feed", built("feed", {"url": f"{site.url}/feed", "allow_private_addresses": True}), count, 1)
        recorded(place, server)
        yield place


@contextmanager
def help_center(count: int, _: Path) -> Iterator[Place]:
    made = zendesk.Zendesk(page=PAGE)
    for number in range(count):
        made.put(number, f"<p>{TEXT}</p>")
    made.now = 2_000
    with serving(made.answer) as server:
        made.server = server
        options = {
            "url": server.url, "email": zendesk.EMAIL, "token": zendesk.TOKEN, "allow_private_addresses": True,
            "locales": ["en-us"],
        }  # fmt: skip
        place = Place("zendesk", built("zendesk", options), count, -(-count // PAGE))
        recorded(place, server)
        yield place


@contextmanager
def releases(count: int, _: Path) -> Iterator[Place]:
    made = github.Github(page=PAGE)
    for number in range(count):
        made.publish(f"v{number}", TEXT)
    with serving(made.answer) as server:
        made.server = server
        options = {
            "repository": "owner/name", "api": server.url, "token": github.TOKEN, "allow_private_addresses": True,
        }  # fmt: skip
        place = Place("github-releases", built("github-releases", options), count, -(-count // PAGE))
        recorded(place, server)
        yield place


@contextmanager
def wiki(count: int, _: Path, *, cloud: bool = True) -> Iterator[Place]:
    made = confluence.Confluence(cloud=cloud, page=PAGE)
    made.readers["DOCS"] = [("group", "g-1" if cloud else "confluence-users")]
    for number in range(1, count + 1):
        made.put(number, f"<p>{TEXT}</p>")
    with serving(made.answer) as server:
        made.server = server
        options = {
            "url": f"{server.url}/wiki" if cloud else server.url, "deployment": "cloud" if cloud else "server",
            "token": confluence.TOKEN, "groups": {"confluence-users": "public"}, "allow_private_addresses": True,
            **({"email": confluence.EMAIL} if cloud else {}),
        }  # fmt: skip
        # The pages, on Cloud their restrictions by a search as well; the list of spaces, two for the space's readers,
        # on Cloud one for the name of their group.
        pages = -(-count // PAGE) * (2 if cloud else 1) + (4 if cloud else 3)
        place = Place(f"confluence ({'cloud' if cloud else 'server'})", built("confluence", options), count, pages)
        recorded(place, server)
        yield place


@contextmanager
def data_center(count: int, scratch: Path) -> Iterator[Place]:
    with wiki(count, scratch, cloud=False) as place:
        yield place


PLACES = {one.__name__: one for one in (folder, git, website, crawled, feed, help_center, releases, wiki, data_center)}


@contextmanager
def opened(name: str, count: int, scratch: Path) -> Iterator[Place]:
    """One of `PLACES`; connections are closed at the end."""
    try:
        with PLACES[name](count, scratch) as place:
            yield place
    finally:
        close_all()
