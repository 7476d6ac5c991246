"""Holding a lease: wait for it, renew it in the background, give it back, and notice when it was lost."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC
from typing import TypeAlias
from uuid import uuid4

from sqlalchemy import Connection

from headwater.errors import BusyError, HeadwaterError, LeaseLostError, RetriableError
from headwater.ledger import leases
from headwater.ledger.base import Holder
from headwater.ledger.holder import this_host

_POLL_SECONDS = 0.1
_RENEWALS_PER_TERM = 3

Transaction: TypeAlias = Callable[[], AbstractContextManager[Connection]]


class Keeper:
    """The leases that this process holds through one ledger."""

    def __init__(self, read: Transaction, write: Transaction) -> None:
        self._read = read
        self._write = write
        self._held: dict[str, tuple[str, Holder]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, name: str, holder: Holder, seconds: float, wait: float) -> Iterator[None]:
        """As `Ledger.lease` says; LeaseLostError at the end when someone took it over."""
        token = self._take(name, holder, seconds, wait)
        stop = threading.Event()
        renewal = threading.Thread(target=self._renew, args=(token, seconds, stop), name=f"lease {name}", daemon=True)
        with self._lock:
            self._held[token] = (name, holder)
        renewal.start()
        try:
            yield
        except BaseException:
            with suppress(HeadwaterError):  # the first error matters; a lease that stays behind runs out
                self._give_back(token, stop, renewal)
            raise
        if not self._give_back(token, stop, renewal):
            raise _lost([name])

    def check(self, connection: Connection, holder: Holder) -> None:
        """LeaseLostError when any lease that `holder` is holding through us was taken over.

        Within a writing transaction this is exact: what is written with it, is written under the lease.
        """
        with self._lock:
            mine = {token: name for token, (name, owner) in self._held.items() if owner == holder}
        if mine and not leases.all_held(connection, list(mine)):
            raise _lost(sorted(mine.values()))

    def _take(self, name: str, holder: Holder, seconds: float, wait: float) -> str:
        token, deadline = uuid4().hex, time.monotonic() + wait
        while True:
            with self._read() as connection:
                other = leases.in_the_way(connection, name)
            if other is None:
                with self._write() as connection:
                    if leases.take(connection, name, holder, token, seconds):
                        return token
                    other = leases.in_the_way(connection, name)
            left = deadline - time.monotonic()
            if other is not None and left <= 0:
                raise _busy(name, other)
            time.sleep(max(0.0, min(_POLL_SECONDS, left)))

    def _renew(self, token: str, seconds: float, stop: threading.Event) -> None:
        while not stop.wait(seconds / _RENEWALS_PER_TERM):
            # What cannot be written now may be in a moment; if not, the lease runs out, and that is noticed.
            with suppress(HeadwaterError), self._write() as connection:
                if not leases.renew(connection, token, seconds):
                    return

    def _give_back(self, token: str, stop: threading.Event, renewal: threading.Thread) -> bool:
        stop.set()
        renewal.join()
        with self._lock:
            del self._held[token]
        with self._write() as connection:
            return leases.release(connection, token)


def _busy(name: str, holder: Holder) -> RetriableError:
    where = "" if holder.host == this_host() else f" on {holder.host}"
    since = holder.since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return BusyError(
        f"{name!r} is held by process {holder.pid}{where} ({holder.command}) since {since}",
        advice="Wait until it is done, or stop that process, and run again.",
    )


def _lost(names: list[str]) -> LeaseLostError:
    return LeaseLostError(
        f"another process took over {', '.join(map(repr, names))} because this one did not renew it in time",
        advice="Nothing was published by us since; run again.",
    )
