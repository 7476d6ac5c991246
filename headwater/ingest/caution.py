"""How far a source is believed before a person is asked."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """How much of a source may go at once, and for how long is believed what it said before.

    More than `documents` and more than `share` of what is live is withheld until a person approves. A document that
    is not listed any more is kept for `tombstone` while its source cannot be asked; readers that the source cannot
    verify stay for `access`.
    """

    documents: int = 10
    share: float = 0.10
    tombstone: timedelta = timedelta(days=7)
    access: timedelta = timedelta(days=7)

    def withholds(self, going: int, live: int) -> bool:
        return going > self.documents and going > self.share * live
