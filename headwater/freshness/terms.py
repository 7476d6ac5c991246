"""What was agreed about each source, as far as freshness is measured by it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from headwater.settings import Promise, Promises, Settings, SourceSettings

_BLOB = re.compile(r"^(https?://[^/]+/.+?)(/-)?/blob/(.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Of one source; those of a source that is not in the configuration (any more) are the defaults."""

    name: str
    kind: str = ""
    promises: Promises = field(default_factory=Promises)
    timezone: str = "UTC"
    owner: str = ""
    edit_url: str = ""
    configured: bool = False
    _by_kind: dict[str, Promise] = field(default_factory=dict, repr=False, compare=False)

    def promise(self, document: str, kind: str) -> Promise:
        """What holds for one document; worked out once for each kind where no rule looks at paths."""
        if self.promises.rules:
            return self.promises.of(document, kind)
        found = self._by_kind.get(kind)
        if found is None:
            found = self._by_kind[kind] = self.promises.of(document, kind)
        return found

    @staticmethod
    def of(source: SourceSettings) -> "Terms":
        return Terms(
            name=source.name,
            kind=source.kind,
            promises=source.promises,
            timezone=source.timezone,
            owner=source.owner,
            edit_url=source.edit_url,
            configured=True,
        )

    def edit(self, document: str, uri: str, stated: object) -> str:
        """Where a person edits a document: as it states, as the settings say, else as its address shows."""
        if isinstance(stated, str) and stated:
            return stated
        if self.edit_url:
            return self.edit_url.replace("{id}", quote(document))
        blob = _BLOB.match(uri) if "/blob/" in uri else None
        return f"{blob[1]}{blob[2] or ''}/edit/{blob[3]}" if blob else ""


def terms_of(settings: Settings) -> dict[str, Terms]:
    """By the name of the source."""
    return {source.name: Terms.of(source) for source in settings.sources}


def terms_for(terms: Mapping[str, Terms], name: str, kind: str = "") -> Terms:
    """Those of this source, or the defaults."""
    return terms.get(name) or Terms(name=name, kind=kind)
