"""Why a document is published, and since when its source has had it that way.

A source's own time of a change counts where it can be true: after the document was last known to be as before, and
not in the future. Else only that bound is known. Times of files serve here, and never as the age of content.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from headwater.ledger.base import DocumentRow, Failure, Ledger
from headwater.ledger.standing import ACCESS, CONTENT, INITIAL, NEW, REPROCESSED, SETTINGS, Change, Listing
from headwater.metadata.dates import moment_of
from headwater.metadata.origins import ORIGINS, Level, read
from headwater.model import RawDocument

MODIFIED = "modified"
"""Key of a document's metadata: when its source says that it, or its file, last changed."""
_LOOKS = 500


@dataclass(slots=True)
class Past:
    """What the ledger knew of one source before this run; asked for when the first change is met."""

    ledger: Ledger
    source: str
    generation: str
    """The one that is written to: while another is live, that one knows how documents were before."""
    _looks: Sequence[Listing] | None = field(default=None)
    _first: datetime | None = None

    def change(
        self, raw: RawDocument, row: DocumentRow, before: DocumentRow | None, failure: Failure | None, now: datetime
    ) -> Change:
        """Of the document `raw`, about to be published as `row` in the place of `before`."""
        live = self.ledger.generation()
        if before is None and live != self.generation:
            before = self.ledger.document(live, self.source, raw.id)
        what = _what(raw, row, before)
        if what not in (NEW, CONTENT):
            return Change(what)
        detected = min(now, failure.first_at) if failure else now
        known = [moment for moment in (self._vouched(detected), self._verified(before, failure)) if moment is not None]
        # By a clock that was ahead: it is known to be another one, and not since when.
        past = [moment for moment in known if moment <= detected]
        if not past:
            return Change(what if known else INITIAL, detected_at=detected)
        after = max(past)
        stated = _stated(raw, after, detected, now)
        return Change(what, stated, after, detected)

    def _vouched(self, before: datetime) -> datetime | None:
        """When the newest listing began that spoke for every document of the source, and ended before a moment."""
        if self._looks is None:
            self._looks = self.ledger.listings(self.source, limit=_LOOKS)
            row = next((row for row in self.ledger.sources() if row.name == self.source), None)
            self._first = row.last_complete if row is not None and not self._looks else None
        moments = (look.began_at for look in self._looks if look.vouched and look.began_at < before)
        return next(moments, self._first)

    @staticmethod
    def _verified(before: DocumentRow | None, failure: Failure | None) -> datetime | None:
        """What failed since may have been verified by its readers alone."""
        return before.verified_at if before is not None and failure is None else None


def _what(raw: RawDocument, row: DocumentRow, before: DocumentRow | None) -> str:
    if before is None:
        return NEW
    if before.content_hash == row.content_hash:
        return ACCESS if before.access != row.access else REPROCESSED
    same_text = before.meta.get("content_sha256") == row.meta.get("content_sha256")
    times = before.meta.get(MODIFIED), raw.meta.get(MODIFIED)
    # Settings of the source are part of what a document says: its owner, its kind.
    return SETTINGS if same_text and times[0] is not None and times[0] == times[1] else CONTENT


def _stated(raw: RawDocument, after: datetime, detected: datetime, now: datetime) -> datetime | None:
    """The first that can be true; one in the future is kept where there is none, since reports point it out.

    Where an earlier version failed, what is published is later than the change that it was waited for since then.
    """
    by_source = read(raw.meta.get(ORIGINS)).get("updated", Level.CONNECTOR) == Level.CONNECTOR
    updated = raw.updated_at if by_source else None
    exact = updated is not None and (updated.hour, updated.minute, updated.second) != (0, 0, 0)
    modified = moment_of(raw.meta.get(MODIFIED))
    found = [moment for moment in ((updated, modified) if exact else (modified, updated)) if moment is not None]
    possible = (moment for moment in found if after < moment <= detected)
    return next(possible, next((moment for moment in found if moment > now), None))
