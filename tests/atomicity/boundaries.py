"""Stops a writer at any operation on index or ledger: by an error, by SIGKILL, or by whatever a test wants."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from headwater.index.base import IndexStore

INDEX_WRITES = ("upsert", "stamp", "set_access", "delete", "delete_where", "flush", "write_identity")
LEDGER_WRITES = (
    *("begin_publication", "next_epoch", "write_intent", "commit", "abandon", "forget_publication"),
    *("touch", "set_access", "record", "save_failures", "clear_failures", "save_source", "save_run"),
)
READS = ("identity", "count", "retrieve", "vectors_of", "epoch", "document", "blocks", "open_publications", "versions")

Action = Callable[[], None]


def kill() -> None:
    """End this process as a power button would."""
    os.kill(os.getpid(), signal.SIGKILL)


def nothing() -> None: ...


@dataclass(slots=True)
class Boundaries:
    """Counts the boundaries between operations as they are crossed; acts at number `at`, or at the first so named.

    A `lasting` action is done at every boundary from there on.
    """

    at: int | str = -1
    action: Action = nothing
    lasting: bool = False
    acted: str = ""
    """The name of the boundary at which it acted."""
    reads: bool = False
    """Whether reading calls have boundaries too; a kill there is no other than one at the write before."""
    crossed: int = 0
    names: list[str] = field(default_factory=list)

    def arm(self, at: int | str, action: Action, *, lasting: bool = False) -> None:
        self.at, self.action, self.lasting = at, action, lasting
        self.crossed, self.acted = 0, ""
        self.names.clear()

    def disarm(self) -> None:
        self.at = -1

    def cross(self, name: str) -> None:
        self.names.append(name)
        self.crossed += 1
        here = self.at in (self.crossed - 1, name)
        if (here and not self.acted) or (self.acted and self.lasting and self.at != -1):
            self.acted = self.acted or name
            self.action()

    def watches(self, name: str) -> bool:
        return name in INDEX_WRITES or name in LEDGER_WRITES or (self.reads and name in READS)


class Watched:
    """An index or a ledger whose every operation has a boundary before and after it."""

    def __init__(self, inner: Any, room: str, boundaries: Boundaries) -> None:
        self._inner = inner
        self._room = room
        self._boundaries = boundaries

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not self._boundaries.watches(name):
            return found

        def call(*args: Any, **named: Any) -> Any:
            detail = "+".join(key for key in ("from_", "to", "fence") if key in named)
            label = f"{self._room}.{name}{':' if detail else ''}{detail}"
            self._boundaries.cross(f"before {label}")
            result = found(*args, **named)
            if name not in READS:  # that an answer is lost is no other than that it was not given
                self._boundaries.cross(f"after {label}")
            return result

        return call

    def lease(self, name: str, *args: Any, **named: Any) -> AbstractContextManager[None]:
        return self._lease(name, *args, **named)

    @contextmanager
    def _lease(self, name: str, *args: Any, **named: Any) -> Iterator[None]:
        self._boundaries.cross(f"before lease {name}")
        with self._inner.lease(name, *args, **named):
            self._boundaries.cross(f"in lease {name}")
            yield
            self._boundaries.cross(f"leaving lease {name}")
        self._boundaries.cross(f"after lease {name}")


class WatchedStore:
    """A store whose indexes are watched."""

    def __init__(self, inner: IndexStore, boundaries: Boundaries) -> None:
        self._inner = inner
        self._boundaries = boundaries

    def open(self, generation: str, *, dimensions: int) -> Any:
        return Watched(self._inner.open(generation, dimensions=dimensions), "index", self._boundaries)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
