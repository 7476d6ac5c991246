"""Settings of a Confluence source, and how they are asked with."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from connectors.http.client import HttpSettings
from connectors.http.reach import Reach
from headwater.settings import Secret
from headwater.settings.fields import MaybeSecret, Plain, Texts
from headwater.settings.schema import Table

_MEDIA_HOST = "api.media.atlassian.com"
"""Where Cloud keeps attachments, and redirects to."""


class ConfluenceOptions(Table):
    url: Plain = Field(
        pattern=r"^https?://[^/@]+(/[^?#@]*)?$",
        description='such as url = "https://example.atlassian.net/wiki" or "https://wiki.example.com"',
    )
    deployment: Literal["", "cloud", "server"] = Field(
        default="", description='"cloud", or "server" for Data Center as well; without it, by the url'
    )
    email: MaybeSecret = Field(default="", description="Cloud: of the account that the token is of")
    token: MaybeSecret = Field(
        default="",
        description='Cloud: an API token, Server: a personal access token; such as token = "${CONFLUENCE_TOKEN}"',
    )
    spaces: Texts = Field(default=(), description='keys of the spaces to read, such as ["DOCS"]; without it, all')
    groups: dict[str, Texts] = Field(
        default={},
        description="groups of Confluence, by name or id, and the readers they stand for, such as "
        '{ "confluence-users" = "group:staff" }',
    )
    users: dict[str, Texts] = Field(
        default={},
        description="users whose e-mail address is not shown, by user name, key or account id, such as "
        '{ jdoe = "user:jdoe@example.com" }',
    )
    space_readers: dict[str, Texts] = Field(
        default={},
        description="readers of spaces by key, or of all by *, where the server does not tell them, such as "
        '{ DOCS = "group:staff" }',
    )
    attachments: bool = Field(default=False, description="whether attached files are documents of their own")
    allow_private_addresses: bool = Field(default=False, description="for a server within a private network")


def http_settings(options: ConfluenceOptions, url: str, place: str, *, cloud: bool) -> HttpSettings:
    hosts = {urlsplit(url).hostname or "", *((_MEDIA_HOST,) if cloud else ())}
    token = Secret(options.token, f"{place} token")
    bearer = Secret(options.token and f"Bearer {options.token}", f"{place} token")
    basic = (Secret(options.email, f"{place} email"), token) if options.token and options.email else None
    return HttpSettings(
        reach=Reach(frozenset(hosts), options.allow_private_addresses),
        origin=url,
        headers=(("authorization", bearer),) if bearer and basic is None else (),
        basic=basic,
        setting="email and token" if cloud else "the token",
    )
