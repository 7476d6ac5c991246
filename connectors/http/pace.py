"""No more requests to a host than it bears: a token bucket for each, shared by everything in this process."""

import threading
import time
from functools import cache


class Bucket:
    """Lets `burst` requests go at once, then `rate` a second."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self._burst = rate, float(burst)
        self._left, self._at = float(burst), time.monotonic()
        self._not_before = 0.0
        self._lock = threading.Lock()

    def take(self, patience: float) -> float:
        """Wait for a turn, at most `patience` seconds; what is answered is the wait left beyond that, 0 for a turn."""
        with self._lock:
            asked_for = self._not_before - time.monotonic()
        if asked_for > patience:
            return asked_for
        delay = self._reserve()
        if delay > 0:
            time.sleep(delay)
        return 0.0

    def pause(self, seconds: float) -> None:
        """The host asked for a pause: nobody's turn comes before it is over."""
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def _reserve(self) -> float:
        """Seconds until the turn that was just taken."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._burst, self._left + (now - self._at) * self.rate)
            self._at = now
            self._left -= 1
            delay = max(0.0, -self._left / self.rate)
            return max(delay, self._not_before - now)


@cache
def bucket(host: str, rate: float, burst: int) -> Bucket:  # noqa: ARG001 (the host is the key)
    """The one bucket for this host (with its port) at this rate."""
    return Bucket(rate, burst)
