"""The version of a page: opaque to everyone else, it holds what makes the next request a conditional one."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from connectors.http.answer import Answer, conditional
from headwater.model import digest

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class PageVersion:
    """`url` is where the page answered, `content` hashes its body and type, `rules` the settings of its source."""

    content: str
    rules: str
    url: str = ""
    etag: str = ""
    modified: str = ""

    @classmethod
    def of(cls, answer: Answer, media_type: str, rules: str) -> Self:
        validators = {name: text for name, text in answer.validators.items() if len(text) <= _LONGEST}
        return cls(
            digest(answer.body, media_type)[:24],
            rules[:16],
            answer.url,
            validators.get("etag", ""),
            validators.get("last-modified", ""),
        )

    @classmethod
    def stated(cls, lastmod: str, rules: str) -> Self | None:
        """The version that a sitemap states, where it is to be believed: a day only once it is over."""
        if not lastmod or lastmod[:10] >= f"{datetime.now(UTC):%Y-%m-%d}":
            return None
        return cls(f"lastmod {lastmod}"[:100], rules[:16])

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """None for what is no version of a page."""
        try:
            fields = json.loads(base64.urlsafe_b64decode(text or ""))
            return cls(*map(str, fields)) if isinstance(fields, list) and len(fields) == 5 else None
        except (binascii.Error, ValueError, RecursionError):
            return None

    def __str__(self) -> str:
        fields = [self.content, self.rules, self.url, self.etag, self.modified]
        return base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode()

    def same_content(self, other: Self | None) -> bool:
        return other is not None and (self.content, self.rules) == (other.content, other.rules)

    @property
    def conditions(self) -> Mapping[str, str]:
        """Headers by which the server may answer that this is still the page."""
        stated = {"etag": self.etag, "last-modified": self.modified}
        return conditional({name: text for name, text in stated.items() if text})
