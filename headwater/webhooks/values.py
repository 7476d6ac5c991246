"""What a service sent, and what of it is worth a look. What a delivery says is looked up, never believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

MOST_BYTES = 25 * 2**20
"""No service sends more; a server may allow less."""
MOST_NAMED = 1_000
"""A delivery that names more than this is answered by a look at the whole source, which then costs less."""

What: TypeAlias = Literal["everything", "document", "path", "release", "article", "page", "attachment"]
EVERYTHING: What = "everything"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came; names of `headers` are in lower case, `body` is what the signature was made over."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime

    def header(self, name: str) -> str:
        """Stripped; "" when it was not sent."""
        return self.headers.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class Hint:
    """What helps to find the sources that a look is for.

    `repository` holds its addresses, in any form; `branch` is the one that was pushed to and `default_branch` the
    repository's own, "" where it is not told; `locale` is that of an article, `parent` the page of an attachment.
    """

    repository: tuple[str, ...] = ()
    branch: str = ""
    default_branch: str = ""
    locale: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Something that may have changed, in its service's own terms; `access` when fewer may be meant to read it now."""

    what: What
    id: str = ""
    reason: str
    access: bool = False
    hint: Hint = Hint()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A delivery that was understood; without looks, `ignored` says why.

    `delivery_id` is the same when the service sends the same again, and "" where deliveries cannot be told apart.
    """

    delivery_id: str
    event: str
    looks: tuple[Look, ...] = ()
    ignored: str = ""
