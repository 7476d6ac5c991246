"""The values that flow through Headwater: frozen, without behaviour beyond their own meaning."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

PUBLIC_PRINCIPAL = "public"
LONGEST_TITLE = 500
"""Characters: every passage of a document carries its title."""
CONTENT_VERSION = "content_version"
"""Key of a document's metadata: what `Ref.content` is of it."""
HELP, RELEASE_NOTE, SOP = "help", "release_note", "sop"

MetaValue: TypeAlias = str | int | float | tuple[str, ...]
Meta: TypeAlias = Mapping[str, MetaValue]

_PRINCIPAL = re.compile(r"public|group:[^\s:][^\s]*|user:[^\s@:]+@[^\s@:]+")


def principal(text: str) -> str:
    """The canonical (lower case) form of `public`, `group:NAME` or `user:EMAIL`; ValueError for anything else."""
    name = text.strip().lower()
    if not _PRINCIPAL.fullmatch(name):
        raise ValueError(f"{text!r} is not a principal; write public, group:NAME or user:EMAIL")
    return name


def principals(texts: Iterable[str]) -> frozenset[str]:
    """Canonical principals of an asker or a document; ValueError for the first that is not one."""
    return frozenset(principal(text) for text in texts)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read: at least one of `allow`, none of `deny`; an empty `allow` admits nobody."""

    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()

    def admits(self, asker: frozenset[str]) -> bool:
        """Whether someone with these principals may read; everyone also carries `public`."""
        everyone = asker | {PUBLIC_PRINCIPAL}
        return bool(self.allow & everyone) and not (self.deny & everyone)

    def narrowed_to(self, other: "Access") -> "Access":
        """What both grant, at most: `public` stands for everyone, denies are united."""
        if PUBLIC_PRINCIPAL in self.allow:
            allow = other.allow
        elif PUBLIC_PRINCIPAL in other.allow:
            allow = self.allow
        else:
            allow = self.allow & other.allow
        return Access(allow, self.deny | other.deny)

    def takes_from(self, new: "Access") -> bool:
        """Whether changing from self to `new` takes the right to read from anyone who may have it now."""
        return self.narrowed_to(new) != self


NOBODY = Access()
PUBLIC = Access(frozenset({PUBLIC_PRINCIPAL}))


# What a connector's scan yields ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ref:
    """One document in a listing; `version` is opaque and changes when content or access changes.

    `content` is opaque too and changes with everything but who may read, where the source can tell ("" where not).
    """

    id: str
    version: str
    access: Access | None = None
    content: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """The source says that this document was removed."""

    id: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything yielded before this is safe to skip when scan is called again with `token`.

    One within a listing is where that listing goes on after it broke off; one after all else (but for `Complete`) is
    where the next listing begins, which is complete only if it names everything all the same. A connector whose pages
    have cursors therefore ends with `Checkpoint(b"")` where the next listing has to begin anew.
    """

    token: bytes


@dataclass(frozen=True, slots=True)
class Complete:
    """Last item of a listing that saw every document; only then does absence mean removal."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One entry of the listing that could not be looked at; it is neither present nor absent."""

    id: str
    error: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDocument:
    """A document as its source holds it.

    `title` is empty and `updated_at` (aware) None where the source does not say; the file itself may. `wishes` are
    what its source's settings ask of the parser, by name (CSS selectors under "keep" and "drop").
    """

    source: str
    id: str
    version: str
    uri: str
    title: str
    kind: str
    media_type: str
    content: bytes
    updated_at: datetime | None
    access: Access
    meta: Meta = field(default_factory=dict)
    wishes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.updated_at is not None and self.updated_at.tzinfo is None:
            raise ValueError(f"{self.id}: updated_at has no time zone")


@dataclass(frozen=True, slots=True)
class NotModified:
    """The source confirmed that the version known to the caller is current."""

    version: str


# What a parser makes --------------------------------------------------------------------------------------


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    STEP = "step"
    TABLE = "table"
    CODE = "code"
    ADMONITION = "admonition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One typed piece of a document, in reading order.

    `level`: heading depth from 1, or nesting depth of a list item or step from 0. `ordinal`: the number of a
    step as shown ("4", "b"). `group`: blocks of one list, table or admonition share a number above 0.
    `rows`: a table's cells, the first `header_rows` of them headers; `text` is the same table as shown.
    `anchor`: fragment to cite; `page`: from 1, 0 where the format has none. `label`: language of code, or
    the word of an admonition ("Warning"), or a table's caption. `links`: (text, target) of each link in it.
    """

    kind: BlockKind
    text: str
    level: int = 0
    ordinal: str = ""
    group: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    header_rows: int = 0
    anchor: str = ""
    page: int = 0
    label: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stripped:
    """What a parser took out because no reader sees it; `sample` is the beginning of the longest such text."""

    what: str
    words: int
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document; `meta` is what the parser found in the file itself (not in the source)."""

    raw: RawDocument
    blocks: tuple[Block, ...]
    meta: Meta = field(default_factory=dict)
    stripped: tuple[Stripped, ...] = ()

    @property
    def title(self) -> str:
        """The title its source states, else the file's own, else the last part of its id; cut where it is absurd."""
        found = self.meta.get("title")
        stated = self.raw.title or (found if isinstance(found, str) else "")
        return (stated or self.raw.id.rstrip("/").rpartition("/")[2] or self.raw.id)[:LONGEST_TITLE]


# What a chunker makes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """Chunks `first` to `last` (positions, both included) are one `what`: a procedure, table, list, entry, section.

    `tokens` counts the text of the whole, its parts put together without what they repeat.
    """

    what: str
    first: int
    last: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage that stands alone.

    `text` is shown, `embedded` is what the model reads (title > heading path, then the text) and never
    exceeds its window; `tokens` counts `embedded` in the model's own tokens, special tokens included. `uri`
    carries `#anchor` or `#page=N`. `id` is stable under edits elsewhere in the document.

    `wholes` are what the chunk is a part of, the smallest first; empty when it is one itself. To put a whole
    together, each further chunk adds `joint` and its text from character `lead` on: what is before that repeats
    (the head of a table, the lead-in of a list, an overlap).
    """

    id: str
    source: str
    document: str
    position: int
    text: str
    embedded: str
    heading_path: tuple[str, ...]
    uri: str
    tokens: int
    access: Access
    metadata: Meta
    wholes: tuple[Span, ...] = ()
    lead: int = 0
    joint: str = "\n\n"

    @property
    def embedded_hash(self) -> str:
        """Key under which a vector of the same text is found again (sha256, hex)."""
        return digest(self.embedded)


def digest(*parts: str | bytes) -> str:
    """sha256 (hex) over length-prefixed parts, so that ("ab", "c") and ("a", "bc") differ."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        sha.update(len(data).to_bytes(8, "big"))
        sha.update(data)
    return sha.hexdigest()


# What became of a document --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Indexed:
    """Published in this run; `embedded` + `reused` = `chunks`."""

    chunks: int
    embedded: int
    reused: int


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Already searchable in its current form."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Left out on purpose; `reason` is a sentence a person can act on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Could not be read or parsed; its last good version, if any, stays. `error` is the error's class name."""

    error: str
    reason: str
    retriable: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """No longer searchable."""

    reason: str = "no longer at its source"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Held back until a person has looked."""

    finding: str


Outcome: TypeAlias = Indexed | Unchanged | Skipped | Failed | Removed | Quarantined
