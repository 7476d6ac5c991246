"""What the routes of one `headwater serve` stand on."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from fastapi import Depends, Request

from app.http.counted import Counted
from app.http.limits import Buckets
from flows.worker import Worker
from flows.workshop import Workshop
from headwater.errors import HeadwaterError
from headwater.inbox.inbox import Inbox
from headwater.ledger.holder import this_host
from headwater.settings import Settings

OK, OFF = "ok", "off"
PROBED_SECONDS = 3.0


class Schedules(Protocol):
    """What runs sources when they are due."""

    def start(self) -> None: ...
    def stop(self, seconds: float) -> None: ...
    def problem(self) -> str:
        """Why a schedule may not fire; "" when all are scheduled."""
        ...

    def next_runs(self) -> Mapping[str, str]:
        """By source, when it runs next (ISO 8601)."""
        ...


@dataclass(slots=True)
class Node:
    """One process: what it has open, and whether that is in order. `schedules` is None when it runs none."""

    opened: Workshop
    inbox: Inbox
    worker: Worker
    schedules: Schedules | None = None
    warm: bool = False
    buckets: Buckets = field(default_factory=lambda: Buckets(600))
    refused: Buckets = field(default_factory=lambda: Buckets(60))
    counted: Counted = field(default_factory=lambda: Counted(()))
    _probe: threading.Lock = field(default_factory=threading.Lock)
    _probed: tuple[float, dict[str, str]] | None = None

    @property
    def settings(self) -> Settings:
        return self.opened.settings

    def checks(self) -> dict[str, str]:
        """What has to be so before others are sent here, each `ok`, `off` or what is wrong; tried every 3 s at most."""
        with self._probe:
            if self._probed is None or time.monotonic() - self._probed[0] > PROBED_SECONDS:
                self._probed = (time.monotonic(), self._tried())
            return self._probed[1]

    def _tried(self) -> dict[str, str]:
        wrong = "" if self.schedules is None else self.schedules.problem()
        return {
            "index": self._index(),
            "ledger": self._ledger(),
            "model": OK if self.warm else "it is being loaded",
            "inbox": OK if self.worker.alive else "nobody works through it",
            "schedules": OFF if self.schedules is None else wrong or OK,
        }

    def _index(self) -> str:
        if not self.warm:
            return "it is being opened"
        try:
            return OK if self.opened.index().identity() is not None else "it has no identity"
        except HeadwaterError as error:
            return str(error)

    def _ledger(self) -> str:
        holder = self.opened.holder
        try:
            # A lease that nobody else wants is written and taken back.
            with self.opened.ledger.lease(f"ready:{this_host()}:{holder.pid}", holder, seconds=30):
                return OK
        except HeadwaterError as error:
            return str(error)


def node_of(request: Request) -> Node:
    found: Node = request.app.state.node
    return found


Here = Annotated[Node, Depends(node_of)]
