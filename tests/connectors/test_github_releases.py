"""Releases over a local server that speaks GitHub's API."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.http.client import close_all
from connectors.registry import build
from headwater.errors import ConfigError, CredentialError, FatalError, FetchError, GoneError, TransientSourceError
from headwater.interfaces import Connector
from headwater.model import Access, NotModified, Ref
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract, ServedBench, fetched, hurried, refs
from tests.connectors.services.github import TOKEN, Github
from tests.connectors.services.local import Asked, Reply, once, serving


def source(github: Github, **options: Any) -> Connector:
    assert github.server is not None
    given = {
        "repository": "owner/name", "token": TOKEN, "api": github.server.url, "allow_private_addresses": True,
        **options,
    }  # fmt: skip
    settings = SourceSettings(
        name="releases", kind="github-releases", default_access=Access(frozenset({"group:readers"})), options=given
    )
    return hurried(build(settings, frozenset({"readers", "others"})))


@pytest.fixture
def github() -> Iterator[Github]:
    made = Github()
    with serving(made.answer) as server:
        made.server = server
        yield made
    close_all()


class GithubBench(ServedBench):
    secret = TOKEN

    def __init__(self, github: Github) -> None:
        self._github, self.server = github, github.server

    @property
    def connector(self) -> Connector:
        return source(self._github)

    def put(self, name: str, text: str, readers: str | None = None) -> str:
        self._github.publish(name, text)
        return f"releases/{name}"

    def remove(self, id: str) -> None:
        self._github.withdraw(id.removeprefix("releases/"))

    def is_later_part(self, asked: Asked) -> bool:
        return "page" in asked.query


class TestGithubReleasesContract(ConnectorContract):
    kind = "github-releases"
    states_readers = False

    @pytest.fixture
    def bench(self, github: Github) -> Bench:
        return GithubBench(github)


def test_what_a_release_says(github: Github) -> None:
    github.publish("v1.2.0", "## Fixed\n\n- A leak", name="Spring release", prerelease=True)
    raw = fetched(source(github), "releases/v1.2.0")
    assert (raw.title, raw.kind, raw.media_type) == ("Spring release (v1.2.0)", "release_note", "text/markdown")
    assert raw.uri == "https://github.com/owner/name/releases/tag/v1.2.0"
    assert raw.updated_at is not None
    assert raw.updated_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert (raw.meta["version"], raw.meta["product"], raw.meta["author"]) == ("v1.2.0", "name", "ann")
    assert raw.meta["tags"] == ("prerelease",)


def test_drafts_and_unwanted_prereleases_are_never_read(github: Github) -> None:
    github.publish("v1", "Text")
    github.publish("v2-rc", "Text", prerelease=True)
    github.publish("v3", "Text", draft=True)
    assert refs(source(github)).keys() == {"releases/v1", "releases/v2-rc"}
    assert refs(source(github, prereleases=False)).keys() == {"releases/v1"}
    for id in ("releases/v2-rc", "releases/v3"):
        with pytest.raises(GoneError):
            source(github, prereleases=False).fetch(id)


def test_a_listing_asks_once_for_each_page_and_fetches_nothing(github: Github) -> None:
    for n in range(8):
        github.publish(f"v{n}", "Text")
    assert len(refs(source(github))) == 8
    assert github.server is not None
    assert len(github.server.asked) == 3


def test_a_release_that_slides_to_the_next_page_is_listed_once(github: Github) -> None:
    for n in range(4):
        github.publish(f"v{n}", "Text")
    listing = source(github).scan()
    first = [next(listing) for _ in range(3)]
    github.publish("v9", "Text")
    rest = [item.id for item in listing if isinstance(item, Ref)]
    assert sorted(ref.id for ref in first if isinstance(ref, Ref)) + rest == [
        "releases/v1", "releases/v2", "releases/v3", "releases/v0",
    ]  # fmt: skip


def test_the_changelog_is_a_document_too(github: Github) -> None:
    github.files["docs/CHANGELOG.md"] = b"# Changelog\n\n## 1.0\n\n- First"
    connector = source(github, changelog="docs/CHANGELOG.md")
    version = refs(connector)["docs/CHANGELOG.md"]
    raw = fetched(connector, "docs/CHANGELOG.md")
    assert (raw.version, raw.content) == (version, github.files["docs/CHANGELOG.md"])
    assert raw.uri.endswith("/owner/name/blob/HEAD/docs/CHANGELOG.md")
    assert connector.fetch("docs/CHANGELOG.md", version) == NotModified(version)
    with pytest.raises(FetchError, match="has no HISTORY"):
        refs(source(github, changelog="HISTORY.md"))


def test_trouble(github: Github) -> None:
    github.publish("v1", "Text")
    server = github.server
    assert server is not None
    with pytest.raises(CredentialError, match="401") as refused:
        list(source(github, token="wrong").scan())
    assert "token" in refused.value.advice
    server.faults += [once(503), once(403, X_RateLimit_Remaining="0", Retry_After="0")]
    assert refs(source(github)).keys() == {"releases/v1"}
    for body in (b"<html>", b'{"a": 1}', b'[{"id": 1}]'):
        server.faults += [once(200, body)]
        with pytest.raises(TransientSourceError):
            list(source(github).scan())
    with pytest.raises(FatalError, match="owner/other"):
        list(source(github, repository="owner/other").scan())


def test_a_page_that_fails_in_the_middle_ends_in_no_complete_listing(github: Github) -> None:
    for n in range(8):
        github.publish(f"v{n}", "Text")
    assert github.server is not None

    def second_page(asked: Asked) -> Reply | None:
        return Reply(400) if asked.query.get("page") == "2" else None

    github.server.faults.append(second_page)
    with pytest.raises(FetchError):
        list(source(github).scan())


@pytest.mark.parametrize("options", [{"repository": "name"}, {"repository": "https://x/y/z"}, {"repo": "a/b"}])
def test_wrong_settings_are_named(github: Github, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"repository|repo"):
        source(github, **options)
