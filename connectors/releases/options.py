"""Settings of a source of releases, and how they are asked with."""

from urllib.parse import urlsplit

from pydantic import Field

from connectors.http.client import HttpSettings
from connectors.http.reach import Reach
from headwater.settings import Secret
from headwater.settings.fields import MaybeSecret, Plain
from headwater.settings.schema import Table


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


def http_settings(options: GithubReleasesOptions, api: str, place: str) -> HttpSettings:
    token = Secret(options.token and f"Bearer {options.token}", f"{place} token")
    return HttpSettings(
        reach=Reach(frozenset({urlsplit(api).hostname or ""}), options.allow_private_addresses),
        origin=api,
        headers=(("authorization", token),) if token else (),
        setting="the token",
    )
