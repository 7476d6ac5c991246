"""Releases of a GitHub repository, and its changelog, as release notes.

Releases: https://docs.github.com/en/rest/releases/releases, contents:
https://docs.github.com/en/rest/repos/contents, pages by the Link header:
https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api, limits:
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api

The listing holds the notes themselves, so a run asks once for each hundred releases, and for nothing that did not
change. A document's id is `releases/TAG`, or the path of the changelog. Drafts are never read. Readers are those of
`default_access`: the service knows who may see the repository, and not which of our readers those are.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from pydantic import Field

from connectors.about import About
from connectors.http.answer import Answer
from connectors.http.client import Http, HttpSettings, http
from connectors.http.reach import Reach
from connectors.policy import SourcePolicy, policy_of
from connectors.websites.documents import WebRead, listed_access, web_document
from headwater.errors import FatalError, FetchError, GoneError, TransientSourceError
from headwater.interfaces import Scanned
from headwater.model import RELEASE_NOTE, Complete, MetaValue, NotModified, RawDocument, Ref, digest
from headwater.settings import Secret, SourceSettings
from headwater.settings.schema import MaybeSecret, Plain, Table

_RELEASES = "releases/"
_PAGE = 100
_RAW = {"Accept": "application/vnd.github.raw+json"}


class GithubReleasesOptions(Table):
    repository: Plain = Field(
        pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$",
        description='name the repository, such as repository = "owner/name"',
    )
    token: MaybeSecret = Field(
        default="", description='such as token = "${GITHUB_TOKEN}"; needed for private repositories and higher limits'
    )
    changelog: Plain = Field(default="", description='path of a changelog to read as well, such as "CHANGELOG.md"')
    prereleases: bool = Field(default=True, description="whether pre-releases are read")
    api: Plain = Field(
        default="https://api.github.com", description="address of the API; of an own server https://HOST/api/v3"
    )
    allow_private_addresses: bool = Field(default=False, description="for an own server within a private network")


@dataclass(frozen=True, slots=True, kw_only=True)
class GithubReleasesConnector:
    """A document's id is `releases/TAG`, or the path of the changelog."""

    Options: ClassVar[type[GithubReleasesOptions]] = GithubReleasesOptions
    about: ClassVar[About] = About(
        reads="Releases of a GitHub repository, and its changelog",
        permissions="none; default_access holds for every release, also of a private repository",
        changes="by the listing, which holds the notes; one request for each hundred releases, one for the changelog",
        removals="a release that was deleted or became a draft",
    )

    name: str
    repository: str
    api: str
    settings: HttpSettings
    policy: SourcePolicy
    changelog: str = ""
    prereleases: bool = True

    @classmethod
    def configured(
        cls, source: SourceSettings, options: GithubReleasesOptions, groups: frozenset[str] | None
    ) -> "GithubReleasesConnector":
        api = options.api.rstrip("/")
        token = Secret(options.token and f"Bearer {options.token}", f"{source.place or source.name} token")
        settings = HttpSettings(
            reach=Reach(frozenset({urlsplit(api).hostname or ""}), options.allow_private_addresses),
            origin=api,
            headers=(("authorization", token),) if token else (),
            setting="the token",
        )
        return cls(
            name=source.name,
            repository=options.repository,
            api=api,
            settings=settings,
            policy=policy_of(source, groups),
            changelog=options.changelog.strip("/"),
            prereleases=options.prereleases,
        )

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:  # noqa: ARG002 (the interface's)
        """Newest first; a hundred releases a request, so a listing is never resumed in its middle."""
        access = listed_access(self.policy)
        url: str | None = f"{self._repository}/releases?per_page={_PAGE}"
        seen: set[str] = set()
        while url:
            answer = self._listing(url)
            for release in _releases(answer):
                # One that was published meanwhile moves the others on to the next page.
                if self._wanted(release) and release["tag_name"] not in seen:
                    seen.add(release["tag_name"])
                    yield Ref(_RELEASES + release["tag_name"], self._version(release), access)
            url = answer.next_page
        if self.changelog:
            try:
                yield Ref(self.changelog, self._changelog().version, access)
            except GoneError as error:
                raise FetchError(
                    f"{self.repository} has no {self.changelog}", advice="Correct changelog of this source."
                ) from error
        yield Complete()

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        raw = self._changelog() if self.changelog and id == self.changelog else self._release(id)
        return NotModified(raw.version) if raw.version == known else raw

    def _listing(self, url: str) -> Answer:
        try:
            return self._get(url)
        except GoneError as error:
            raise FatalError(
                f"there is no repository {self.repository}, or the token does not show it",
                advice="Correct repository of this source, or give it a token that may read it.",
            ) from error

    def _release(self, id: str) -> RawDocument:
        tag = id.removeprefix(_RELEASES)
        if not tag or tag == id:
            raise FetchError(f"{id[:200]!r} names no release")
        release = self._get(f"{self._repository}/releases/tags/{quote(tag, safe='')}").json()
        if not _is_release(release):
            raise TransientSourceError(f"what answers for {id} is not in the form that the API documents")
        if not self._wanted(release) or release["tag_name"] != tag:
            raise GoneError(f"{id} is no release that this source reads")
        stated: dict[str, MetaValue] = {"version": tag, "product": self.policy.product or self.repository.split("/")[1]}
        author = release.get("author")
        if isinstance(author, dict) and author.get("login"):
            stated["author"] = str(author["login"])
        if release.get("prerelease"):
            stated["tags"] = (*self.policy.tags, "prerelease")
        return self._document(
            id,
            str(release.get("html_url") or ""),
            str(release.get("body") or "").encode(),
            self._version(release),
            title=_title(release),
            updated_at=_moment(release.get("published_at")),
            stated=stated,
        )

    def _changelog(self) -> RawDocument:
        answer = self._get(f"{self._repository}/contents/{quote(self.changelog)}", _RAW)
        version = digest(answer.body, self.policy.digest)
        web = f"{_web(self.api)}/{self.repository}/blob/HEAD/{quote(self.changelog)}"
        product: dict[str, MetaValue] = {"product": self.policy.product or self.repository.split("/")[1]}
        return self._document(self.changelog, web, answer.body, version, stated=product)

    def _document(
        self,
        id: str,
        uri: str,
        content: bytes,
        version: str,
        *,
        stated: Mapping[str, MetaValue],
        title: str = "",
        updated_at: datetime | None = None,
    ) -> RawDocument:
        read = WebRead(
            id=id, version=version, uri=uri, path=id, media_type="text/markdown", content=content, title=title,
            kind=RELEASE_NOTE, updated_at=updated_at, stated=stated,
        )  # fmt: skip
        return web_document(self.name, read, self.policy)

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        asked = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", **(headers or {})}
        return self._http.get(url, headers=asked)

    @property
    def _http(self) -> Http:
        return http(self.settings)

    @property
    def _repository(self) -> str:
        return f"{self.api}/repos/{self.repository}"

    def _wanted(self, release: Mapping[str, Any]) -> bool:
        return not release.get("draft") and (self.prereleases or not release.get("prerelease"))

    def _version(self, release: Mapping[str, Any]) -> str:
        named = ("tag_name", "name", "body", "prerelease", "published_at", "html_url")
        return digest(json.dumps([release.get(name) for name in named]), self.policy.digest)


def _releases(answer: Answer) -> list[dict[str, Any]]:
    found = answer.json()
    if not isinstance(found, list) or not all(_is_release(release) for release in found):
        raise TransientSourceError("the listing of releases is not in the form that the API documents")
    return found


def _is_release(found: object) -> bool:
    return isinstance(found, dict) and isinstance(found.get("tag_name"), str) and bool(found["tag_name"])


def _title(release: Mapping[str, Any]) -> str:
    name, tag = str(release.get("name") or "").strip(), str(release["tag_name"])
    return name if tag.lstrip("v") in name else f"{name} ({tag})" if name else tag


def _moment(stated: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(stated)) if stated else None
    except ValueError:
        return None


def _web(api: str) -> str:
    """Where people read what the API at this address serves."""
    return "https://github.com" if api == "https://api.github.com" else api.removesuffix("/api/v3")
