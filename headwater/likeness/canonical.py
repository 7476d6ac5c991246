"""Which of several documents that say the same stands for them: newest version, preferred source, newest date, id."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from headwater.metadata.versions import version_range
from headwater.model import RELEASE_NOTE

Rank: TypeAlias = tuple[int, int, int, float, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides between documents, as one of their passages carries it."""

    source: str
    document: str
    news: str
    """What the document is the news of, empty where it is none: a release note stands for no other release."""
    version: str
    updated_at: str

    @staticmethod
    def of(payload: Mapping[str, Any]) -> "Standing":
        """From the payload of any point of the document."""
        metadata: Mapping[str, Any] = payload["metadata"]
        title, version = str(metadata.get("title", "")), str(metadata.get("version", ""))
        return Standing(
            source=payload["source"],
            document=payload["document"],
            news=f"{title}\n{version}" if payload["kind"] == RELEASE_NOTE else "",
            version=version,
            updated_at=str(metadata.get("updated_at") or ""),
        )

    def rank(self, preferences: Mapping[str, int]) -> Rank:
        """The smallest stands for the others; `preferences` by source, 0 where none is stated."""
        covered = version_range(self.version)
        last, first = (covered.last, covered.first) if covered else (-1, -1)
        preferred = preferences.get(self.source, 0)
        return -last, -first, -preferred, -_seconds(self.updated_at), self.document, self.source


def _seconds(moment: str) -> float:
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return 0.0
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
