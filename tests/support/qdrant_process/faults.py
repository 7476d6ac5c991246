"""Replies that are late or lost, as a network loses them: the server has done what it was asked, or has not."""

import random
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Fault:
    """`kind` is delay (then do), delay_reply (do, then wait), lose_request (never do), lose_reply (do, then say
    nothing) or refuse (say 503)."""

    kind: str
    path: str = ""
    contains: str = ""
    """Both are parts of what is asked: of its path, of its body."""
    seconds: float = 0.0
    times: int = 1
    share: float = 1.0


@dataclass(slots=True)
class Faults:
    """What happens to the next requests that fit; several may fit one."""

    _planned: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _chance: random.Random = field(default_factory=lambda: random.Random(1))
    met: int = 0

    def plan(self, body: dict[str, Any]) -> None:
        with self._lock:
            self._planned = [Fault(**one) for one in body["faults"]]

    def of(self, path: str, body: bytes) -> list[Fault]:
        with self._lock:
            found = [
                fault
                for fault in self._planned
                if fault.times > 0
                and fault.path in path
                and fault.contains.encode() in body
                and self._chance.random() < fault.share
            ]
            for fault in found:
                fault.times -= 1
            self.met += len(found)
            return found
