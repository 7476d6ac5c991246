"""What a server answered, read to its end within limits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

import httpx

from connectors.http.reach import shown
from headwater.errors import TransientSourceError

NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Answer:
    """`url` is where the answer came from, after redirects; header names are in lower case.

    `permanent` is whether every redirect on the way said that it is one for good (301, 308).
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    permanent: bool = True

    def json(self) -> Any:
        """The body as JSON; TransientSourceError when it is none, as gateways in trouble answer with pages."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise TransientSourceError(f"{shown(self.url)} did not answer with JSON") from error

    @property
    def next_page(self) -> str | None:
        """Address of the next page by the Link header (RFC 8288)."""
        links = httpx.Response(self.status, headers={"link": self.headers.get("link", "")}).links
        target = links.get("next", {}).get("url")
        return urljoin(self.url, target) if target else None

    @property
    def modified(self) -> str:
        """Last-Modified in ISO form, "" where there is none."""
        try:
            return parsedate_to_datetime(self.headers.get("last-modified", "")).astimezone(UTC).isoformat()
        except (ValueError, TypeError, OverflowError):
            return ""

    @property
    def validators(self) -> dict[str, str]:
        """What makes the next request for the same address a conditional one."""
        return {name: self.headers[name] for name in ("etag", "last-modified") if name in self.headers}


def conditional(validators: Mapping[str, str]) -> dict[str, str]:
    """Request headers by which a server may answer that nothing changed."""
    asked = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {asked[name]: value for name, value in validators.items() if name in asked}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: Retry-After as seconds or date, or the reset of a spent rate limit."""
    stated = headers.get("retry-after", "").strip()
    now = datetime.now(UTC)
    if stated:
        if stated.replace(".", "", 1).isdigit():
            return float(stated)
        try:
            return max(0.0, (parsedate_to_datetime(stated) - now).total_seconds())
        except (ValueError, TypeError):
            return None
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        # Some services state a moment, some the seconds until it.
        return max(0.0, float(reset) - now.timestamp()) if int(reset) > 10_000_000 else float(reset)
    return None
