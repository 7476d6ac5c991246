"""How a repository is reached: over HTTP with a token, what failures mean, and what addresses are refused."""

import base64
import logging
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.git import GitConnector
from connectors.gitrepo import web
from connectors.gitrepo.command import Git
from connectors.gitrepo.snapshot import close_all
from connectors.gitrepo.trouble import GitFailedError, GitTooSlowError, translated
from connectors.registry import build
from headwater.errors import (
    ConfigError,
    CredentialError,
    FatalError,
    HeadwaterError,
    StateError,
    TransientSourceError,
)
from headwater.model import PUBLIC, RawDocument, Ref
from headwater.settings import SourceSettings
from tests.connectors.services.git_http import GitServer, serving_git
from tests.support.repository import Repository

TOKEN = "s3cret-token-value"
HEADER = "Basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()

Made = Callable[..., GitConnector]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "served/team/docs")
    made.put("guides/a b.md", "# Text")
    return made


@pytest.fixture
def server(repository: Repository) -> Iterator[GitServer]:
    with serving_git(repository.root.parents[1]) as served:
        yield served


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    def make(**options: Any) -> GitConnector:
        cache = options.pop("cache", tmp_path / "cache")
        source = SourceSettings(
            name="docs", kind="git", default_access=PUBLIC, options=options, cache=cache, place="it"
        )
        built = build(source, None)
        assert isinstance(built, GitConnector)
        return replace(built, fresh=0)

    yield make
    close_all()


def ids(connector: GitConnector) -> list[str]:
    return [item.id for item in connector.scan() if isinstance(item, Ref)]


def test_over_http_with_a_token_that_stays_secret(
    server: GitServer, made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("DOCS_TOKEN", TOKEN)
    monkeypatch.setenv("GIT_TRACE_CURL", str(tmp_path / "cache-trace"))
    server.wanted = HEADER
    connector = made(url=f"{server.url}/team/docs/.git", token="${DOCS_TOKEN}")
    assert ids(connector) == ["guides/a b.md"]
    assert {given for _, given in server.asked} == {HEADER}
    raw = connector.fetch("guides/a b.md")
    assert isinstance(raw, RawDocument)
    monkeypatch.setenv("DOCS_TOKEN", f"{TOKEN}-expired")
    with pytest.raises(CredentialError) as refused:
        ids(connector)
    texts = [repr(connector), str(refused.value), refused.value.advice, caplog.text, repr(raw), raw.uri]
    kept = [path.read_bytes() for path in tmp_path.rglob("cache*/**/*") if path.is_file()]
    assert not (tmp_path / "cache-trace").exists()
    for secret in (TOKEN, HEADER.split()[1]):
        assert not any(secret in text for text in texts)
        assert not any(secret.encode() in content for content in kept)
    assert "token" in refused.value.advice
    assert TOKEN.encode() not in pickle.dumps(connector)


def test_a_token_goes_to_its_own_host_only(
    server: GitServer, made: Made, monkeypatch: pytest.MonkeyPatch, repository: Repository
) -> None:
    monkeypatch.setenv("DOCS_TOKEN", TOKEN)
    connector = made(url="http://localhost:1/team/docs/.git", token="${DOCS_TOKEN}")
    # As a redirect or a setting of the person might make it: git asks another address than the configured one.
    git = connector.mirror.remote.git(None)
    git.output("ls-remote", "--", f"{server.url}/team/docs/.git")
    assert {given for _, given in server.asked} == {""}


def test_only_what_is_new_is_asked_for(server: GitServer, made: Made, repository: Repository) -> None:
    connector = made(url=f"{server.url}/team/docs/.git")
    ids(connector)
    server.asked.clear()
    ids(connector)
    assert len(server.asked) == 2  # the refs, in two requests of git's protocol
    repository.put("new.md", "new")
    server.asked.clear()
    assert ids(connector) == ["guides/a b.md", "new.md"]
    assert len(server.asked) > 2


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, CredentialError), (404, FatalError), (429, TransientSourceError), (500, TransientSourceError),
     (503, TransientSourceError)],
)  # fmt: skip
def test_refusals_and_failures(server: GitServer, made: Made, status: int, error: type[HeadwaterError]) -> None:
    connector = made(url=f"{server.url}/team/docs/.git")
    ids(connector)
    server.status = status
    with pytest.raises(error, match="cannot be read"):
        ids(connector)
    server.status = 0
    assert ids(connector)


def test_without_a_token_where_one_is_needed(server: GitServer, made: Made) -> None:
    server.wanted = HEADER
    with pytest.raises(CredentialError):
        ids(made(url=f"{server.url}/team/docs/.git"))


def test_nobody_listens(made: Made) -> None:
    with pytest.raises(TransientSourceError):
        ids(made(url="http://127.0.0.1:9/team/docs"))


def test_what_was_listed_is_read_while_the_repository_is_away(server: GitServer, made: Made) -> None:
    connector = replace(made(url=f"{server.url}/team/docs/.git"), fresh=0.05)
    ids(connector)
    server.status = 503
    time.sleep(0.06)
    assert isinstance(connector.fetch("guides/a b.md"), RawDocument)
    with pytest.raises(TransientSourceError):
        ids(connector)


def test_a_repository_that_is_not_there(made: Made, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="nowhere"):
        ids(made(path=str(tmp_path / "nowhere")))


def test_a_transfer_is_bounded_in_time(tmp_path: Path) -> None:
    (tmp_path / "pipe").mkdir()
    Repository(tmp_path / "r")
    git = Git(tmp_path / "r/.git")
    began = time.monotonic()
    with pytest.raises(GitTooSlowError), git.running(("-c", "alias.wait=!sleep 30", "wait"), seconds=0.3) as stream:
        stream.read()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "name the repository by url, or by path"),
        ({"url": "https://a/b", "path": "/c"}, "name the repository by url, or by path"),
        ({"url": "ext::sh -c touch% /tmp/x"}, "url is no address"),
        ({"url": "ext::sh"}, "url is no address"),
        ({"url": "--upload-pack=touch /tmp/x"}, "url is no address"),
        ({"url": "-x@host:repo"}, "url is no address"),
        ({"url": "ssh://-oProxyCommand=x/repo"}, "url has to begin with"),
        ({"url": "ftp://host/repo"}, "url has to begin with"),
        ({"url": "https://ann:word@host/repo"}, "carries a user or a password"),
        ({"url": "https://word@host/repo"}, "carries a user or a password"),
        ({"url": "http://host.example/repo", "token": "${T}"}, "not encrypted"),
        ({"url": "git@host:repo", "token": "${T}"}, "token is for https"),
        ({"path": "/c", "token": "${T}"}, "token is for a url"),
        ({"path": "/c", "branch": "--upload-pack=x"}, "cannot be the name of a branch"),
        ({"path": "/c", "branch": "a..b"}, "cannot be the name of a branch"),
        ({"path": "/c", "branch": "a:b"}, "cannot be the name of a branch"),
        ({"path": "/c", "folder": "../x"}, "path inside the repository"),
        ({"path": "/c", "web": "https://host/{file}"}, "web has to be"),
        ({"path": "/c", "owner_from": "git"}, "owner_from has to be"),
        ({"path": "/c", "cache": None}, "needs a state folder"),
    ],
)
def test_addresses_and_settings_that_are_refused(made: Made, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        made(**options)
    assert "word" not in str(refused.value).replace("password", "")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("fatal: Authentication failed for 'https://u:pw@h/r'", CredentialError),
        ("git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.", CredentialError),
        ("Host key verification failed.", CredentialError),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled", CredentialError),
        ("fatal: unable to access 'https://h/': Could not resolve host: h", TransientSourceError),
        ("ssh: connect to host h port 22: Connection timed out", TransientSourceError),
        ("error: RPC failed; curl 18 transfer closed\nfatal: early EOF", TransientSourceError),
        ("fatal: repository 'https://h/r/' not found", FatalError),
        ("fatal: detected dubious ownership in repository at '/r'", FatalError),
        ("fatal: write error: No space left on device", StateError),
        ("", FatalError),
    ],
)
def test_what_git_says(said: str, error: type[HeadwaterError]) -> None:
    found = translated(GitFailedError("fetch", said), "https://h/r")
    assert type(found) is error
    assert "pw" not in str(found)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r/blob/main/a%20b/c.md"),
        ("git@github.com:o/r.git", "https://github.com/o/r/blob/main/a%20b/c.md"),
        ("ssh://git@github.example.org:2222/o/r", "https://github.example.org/o/r/blob/main/a%20b/c.md"),
        ("https://gitlab.com/g/s/r", "https://gitlab.com/g/s/r/-/blob/main/a%20b/c.md"),
        ("https://gitlab.example.org:8443/g/r.git", "https://gitlab.example.org:8443/g/r/-/blob/main/a%20b/c.md"),
        ("https://bitbucket.org/o/r.git", "https://bitbucket.org/o/r/src/main/a%20b/c.md"),
        ("https://codeberg.org/o/r", "https://codeberg.org/o/r/src/branch/main/a%20b/c.md"),
        ("https://code.example.org/r.git", "https://code.example.org/r.git/a%20b/c.md"),
        ("ann@code.example.org:r.git", "ssh://code.example.org/r.git/a%20b/c.md"),
        ("/srv/r", "file:///srv/r/a%20b/c.md"),
        ("file:///srv/r", "file:///srv/r/a%20b/c.md"),
    ],
)
def test_addresses_of_files(address: str, expected: str) -> None:
    assert web.uri(web.template(address, "", ""), address, "main", "a b/c.md") == expected


def test_a_stated_address_of_files(made: Made, repository: Repository) -> None:
    connector = made(path=str(repository.root), web="https://docs.example.org/{branch}/x/{path}")
    raw = connector.fetch("guides/a b.md")
    assert isinstance(raw, RawDocument)
    assert raw.uri == "https://docs.example.org/main/x/guides/a%20b.md"
