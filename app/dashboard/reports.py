"""The freshness report that pages share: made at most every half minute, by one thread, while the last one is shown."""

import logging
import threading
import time
from collections.abc import Callable

from headwater.errors import HeadwaterError, RetriableError
from headwater.freshness.values import Report

FRESH_SECONDS, SHOWN_SECONDS = 30.0, 600.0
"""Made again after the first; after the second, it is shown to nobody any more, and its memory is given back."""

PATIENCE_SECONDS = 3.0
"""How long a page waits where there is none to show."""

log = logging.getLogger("headwater.dashboard")


class NotYetError(RetriableError):
    """It is being made, and a page should not wait for it any longer."""


class Reports:
    """`make` takes seconds where there are many documents; reports say as of when they are."""

    def __init__(self, make: Callable[[], Report], clock: Callable[[], float] = time.monotonic) -> None:
        self._make, self._clock = make, clock
        self._changed = threading.Condition()
        self._report: Report | None = None
        self._made = 0.0
        self._number = self._done = 0
        """Of the making that was begun last, and of the one that came to its end last."""
        self._error: HeadwaterError | None = None

    def latest(self) -> Report:
        """At once where there is one to show; else when it is made, NotYetError when that takes long.

        HeadwaterError when it cannot be made.
        """
        with self._changed:
            if self._report is None or self._age() > FRESH_SECONDS:
                self._begin()
            if self._report is not None and self._age() <= SHOWN_SECONDS:
                return self._report
            return self._waited(self._number, PATIENCE_SECONDS)

    def renewed(self) -> Report:
        """One that is begun after this call: for who has just changed what it says."""
        with self._changed:
            under_way = self._number
            self._changed.wait_for(lambda: self._done >= under_way)
            self._begin()
            return self._waited(self._number)

    def _age(self) -> float:
        return self._clock() - self._made

    def _begin(self) -> None:
        if self._done < self._number:
            return
        self._number += 1
        self._changed.notify_all()
        threading.Thread(target=self._run, args=(self._number,), name="headwater-report", daemon=True).start()

    def _waited(self, number: int, seconds: float | None = None) -> Report:
        if not self._changed.wait_for(lambda: self._done >= number, seconds):
            raise NotYetError("the freshness report is being made", advice="It takes seconds of many documents.")
        if self._error is not None:
            raise self._error
        assert self._report is not None
        return self._report

    def _run(self, number: int) -> None:
        report: Report | None = None
        error: HeadwaterError | None = None
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
                self._report, self._made = report, self._clock()
            self._done, self._error = number, error
            self._changed.notify_all()
            del report
            # 100 MB and more of 100,000 documents, which nobody may ask for again for days.
            if not self._changed.wait_for(lambda: self._number != number, SHOWN_SECONDS):
                self._report = None
