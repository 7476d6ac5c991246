"""What a wiki's API tells of its spaces, pages and readers, alike for both flavours of Confluence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from connectors.http.answer import Answer
from headwater.model import Unreadable

USER, GROUP, ANYONE = "user", "group", "anyone"


@dataclass(frozen=True, slots=True)
class Reader:
    """A user, a group, or anyone; `ids` are what the service calls it, the most lasting one first."""

    kind: str
    ids: tuple[str, ...] = ()
    name: str = ""
    email: str = ""

    @property
    def shown(self) -> str:
        return self.name or next(iter(self.ids), "without a name")


@dataclass(frozen=True, slots=True)
class Space:
    id: str
    key: str


@dataclass(frozen=True, slots=True)
class Above:
    """What a page lies below; `kind` is page, or another kind of content such as a folder."""

    id: str
    title: str
    kind: str = "page"


@dataclass(frozen=True, slots=True)
class Attachment:
    id: str
    name: str
    media_type: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it is now; `ancestors` from the root of its space down, `number` that of its version.

    `readers` are those that the page itself is restricted to, () where it is not.
    """

    id: str
    title: str
    space: Space
    number: int
    when: str
    created: str
    by: Reader
    link: str
    ancestors: tuple[Above, ...]
    labels: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    readers: tuple[Reader, ...]

    @property
    def place(self) -> str:
        """`SPACE/Ancestor/Title`, for rules by path."""
        titles = (*(above.title for above in self.ancestors), self.title)
        return "/".join((self.space.key, *(title.replace("/", " ") for title in titles)))


class Wiki(Protocol):
    """One wiki, asked by one API; GoneError for what is not there or not shown to our credentials."""

    def spaces(self, keys: Iterable[str]) -> list[Space]:
        """Those with these keys, or all current ones; FatalError for a key that is not there."""
        ...

    def pages(self, space: Space) -> list[Page | Unreadable]:
        """All current pages of a space, without bodies, and those of which not all can be told just now."""
        ...

    def page(self, id: str, listed: Page | None = None) -> tuple[Page, str]:
        """A current page and its body in storage format; `listed` spares questions about what changes seldom."""
        ...

    def restrictions(self, id: str) -> tuple[Reader, ...]:
        """Whom this content is restricted to, () where it is not; without what it inherits."""
        ...

    def space_readers(self, space: Space) -> tuple[Reader, ...]:
        """Who may read in this space."""
        ...

    def known(self, reader: Reader) -> Reader:
        """With the name and, where the service shows it, the e-mail address that it goes by."""
        ...

    def groups_of(self, user: Reader) -> frozenset[str]:
        """Ids and names of the groups that this user is in."""
        ...

    def download(self, page: Page, attachment: Attachment) -> Answer: ...
