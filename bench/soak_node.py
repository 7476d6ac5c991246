"""The command line with a quick embedder of a real one's width; `SOAK_BREAK` names what it then does wrong.

What is broken on purpose shows that the soak would find it: `descriptors` leaks one for each look, `memory` keeps
200 KB, `inbox` forgets every tenth row, `readers` lets nobody's rights be taken, `stop` stops every thread for 8 s.
"""

import ctypes
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from app.cli import main
from flows import worker
from flows.workshop import Workshop
from headwater.inbox.inbox import Inbox
from headwater.interfaces import Vectors
from headwater.ledger.waiting import Waiting
from tests.support.hash_embedder import DIMENSIONS, HashDense

WIDTH = 384
_kept: list[Any] = []


class WideHash(HashDense):
    """As many dimensions as a small real model, and nothing remembered."""

    def __init__(self) -> None:
        super().__init__(window=256)

    @property
    def fingerprint(self) -> str:
        return f"{super().fingerprint}, wide"

    @property
    def dimensions(self) -> int:
        return WIDTH

    def embed(self, texts: Sequence[str]) -> Vectors:
        narrow = super().embed(texts)
        self.texts.clear()
        return _wide(narrow)

    def embed_query(self, text: str) -> Vectors:
        return _wide(super().embed_query(text)[None])[0]


def _wide(narrow: Vectors) -> Vectors:
    times = WIDTH // DIMENSIONS
    return (np.tile(narrow, (1, times)) / np.sqrt(times)).astype(np.float32)


def break_it(what: str) -> None:
    """Do one thing wrong from now on."""
    take: Callable[..., list[Waiting]] = Inbox.take
    counted = 0

    def taken(self: Inbox, *args: Any, **named: Any) -> list[Waiting]:
        nonlocal counted
        rows = take(self, *args, **named)
        for row in list(rows):
            counted += 1
            if what == "descriptors":
                _kept.append(os.dup(0))
            elif what == "memory":
                _kept.append(os.urandom(200_000))
            elif what == "inbox" and counted % 10 == 0:
                self.done(row)
                rows.remove(row)
        return rows

    if what == "stop":
        threading.Thread(target=_stop_now_and_then, daemon=True).start()
    elif what == "readers":
        from headwater.index.engine import EngineIndex  # only this fault needs it

        EngineIndex.set_access = lambda *_: None  # type: ignore[method-assign]  # the fault
    else:
        Inbox.take = taken  # type: ignore[method-assign]  # the fault
    assert worker.Inbox is Inbox


def _stop_now_and_then() -> None:
    while True:
        time.sleep(20)
        ctypes.PyDLL(None).sleep(8)  # with the interpreter's lock held


if __name__ == "__main__":
    Workshop.dense = WideHash()  # type: ignore[assignment, method-assign]  # found where the cached property was
    if os.environ.get("SOAK_BREAK"):
        break_it(os.environ["SOAK_BREAK"])
    main()
