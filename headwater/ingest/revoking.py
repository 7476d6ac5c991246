"""Reading rights that a source withdrew are taken from live documents before anything is parsed."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from headwater.clock import utc_now
from headwater.errors import HeadwaterError
from headwater.ingest.look import fetch, known_version
from headwater.ingest.outcomes import Outcomes
from headwater.ingest.stale_access import note_verified
from headwater.ingest.tools import Tools
from headwater.ledger.base import DocumentRow, Failure
from headwater.model import Access, NotModified, RawDocument, Ref

NARROWED_TOGETHER = 100
NARROW_SECONDS = 0.5
"""Rights are taken away from this many documents together, or from as many as were found in this time."""


class Revoking:
    """Of one source; `row` answers what is live, `failure` what is not to be tried again in the same version."""

    def __init__(
        self,
        tools: Tools,
        outcomes: Outcomes,
        row: Callable[[str], DocumentRow | None],
        failure: Callable[[str], Failure | None],
    ) -> None:
        self._tools = tools
        self._outcomes = outcomes
        self._row = row
        self._failure = failure
        self.kept: dict[str, RawDocument] = {}
        """Bodies that were fetched to learn their readers, and need no second fetch."""

    def revoke(self, refs: Iterable[Ref], keep: int, between: Callable[[], None]) -> dict[str, DocumentRow]:
        """What was narrowed, by id; `keep` bytes of bodies are kept. `between` is called when nothing is half-done."""
        narrowed: dict[str, DocumentRow] = {}
        together: list[tuple[DocumentRow, Access]] = []
        verified: list[DocumentRow] = []
        since = time.monotonic()
        for row, new in self._access_changes(refs, keep):
            verified.append(row)
            if row.access.takes_from(new):
                together.append((row, new))
            if len(together) >= NARROWED_TOGETHER or time.monotonic() - since > NARROW_SECONDS:
                narrowed.update(self.narrow(together))
                together, since = [], time.monotonic()
                between()
        narrowed.update(self.narrow(together))
        self._tools.publisher.confirm(list(narrowed.values()))
        note_verified(self._tools, verified)
        return narrowed

    def narrow(self, changes: list[tuple[DocumentRow, Access]]) -> dict[str, DocumentRow]:
        """Take the rights away in the index; the ledger hears of it by `Publisher.confirm`."""
        now = utc_now()
        changes = [(replace(row, verified_at=now), new) for row, new in changes]
        versions = {row.id: row.version for row, _ in changes}
        for id, version in versions.items():
            self._outcomes.event(id, "access narrowed", version=version)
        return {row.id: row for row in self._tools.publisher.narrow(changes)}

    def narrow_found(self, found: Iterable[RawDocument]) -> None:
        """Those that are there although they are not listed, and may be read by fewer than before."""
        rows = [(row, raw.access) for raw in found if (row := self._row(raw.id)) is not None]
        narrowed = self.narrow([(row, new) for row, new in rows if row.access.takes_from(new)])
        self._tools.publisher.confirm(list(narrowed.values()))
        note_verified(self._tools, (row for row, _ in rows))

    def _access_changes(self, refs: Iterable[Ref], keep: int) -> Iterator[tuple[DocumentRow, Access]]:
        kept = 0
        for ref in refs:
            row = self._row(ref.id)
            if row is None:
                continue
            if ref.access is not None:
                yield row, ref.access
                continue
            try:
                raw = fetch(self._tools.connector, ref.id, known_version(self._tools, None, self._failure(ref.id)))
            except HeadwaterError:
                # It is met again, and recorded, when the document's turn comes.
                continue
            if isinstance(raw, NotModified):
                # What failed before fails in the same version now, and its readers were reduced then.
                yield row, row.access
                continue
            if kept + len(raw.content) <= keep:
                kept += len(raw.content)
                self.kept[ref.id] = raw
            yield row, raw.access
