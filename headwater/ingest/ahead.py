"""Run a generator in a thread of its own, a bounded distance ahead of its consumer."""

import contextvars
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Generic, TypeVar, cast

IDLE_SECONDS = 0.2
T = TypeVar("T")


def ahead(
    items: Iterable[T],
    *,
    most: int,
    weight: Callable[[T], int] = lambda _: 0,
    heaviest: int = 0,
    idle: Callable[[], T] | None = None,
) -> Generator[T, None, None]:
    """Yield `items` in order while up to `most` more of them, weighing at most `heaviest` together, are made.

    It starts at once. What `idle` makes is yielded whenever there was no item for `IDLE_SECONDS`. One item over the
    weight limit still passes, alone. An exception of the generator is raised where its item would have come. Closing
    this generator stops the thread at its next item.
    """
    buffer = _Buffer[T](most, heaviest)
    fill = contextvars.copy_context().run  # its spans are within those of whoever asks
    thread = threading.Thread(target=fill, args=(buffer.fill, items, weight), name="headwater-ahead", daemon=True)
    thread.start()
    return started(_taken(buffer, thread, idle))


def started(generator: Generator[T, None, None]) -> Generator[T, None, None]:
    """Past its first `yield`, which yields nothing to anyone: closing it now runs its `finally`."""
    next(generator)
    return generator


def _taken(buffer: "_Buffer[T]", thread: threading.Thread, idle: Callable[[], T] | None) -> Generator[T, None, None]:
    try:
        yield cast(T, None)
        while True:
            if idle is not None and not buffer.wait(IDLE_SECONDS):
                yield idle()
            elif (entry := buffer.take()) is not None:
                yield entry[0]
            else:
                break
        if buffer.error is not None:
            raise buffer.error
    finally:
        buffer.stop()
        thread.join()


class _Buffer(Generic[T]):
    def __init__(self, most: int, heaviest: int) -> None:
        self._most = most
        self._heaviest = heaviest
        self._entries: deque[tuple[T, int]] = deque()
        self._held = 0
        self._changed = threading.Condition()
        self._done = False
        self._stopped = False
        self.error: BaseException | None = None

    def fill(self, items: Iterable[T], weight: Callable[[T], int]) -> None:
        try:
            for item in items:
                if not self._put(item, weight(item)):
                    break
        except BaseException as error:  # noqa: BLE001 - handed to the consumer, who raises it
            self.error = error
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
            with self._changed:
                self._done = True
                self._changed.notify_all()

    def _put(self, item: T, weighs: int) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._has_room(weighs))
            if self._stopped:
                return False
            self._entries.append((item, weighs))
            self._held += weighs
            self._changed.notify_all()
            return True

    def _has_room(self, weighs: int) -> bool:
        if not self._entries:
            return True
        return len(self._entries) < self._most and (not self._heaviest or self._held + weighs <= self._heaviest)

    def wait(self, seconds: float) -> bool:
        """Whether `take` would answer at once."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._entries) or self._done, seconds)

    def take(self) -> tuple[T, int] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._entries or self._done)
            if not self._entries:
                return None
            entry = self._entries.popleft()
            self._held -= entry[1]
            self._changed.notify_all()
            return entry

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
