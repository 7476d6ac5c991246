"""The freshness report that pages share: made at most every half minute, by one thread, while the last one is shown."""

import logging
import threading
import time
from collections.abc import Callable

from headwater.errors import HeadwaterError
from headwater.freshness.values import Report

FRESH_SECONDS, SHOWN_SECONDS = 30.0, 600.0
"""Made again after the first; after the second, nobody is shown it any more, and waits for the next."""

log = logging.getLogger("headwater.dashboard")


class Reports:
    """`make` takes seconds where there are many documents; reports say as of when they are."""

    def __init__(self, make: Callable[[], Report], clock: Callable[[], float] = time.monotonic) -> None:
        self._make, self._clock = make, clock
        self._changed = threading.Condition()
        self._report: Report | None = None
        self._made = 0.0
        self._making = False
        self._error: HeadwaterError | None = None

    def latest(self) -> Report:
        """At once where there is one to show; else when it is made, or HeadwaterError when it cannot be."""
        with self._changed:
            if self._report is None or self._age() > FRESH_SECONDS:
                self._begin()
            if self._report is not None and self._age() <= SHOWN_SECONDS:
                return self._report
            return self._waited()

    def renewed(self) -> Report:
        """One that is begun after this call: for who has just changed what it says."""
        with self._changed:
            while self._making:
                self._changed.wait()
            self._begin()
            return self._waited()

    def _age(self) -> float:
        return self._clock() - self._made

    def _begin(self) -> None:
        if not self._making:
            self._making = True
            threading.Thread(target=self._run, name="headwater-report", daemon=True).start()

    def _waited(self) -> Report:
        while self._making:
            self._changed.wait()
        if self._error is not None:
            raise self._error
        assert self._report is not None
        return self._report

    def _run(self) -> None:
        report: Report | None = None
        error: HeadwaterError | None = None
        began = self._clock()
        try:
            report = self._make()
        except HeadwaterError as problem:
            error = problem
            log.warning("no freshness report: %s", problem)
        except Exception as problem:
            # Whoever waits for it has to be told, whatever it was.
            error = HeadwaterError(f"{type(problem).__name__} while the freshness report was made")
            log.exception("a fault while the freshness report was made")
        with self._changed:
            if report is not None:
                self._report, self._made = report, began
            self._making, self._error = False, error
            self._changed.notify_all()
