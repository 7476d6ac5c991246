"""A credential, written into the configuration as it is, turns up nowhere: whatever the service answers."""

import base64
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import tomlkit

from app.cli import run
from connectors import remote_folder_fsspec
from connectors.catalogue import kinds
from connectors.gitrepo.snapshot import close_all as close_repositories
from connectors.http import client
from connectors.registry import build
from flows.workshop import Workshop
from headwater.errors import HeadwaterError
from headwater.model import Ref
from headwater.parsing.pool import ParserPool
from headwater.settings import load
from tests.connectors.services import confluence as wiki_service
from tests.connectors.services import github as github_service
from tests.connectors.services import zendesk as zendesk_service
from tests.connectors.services.feed import FeedSite, Note
from tests.connectors.services.git_http import serving_git
from tests.connectors.services.local import Asked, LocalServer, Reply, serving
from tests.connectors.services.object_store import serving_objects
from tests.connectors.services.website import WebPage, Website, html
from tests.support.hash_embedder import HashDense
from tests.support.repository import Repository
from tests.support.state import SharedParsing, scratch

WORD = "sw0rdf1sh/Zq+7=x"
USER = "ann"
FAULTS = ("none", "refused", "failing", "malformed", "echoed", "redirected")


@dataclass(frozen=True, slots=True)
class Place:
    """A service that runs, the settings by which it is reached with `WORD`, and how it is made to misbehave."""

    kind: str
    options: dict[str, Any]
    misbehave: Callable[[str], None]
    was_told: Callable[[], bool]
    """Whether the service received the credential."""


def misbehaving(server: LocalServer) -> Callable[[str], None]:
    answers = {
        "refused": Reply(401, b'{"error": "who are you?"}'),
        "failing": Reply(500, b"internal error"),
        "malformed": Reply(200, b'<{"articles": [', {"Content-Type": "application/json"}),
        # As gateways do that print the request they could not handle.
        "echoed": Reply(400, f"cannot handle Authorization: {WORD}".encode(), {"X-Echo": WORD}),
        "redirected": Reply(302, b"", {"Location": f"http://elsewhere.example.com/?token={quote(WORD)}"}),
    }

    def misbehave(how: str) -> None:
        if how in answers:
            server.answer = lambda _: answers[how]

    return misbehave


def told(server: LocalServer) -> Callable[[], bool]:
    return lambda: any(leaks(value) for asked in server.asked for value in asked.headers.values())


@contextmanager
def website(folder: Path) -> Iterator[Place]:
    site = Website(pages={"/a": WebPage(html("Text of a page"))}, needs=f"Bearer {WORD}")
    with serving(site.answer) as server:
        site.server = server
        options = {"url": f"{site.url}/", "headers": {"Authorization": f"Bearer {WORD}"}}
        yield Place("website", options, misbehaving(server), told(server))


@contextmanager
def feed(folder: Path) -> Iterator[Place]:
    site = FeedSite(notes={"tag:example.com,2024:1": Note("Release 1", "<p>Text</p>")})
    with serving(site.answer) as server:
        site.server = server
        options = {"url": f"{site.url}/feed", "user": USER, "password": WORD}
        yield Place("feed", options, misbehaving(server), told(server))


@contextmanager
def zendesk(folder: Path) -> Iterator[Place]:
    made = zendesk_service.Zendesk()
    made.put(1, "<p>Text of an article</p>")

    def answer(asked: Asked) -> Reply:
        given = asked.headers.get("authorization") == basic(f"{USER}/token")
        return made.answer(replaced(asked, zendesk_service._ALLOWED) if given else asked)

    with serving(answer) as server:
        made.server = server
        options = {"url": server.url, "email": USER, "token": WORD}
        yield Place("zendesk", options, misbehaving(server), told(server))


@contextmanager
def github(folder: Path) -> Iterator[Place]:
    made = github_service.Github()
    made.publish("v1", "Text of a release")

    def answer(asked: Asked) -> Reply:
        given = asked.headers.get("authorization") == f"Bearer {WORD}"
        return made.answer(replaced(asked, f"Bearer {github_service.TOKEN}") if given else asked)

    with serving(answer) as server:
        made.server = server
        options = {"repository": "owner/name", "api": server.url, "token": WORD}
        yield Place("github-releases", options, misbehaving(server), told(server))


@contextmanager
def wiki(folder: Path) -> Iterator[Place]:
    made = wiki_service.Confluence()
    made.readers["DOCS"] = [("group", "g-1")]
    made.put(1, "<p>Text of a page</p>")

    def answer(asked: Asked) -> Reply:
        given = asked.headers.get("authorization") == basic(USER)
        return made.answer(replaced(asked, wiki_service._BASIC) if given else asked)

    with serving(answer) as server:
        made.server = server
        options = {
            "url": f"{server.url}/wiki", "deployment": "cloud", "email": USER, "token": WORD,
            "groups": {"confluence-users": "public"},
        }  # fmt: skip
        yield Place("confluence", options, misbehaving(server), told(server))


@contextmanager
def web_folder(folder: Path) -> Iterator[Place]:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {WORD}":
            return Reply(401)
        if asked.path == "/docs/":
            return Reply(200, b'<title>Index of /docs/</title><a href="a.md">a.md</a>', {"Content-Type": "text/html"})
        return Reply(200, b"# Text", {"ETag": '"1"'}) if asked.path == "/docs/a.md" else Reply(404)

    with serving(answer) as server:
        options = {"path": f"{server.url}/docs", "storage_options": {"headers": {"Authorization": f"Bearer {WORD}"}}}
        yield Place("folder", options, misbehaving(server), told(server))


@contextmanager
def object_folder(folder: Path) -> Iterator[Place]:
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed; `uv sync --extra s3` brings it")
    refusals = {"refused": (403, "AccessDenied"), "failing": (500, "InternalError"), "malformed": (200, WORD)}
    with serving_objects("papers") as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3fs.S3FileSystem, "retries", 1)
        patch.setattr(remote_folder_fsspec, "_ATTEMPTS", 1)
        store.objects["docs/a.md"] = b"# Text"

        def misbehave(how: str) -> None:
            store.refused = refusals.get(how, (400, WORD) if how != "none" else None)

        endpoint = {"endpoint_url": store.url, "region_name": "local"}
        options = {
            "path": "s3://papers/docs",
            "storage_options": {
                "key": "id", "secret": WORD, "client_kwargs": endpoint,
                "config_kwargs": {"retries": {"max_attempts": 0}},
            },
        }  # fmt: skip
        yield Place("folder", options, misbehave, lambda: bool(store.asked))


@contextmanager
def git(folder: Path) -> Iterator[Place]:
    repository = Repository(folder / "repositories" / "docs.git")
    repository.put("a.md", "# Text")
    with serving_git(folder / "repositories") as server:
        server.wanted = basic("x-access-token")
        statuses = {"none": 0, "refused": 401, "failing": 500, "malformed": 200, "echoed": 400, "redirected": 302}

        def misbehave(how: str) -> None:
            server.status = statuses[how]

        options = {"url": f"{server.url}/docs.git/.git", "token": WORD}
        yield Place("git", options, misbehave, lambda: any(given == server.wanted for _, given in server.asked))


PLACES = {one.__name__: one for one in (website, feed, zendesk, github, wiki, web_folder, object_folder, git)}


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{WORD}".encode()).decode()


def replaced(asked: Asked, authorization: str) -> Asked:
    return Asked(asked.path, asked.query, {**asked.headers, "authorization": authorization})


def leaks(text: str | bytes) -> bool:
    """Whether the word is in it, as it is or as it travels."""
    data = text.encode() if isinstance(text, str) else text
    users = (USER, f"{USER}/token", "x-access-token")
    forms = [WORD, quote(WORD), quote(WORD, safe=""), *(basic(user).removeprefix("Basic ") for user in users)]
    return any(form.encode() in data for form in forms)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in seen:
            seen.append(one)
            waiting += [one.__cause__, one.__context__]
            yield one


@pytest.fixture(scope="module")
def parsing() -> Iterator[SharedParsing]:
    pool = ParserPool(workers=1)
    yield SharedParsing(pool)
    pool.close()


@pytest.fixture(params=sorted(PLACES))
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsing: SharedParsing
) -> Iterator[Place]:
    monkeypatch.setattr(Workshop, "dense", HashDense(window=256))
    monkeypatch.setattr(Workshop, "parsing", parsing)
    monkeypatch.setattr(client, "_ATTEMPTS", 1)
    with ExitStack() as stack:
        yield stack.enter_context(PLACES[request.param](tmp_path))
    client.close_all()
    close_repositories()


@pytest.fixture
def config(place: Place, tmp_path: Path) -> Path:
    private = {} if place.kind == "git" else {"allow_private_addresses": True}
    table = {"name": "marked", "kind": place.kind, "default_access": ["public"], **place.options, **private}
    file = tmp_path / "configuration" / "headwater.toml"
    file.parent.mkdir()
    file.write_text(tomlkit.dumps({"source": [table]}))
    return file


@pytest.mark.parametrize("fault", FAULTS)
def test_it_turns_up_nowhere(
    place: Place,
    config: Path,
    fault: str,
    capfdbinary: pytest.CaptureFixture[bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Not DEBUG for all: there, libraries print what a server answered, whatever it is.
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "headwater")
    place.misbehave(fault)
    with scratch("secrets") as home:
        check_run(place, config, fault, home, capfdbinary, caplog)


def check_run(
    place: Place,
    config: Path,
    fault: str,
    home: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    commands = [["ingest", "--direct", "--json"], ["sources", "check", "--json"], ["sources"], ["status"]]
    commands += [["ingest", "--direct"], ["sources", "check"]] if fault in ("none", "refused") else []
    codes = [run([*command, "-c", str(config), "--home", str(home)]) for command in commands]
    out, err = capfdbinary.readouterr()
    assert place.was_told(), "or the test would prove nothing"
    if fault == "none":
        assert codes == [0] * len(codes), err.decode()
        assert b'"indexed": 1' in out
    elif fault not in ("malformed", "redirected"):
        assert codes[0] != 0, out.decode()
    assert not leaks(out), out.decode()
    assert not leaks(err), err.decode()
    said = [f"{record.getMessage()} {record.args!r} {record.exc_text}" for record in caplog.records]
    assert [text for text in said if leaks(text)] == []
    files = [file for file in home.rglob("*") if file.is_file()]
    assert [file for file in files if leaks(file.read_bytes())] == []
    assert "ledger.db" in {file.name for file in files}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_in_no_error_and_no_text_of_an_object(place: Place, config: Path, fault: str, tmp_path: Path) -> None:
    settings = load(config, home=tmp_path / "state")
    (source,) = settings.sources
    connector = build(source, settings.known_groups)
    for thing in (settings, source, connector):
        assert not leaks(repr(thing))
        assert not leaks(f"{thing}")
    ids = ["x"] if fault != "none" else [item.id for item in connector.scan() if isinstance(item, Ref)]
    assert ids
    place.misbehave(fault)
    for attempt in (lambda: list(connector.scan()), *(lambda id=id: connector.fetch(id) for id in ids)):
        try:
            attempt()
        except HeadwaterError as error:
            for one in chain(error):
                texts = [str(one), repr(one), repr(one.args), *traceback.format_exception(one)]
                assert [text for text in (*texts, getattr(one, "advice", "")) if leaks(text)] == []


def test_every_kind_with_a_credential_is_tried(tmp_path: Path) -> None:
    """The names of the places are those of their kinds, but for folders, of which there are two."""
    tried = set()
    for number, make in enumerate(PLACES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        with make(folder) as one:
            tried.add(one.kind)
    with_credential = {one.kind for one in kinds() if not one.package and any(s.secret for s in one.settings)}
    assert tried == with_credential
