"""Settings of a Zendesk source."""

from pydantic import Field

from headwater.settings.fields import DurationText, MaybeSecret, Plain, Texts
from headwater.settings.schema import Table


class ZendeskOptions(Table):
    url: Plain = Field(pattern=r"^https?://[^/@]+/?$", description='such as url = "https://example.zendesk.com"')
    email: MaybeSecret = Field(default="", description='of an agent or admin, such as email = "docs@example.com"')
    token: MaybeSecret = Field(default="", description='an API token, such as token = "${ZENDESK_TOKEN}"')
    locales: Texts = Field(default=(), description='such as ["en-us", "de"]; without it, the default locale')
    segments: dict[str, Texts] = Field(
        default={},
        description="user segments, by id, name or built-in kind, and the readers they stand for, such as "
        '{ signed_in_users = "group:customers", staff = "group:agents", "Partners" = "group:partners" }',
    )
    full_every: DurationText | None = Field(default=None, description='time between complete listings, such as "24h"')
    allow_private_addresses: bool = Field(default=False, description="for a server within a private network")
