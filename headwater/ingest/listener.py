"""Who is told how a run gets on; the command line draws progress from it, tests count with it."""

from typing import Protocol

from headwater.model import Outcome


class Listener(Protocol):
    """Called from the thread that runs the source; must return quickly."""

    def scanning(self, source: str) -> None: ...

    def planned(self, source: str, *, listed: int, changed: int) -> None: ...

    def document(self, source: str, document: str, outcome: Outcome) -> None: ...

    def published(self, source: str, *, documents: int, epoch: int) -> None: ...


class Silent:
    """A listener that does nothing."""

    def scanning(self, source: str) -> None: ...

    def planned(self, source: str, *, listed: int, changed: int) -> None: ...

    def document(self, source: str, document: str, outcome: Outcome) -> None: ...

    def published(self, source: str, *, documents: int, epoch: int) -> None: ...
