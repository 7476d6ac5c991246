"""What this process has just read: a page that was read to find links need not be asked for again to be indexed.

A memory of minutes and of bounded size; without it everything comes out the same, with more requests.
"""

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

_Kept = TypeVar("_Kept")
MOST_BYTES = 64 * 2**20
SECONDS = 900.0
_all: "list[weakref.ref[Recent[Any]]]" = []


@dataclass(slots=True, weakref_slot=True)
class Recent(Generic[_Kept]):
    """The newest values by key, none older than `seconds`, of `most` weight together."""

    most: int
    seconds: float = SECONDS
    _kept: OrderedDict[Hashable, tuple[float, int, _Kept]] = field(default_factory=OrderedDict)
    _weight: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        _all.append(weakref.ref(self))

    def put(self, key: Hashable, value: _Kept, weight: int = 1) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = (time.monotonic(), weight, value)
            self._weight += weight
            while self._weight > self.most:
                self._drop(next(iter(self._kept)))

    def get(self, key: Hashable) -> _Kept | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None or time.monotonic() - found[0] > self.seconds:
                self._drop(key)
                return None
            return found[2]

    def take(self, key: Hashable) -> _Kept | None:
        """The value, which is forgotten with this."""
        found = self.get(key)
        with self._lock:
            self._drop(key)
        return found

    def drop(self, chosen: Callable[[Hashable], bool]) -> None:
        """Forget the values of these keys."""
        with self._lock:
            for key in [key for key in self._kept if chosen(key)]:
                self._drop(key)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._weight = 0

    def _drop(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        self._weight -= found[1] if found else 0


def forget(key: Hashable) -> None:
    """What any of them keeps by this key: it was announced that it changed."""
    for reference in _all:
        kept = reference()
        if kept is not None:
            kept.drop(lambda known: known == key)


def forget_everything() -> None:
    """As a new process would begin."""
    for reference in _all:
        kept = reference()
        if kept is not None:
            kept.clear()
