"""Documents that say the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from headwater.linting.placing import letters
from headwater.linting.rules import Finding
from headwater.model import Document, digest


@dataclass(slots=True)
class Sameness:
    """Remembers a hash of each document's letters, and the first document that had it."""

    _first: dict[str, tuple[str, str]] = field(default_factory=dict)

    def look(self, document: Document) -> Iterator[Finding]:
        """A finding when another document had the same content."""
        key = digest(*(letters(block.text) for block in document.blocks))
        name = (document.raw.source, document.raw.id)
        first = self._first.setdefault(key, name)
        if first != name:
            yield Finding(
                rule="duplicates", source=name[0], document=name[1], text=f"the same as {first[0]}/{first[1]}"
            )
