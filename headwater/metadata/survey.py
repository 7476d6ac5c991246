"""What the live documents of one source state about themselves, counted when they changed, and kept with the source."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from headwater.ledger.base import DocumentRow, Ledger
from headwater.metadata.languages import base_language
from headwater.metadata.origins import ITS_ID, ORIGINS, read
from headwater.metadata.schema import REQUIRABLE
from headwater.model import Access

SURVEY = "metadata"
"""Name under which the ledger keeps it."""
_NAMED = 5


@dataclass(slots=True)
class Survey:
    """`fields`: how many documents have each; `lacking`: ids of some that lack what is required.

    `languages`: chunks by language, "" for those of none; `readers`: for each language, every access under which a
    document in it can be read, so that nobody learns from it what they may not read.
    """

    generation: str
    required: list[str] = field(default_factory=list)
    documents: int = 0
    chunks: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    lacking: dict[str, list[str]] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    readers: dict[str, list[list[list[str]]]] = field(default_factory=dict)

    def coverage(self) -> dict[str, dict[str, int]]:
        """Of every field that is stated anywhere, or required."""
        return {
            name: {"with": self.fields.get(name, 0), "of": self.documents}
            for name in REQUIRABLE
            if name in self.fields or name in self.required
        }

    def findings(self, source: str) -> list[str]:
        """A sentence for every required field that documents lack."""
        return [
            f"{source}: {self.documents - self.fields.get(name, 0):,} of {self.documents:,} documents state no {name}, "
            f"which the source requires ({', '.join(ids)}{', ...' if len(ids) == _NAMED else ''})"
            for name, ids in self.lacking.items()
            if ids
        ]

    def languages_for(self, asker: frozenset[str]) -> frozenset[str]:
        """Of documents that someone with these principals may read."""
        return frozenset(
            language
            for language, ways in self.readers.items()
            if any(Access(frozenset(allow), frozenset(deny)).admits(asker) for allow, deny in ways)
        )


def survey(rows: Iterable[DocumentRow], generation: str, required: tuple[str, ...]) -> Survey:
    """Counted anew from all rows of a source."""
    found = Survey(generation, list(required), lacking={name: [] for name in required})
    readers: dict[str, set[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for row in rows:
        found.documents += 1
        found.chunks += row.chunks
        has = _stated(row)
        for name in has:
            found.fields[name] = found.fields.get(name, 0) + 1
        for name, ids in found.lacking.items():
            if name not in has and len(ids) < _NAMED:
                ids.append(row.id)
        language = base_language(str(row.meta.get("language", "")))
        found.languages[language] = found.languages.get(language, 0) + row.chunks
        readers.setdefault(language, set()).add((tuple(sorted(row.access.allow)), tuple(sorted(row.access.deny))))
    found.readers = {
        language: [[list(allow), list(deny)] for allow, deny in sorted(ways)] for language, ways in readers.items()
    }
    return found


def refreshed(ledger: Ledger, generation: str, source: str, required: tuple[str, ...], *, changed: bool) -> Survey:
    """The survey that holds now: the kept one, or a new one where documents or what is required changed."""
    kept = kept_survey(ledger, source)
    if (
        kept is not None
        and not changed
        and kept.generation == generation
        and kept.required == list(required)
        and kept.documents == ledger.count(generation, source)
    ):
        return kept
    found = survey(ledger.documents(generation, source), generation, required)
    ledger.learn(source, SURVEY, asdict(found))
    return found


def kept_survey(ledger: Ledger, source: str) -> Survey | None:
    """As it was counted last; None where it never was, or by another version."""
    stored: Mapping[str, Any] | None = ledger.learned(source, SURVEY)
    try:
        return Survey(**stored) if stored is not None else None
    except TypeError:
        return None


def _stated(row: DocumentRow) -> set[str]:
    has = {name for name in REQUIRABLE if row.meta.get(name, "") not in ("", ())}
    if read(row.meta.get(ORIGINS)).get("title", ITS_ID) != ITS_ID:
        has.add("title")
    return has
