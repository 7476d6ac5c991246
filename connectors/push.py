"""Documents that a system without a connector hands over: `PUT /v1/documents/{source}/{id}`, kept by Headwater itself.

What was said of a document with it counts like what another source says of its documents: its readers narrow what
`default_access` allows, and front matter in a text narrows them further.
"""

from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass, field, replace
from typing import ClassVar
from urllib.parse import quote

from connectors.about import About
from connectors.access import Stated, final
from connectors.described import Described, from_source, stated_by_document, stated_by_path
from connectors.frontmatter import FrontMatter, split
from connectors.globs import Selection
from connectors.policy import SourcePolicy, policy_of
from headwater.errors import FatalError, GoneError
from headwater.interfaces import Scanned
from headwater.ledger.pushed import Pushed, PushedStore
from headwater.metadata.origins import ACCESS_ORIGIN, ORIGINS, Level, written
from headwater.model import Complete, MetaValue, NotModified, RawDocument, Ref
from headwater.settings import SourceSettings
from headwater.settings.schema import Table

KIND = "push"
_TEXTS = frozenset({"text/markdown", "text/plain", "text/html", "text/x-rst", "application/xhtml+xml"})
"""Media types of which a document may begin with front matter."""


class PushOptions(Table):
    """None of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushConnector:
    """A document's id is what it was put under."""

    Options: ClassVar[type[PushOptions]] = PushOptions
    about: ClassVar[About] = About(
        reads="Documents that other systems put over HTTP",
        permissions="those that a document is put with, which narrow default_access; front matter narrows them further",
        changes="at once: what is put is kept by Headwater, and looked at within a second",
        removals="a document that is deleted over HTTP",
    )
    absence_is_final: ClassVar[bool] = True
    nothing_listed: ClassVar[str] = "none that its settings take was put there yet (PUT /v1/documents/SOURCE/ID)"

    name: str
    policy: SourcePolicy
    selection: Selection = field(default_factory=Selection)
    store: PushedStore | None = field(default=None, repr=False, compare=False)

    @classmethod
    def configured(
        cls,
        source: SourceSettings,
        options: PushOptions,  # noqa: ARG003 (it has none)
        groups: frozenset[str] | None,
    ) -> "PushConnector":
        return cls(
            name=source.name,
            policy=policy_of(source, groups),
            selection=Selection(source.include, source.exclude),
        )

    def reading(self, store: PushedStore) -> "PushConnector":
        """The same one, of what is in this store."""
        return replace(self, store=store)

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:  # noqa: ARG002 (the interface's)
        for id, version in self._store.pushed_versions(self.name).items():
            if self.selection.takes(id):
                yield Ref(id, self.version(version))
        yield Complete()

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        found = self._store.pushed(self.name, id) if self.selection.takes(id) else None
        if found is not None and found.removed_at is None and self.version(found.version) == known:
            return NotModified(known)
        whole = self._store.pushed_document(self.name, id) if found is not None else None
        if whole is None:
            raise GoneError(f"{id[:200]} is not among the documents that were put")
        return self.document(whole)

    def removed_on_request(self, ids: Collection[str]) -> Set[str]:
        """Those that were deleted by whoever put them, so that nobody has to be asked whether that is meant."""
        return self._store.taken_back(self.name, ids)

    def version(self, pushed: str) -> str:
        """Of a document whose version in the store is `pushed`, under the source's settings."""
        return f"{pushed[:32]}-{self.policy.digest[:16]}"

    def document(self, pushed: Pushed) -> RawDocument:
        """What becomes of it under the source's settings."""
        content, described = self._described(pushed)
        origins = {"kind": f"{Level.SOURCE} (content)", **described.origins}
        access = origins.pop("access", "")
        meta: dict[str, MetaValue] = {**described.meta, ORIGINS: written(origins), ACCESS_ORIGIN: access}
        meta["modified"] = pushed.pushed_at.isoformat()
        readers, findings = final(described.access), described.access_findings
        if not readers.allow and not findings:
            findings = ("nobody may read this: neither what it was put with nor default_access names a reader",)
        for name, sentences in (("access_findings", findings), ("findings", described.findings)):
            if sentences:
                meta[name] = sentences
        return RawDocument(
            source=self.name,
            id=pushed.document,
            version=self.version(pushed.version),
            uri=pushed.uri or f"headwater://{self.name}/{quote(pushed.document)}",
            title=described.title,
            kind=described.kind or self.policy.kind_of(pushed.document),
            media_type=pushed.media_type,
            content=content,
            updated_at=described.updated_at,
            access=readers,
            meta=meta,
        )

    def _described(self, pushed: Pushed) -> tuple[bytes, Described]:
        above = stated_by_path(from_source(self.policy), pushed.document, self.policy)
        said = FrontMatter(b"", _fields(pushed))
        above = stated_by_document(above, said, self.policy, level=Level.CONNECTOR)
        bare = pushed.media_type.partition(";")[0].strip().lower()
        front = split(pushed.content) if bare in _TEXTS else FrontMatter(pushed.content)
        below = stated_by_document(above, front, self.policy)
        return front.body, replace(
            below, title=below.title or above.title, updated_at=below.updated_at or above.updated_at
        )

    @property
    def _store(self) -> PushedStore:
        if self.store is None:
            raise FatalError(
                f"what was put to source {self.name} is kept in the ledger, which is not open",
                advice="This is a fault in Headwater.",
            )
        return self.store


def _fields(pushed: Pushed) -> dict[str, Stated]:
    """What was said with it, under the names that front matter uses."""
    said: dict[str, Stated] = {name: _stated(value) for name, value in pushed.meta.items()}
    if pushed.title:
        said["title"] = pushed.title
    if pushed.updated_at is not None:
        said["updated"] = pushed.updated_at.isoformat()
    access: dict[str, Stated] = {"deny": [*sorted(pushed.deny)]} if pushed.deny else {}
    if pushed.allow is not None:
        access["allow"] = [*sorted(pushed.allow)]
    return {**said, "access": access} if access else said


def _stated(value: MetaValue) -> Stated:
    return [*value] if isinstance(value, tuple) else value
