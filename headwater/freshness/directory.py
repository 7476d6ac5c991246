"""Documents by what others call them."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urldefrag, urlsplit

from headwater.freshness.values import DocumentStanding
from headwater.ledger.standing import Standing

Name: TypeAlias = tuple[str, str]
"""Source and id."""


_RELATED = frozenset(("supersedes", "superseded_by", "revision", "canonical"))
"""What documents state that concerns others."""


@dataclass(slots=True)
class Directory:
    """Ids, `source/id`, addresses, file names and titles."""

    documents: dict[Name, DocumentStanding] = field(default_factory=dict)
    facts: dict[Name, Mapping[str, object]] = field(default_factory=dict)
    _named: dict[str, set[Name]] = field(default_factory=dict)
    _addresses: dict[str, Name] = field(default_factory=dict)
    _folders: dict[str, set[str]] = field(default_factory=dict)

    def add(self, one: DocumentStanding, row: Standing) -> None:
        name = (one.source, one.document)
        self.documents[name] = one
        if not _RELATED.isdisjoint(row.facts):
            self.facts[name] = row.facts

    def named(self, text: str, near: Name) -> DocumentStanding | None:
        """The one document that `text` means when `near` says it; None when it is none, or several."""
        plain = text.strip()
        source, id = near
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(id), plain))
        for name in ((source, plain), (source, joined), (source, plain.lstrip("/"))):
            if name in self.documents and name != near:
                return self.documents[name]
        address = self._by_address().get(plain_address(plain)) if "://" in plain else None
        if address is not None and address != near:
            return self.documents[address]
        found = self._by_other_names().get(plain.casefold(), set()) - {near}
        own = {name for name in found if name[0] == source} or found
        return self.documents[next(iter(own))] if len(own) == 1 else None

    def is_address(self, address: str) -> bool:
        return plain_address(address) in self._by_address()

    def page_folders(self, source: str) -> set[str]:
        """Addresses of the folders that pages of this source lie in."""
        if not self._folders:
            for address, (of, _) in self._by_address().items():
                self._folders.setdefault(of, set()).add(posixpath.dirname(address))
        return self._folders.get(source, set())

    def _by_address(self) -> dict[str, Name]:
        """Their own addresses, and those that they call canonical where nothing else is there."""
        if not self._addresses:
            self._addresses = {plain_address(one.uri): name for name, one in self.documents.items() if one.uri}
            for name, facts in self.facts.items():
                canonical = facts.get("canonical")
                if isinstance(canonical, str):
                    self._addresses.setdefault(plain_address(canonical), name)
        return self._addresses

    def _by_other_names(self) -> dict[str, set[Name]]:
        if not self._named:
            for (source, id), one in self.documents.items():
                for text in (
                    f"{source}/{id}",
                    posixpath.basename(id),
                    posixpath.splitext(posixpath.basename(id))[0],
                    one.title,
                ):
                    self._named.setdefault(text.casefold(), set()).add((source, id))
        return self._named


def plain_address(uri: str) -> str:
    """Without what does not change the page: fragment, query, a trailing slash, the index page's name."""
    parts = urlsplit(urldefrag(uri).url)
    path = parts.path.removesuffix("index.html").removesuffix("index.htm").rstrip("/")
    return f"{parts.netloc.lower()}{path}"
