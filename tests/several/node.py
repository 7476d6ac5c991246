"""One machine of several: a workshop whose ledger and index are elsewhere, under a host name of its own."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from headwater.index.base import IndexStore
from headwater.index.store import open_store
from headwater.ledger.base import Holder, Ledger
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.model import Access
from headwater.settings import SourceSettings
from tests.atomicity.bench import Bench
from tests.atomicity.corpus import EVERYBODY

SOURCES = ("east", "north", "west")
LEASE_SECONDS = 1.5
BUSY_SECONDS = 4.5
"""Two thirds of it is how long a writer that is stopped within a transaction may keep others from writing."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Where ledger and index are."""

    ledger: str
    index: str


class Node(Bench):
    """`host` empty: this machine, whose dead processes are seen to be dead; else they are waited for."""

    def __init__(
        self, base: Path, shared: Shared, *, host: str = "", sources: Sequence[str] = SOURCES, command: str = "node"
    ) -> None:
        super().__init__(base / sources[0], base / f"home-{host}", command=command, wait=60.0)
        settings = tuple(
            SourceSettings(
                name=name,
                kind="folder",
                default_access=Access(EVERYBODY),
                options={"path": str(base / name)},
                base=base,
            )
            for name in sources
        )
        self.settings = replace(self.settings, sources=settings)
        self._shared = shared
        self._host = host

    @cached_property
    def raw_ledger(self) -> Ledger:
        ledger = open_ledger(self._shared.ledger, busy_seconds=BUSY_SECONDS)
        lease = ledger.lease

        def short(name: str, holder: Holder, *, seconds: float, wait: float = 0.0) -> AbstractContextManager[None]:
            return lease(name, holder, seconds=min(seconds, LEASE_SECONDS), wait=wait)

        vars(ledger)["lease"] = short
        return ledger

    @cached_property
    def raw_store(self) -> IndexStore:
        return open_store(self.settings.home, url=self._shared.index)

    @cached_property
    def holder(self) -> Holder:
        mine = this_process(self.command)
        return replace(mine, host=self._host) if self._host else mine
