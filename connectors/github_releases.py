"""Releases of a GitHub repository, and its changelog, as release notes.

Releases: https://docs.github.com/en/rest/releases/releases, contents:
https://docs.github.com/en/rest/repos/contents, pages by the Link header:
https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api, limits:
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api

The listing holds the notes themselves, so a run asks once for each hundred releases, and for nothing that did not
change. A document's id is `releases/TAG`, or the path of the changelog. Drafts are never read. Readers are those of
`default_access`: the service knows who may see the repository, and not which of our readers those are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote

from connectors.about import About
from connectors.http.answer import Answer
from connectors.http.client import Http, HttpSettings, http
from connectors.policy import SourcePolicy, policy_of
from connectors.releases.answers import fields_of, is_release, moment_of, releases_of, stated_by, title_of, web_of
from connectors.releases.options import GithubReleasesOptions, http_settings
from connectors.websites.documents import WebRead, listed_access, web_document
from headwater.errors import FatalError, FetchError, GoneError, TransientSourceError
from headwater.interfaces import Scanned
from headwater.model import RELEASE_NOTE, Complete, MetaValue, NotModified, RawDocument, Ref, digest
from headwater.settings import SourceSettings

_RELEASES = "releases/"
_PAGE = 100
_RAW = {"Accept": "application/vnd.github.raw+json"}


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
        return cls(
            name=source.name,
            repository=options.repository,
            api=api,
            settings=http_settings(options, api, source.place or source.name),
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
            for release in releases_of(answer):
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
        if not is_release(release):
            raise TransientSourceError(f"what answers for {id} is not in the form that the API documents")
        if not self._wanted(release) or release["tag_name"] != tag:
            raise GoneError(f"{id} is no release that this source reads")
        return self._document(
            id,
            str(release.get("html_url") or ""),
            str(release.get("body") or "").encode(),
            self._version(release),
            title=title_of(release),
            updated_at=moment_of(release.get("published_at")),
            stated=stated_by(release, self._product, self.policy.tags),
        )

    def _changelog(self) -> RawDocument:
        answer = self._get(f"{self._repository}/contents/{quote(self.changelog)}", _RAW)
        version = digest(answer.body, self.policy.digest)
        web = f"{web_of(self.api)}/{self.repository}/blob/HEAD/{quote(self.changelog)}"
        return self._document(self.changelog, web, answer.body, version, stated={"product": self._product})

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
    def _product(self) -> str:
        return self.policy.product or self.repository.split("/")[1]

    @property
    def _http(self) -> Http:
        return http(self.settings)

    @property
    def _repository(self) -> str:
        return f"{self.api}/repos/{self.repository}"

    def _wanted(self, release: Mapping[str, Any]) -> bool:
        return not release.get("draft") and (self.prereleases or not release.get("prerelease"))

    def _version(self, release: Mapping[str, Any]) -> str:
        return digest(fields_of(release), self.policy.digest)
