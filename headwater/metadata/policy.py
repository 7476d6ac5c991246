"""What a source asks of its documents' metadata."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from headwater.model import Document, digest

OnMissing: TypeAlias = Literal["report", "quarantine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataPolicy:
    """`required` names fields of the schema; `language` is what documents are written in that do not show it."""

    required: tuple[str, ...] = ()
    on_missing: OnMissing = "report"
    language: str = ""
    timezone: str = "UTC"

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same document could come out otherwise; "" where nothing is asked."""
        if self == MetadataPolicy():
            return ""
        return digest(*self.required, self.on_missing, self.language, self.timezone)[:16]

    def missing(self, document: Document) -> tuple[str, ...]:
        """Required fields that a resolved document lacks, in the order in which they are required."""
        has = {"title": document.raw.title or document.meta.get("title", ""), **document.raw.meta}
        return tuple(name for name in self.required if has.get(name) in (None, "", ()))


def lacking(missing: tuple[str, ...]) -> str:
    """For whoever has to add them."""
    names = " and ".join(missing) if len(missing) < 3 else f"{', '.join(missing[:-1])} and {missing[-1]}"
    return (
        f"it states no {names}, which its source requires: add {'it' if len(missing) == 1 else 'them'} to its front "
        "matter, to a .headwater.toml in its folder, or to the source's settings"
    )
