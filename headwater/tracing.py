"""Spans of what is done, for whoever asked for traces: one for each stage of the stream. Nothing until `switch_on`.

with span("embed", texts=12) as done:
    ...
    done.tell(passages=40)

A span carries names and numbers (source, document, run, counts), never contents, questions or secrets. What is said
by `about` is on every span within, and on every line of the log that is written meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeAlias

Value: TypeAlias = str | int | float | bool


class Span(Protocol):
    """What is being done."""

    def tell(self, **attributes: Value) -> None:
        """What is known of it only now."""
        ...


Tracer: TypeAlias = Callable[[str, str, Mapping[str, Value]], AbstractContextManager[Span]]
"""(name, the delivery whose trace it belongs to or "", attributes); an exception that leaves the span marks it."""


class _Nothing:
    __slots__ = ()

    def __enter__(self) -> "_Nothing":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def tell(self, **attributes: Value) -> None:
        """Nobody listens."""


_NOTHING = _Nothing()
_about: ContextVar[Mapping[str, Value]] = ContextVar("about", default={})  # noqa: B039 - never changed in place
_tracer: Tracer | None = None


def span(name: str, *, of_delivery: str = "", **attributes: Value) -> AbstractContextManager[Span]:
    """To be entered at once, in the thread that does it; spans within it are its children.

    `of_delivery`: the id of a delivery, all of whose spans are one trace, whoever makes them and when.
    """
    return _NOTHING if _tracer is None else _tracer(name, of_delivery, attributes)


@contextmanager
def about(**names: Value) -> Iterator[None]:
    """What everything within is about (run, source, document, delivery), here and in the threads that a run starts."""
    token = _about.set({**_about.get(), **names})
    try:
        yield
    finally:
        _about.reset(token)


def known() -> Mapping[str, Value]:
    """What it is about that is done in this thread."""
    return _about.get()


def switch_on(tracer: Tracer | None) -> None:
    """From now on, in this process; None switches it off."""
    global _tracer
    _tracer = tracer


def is_on() -> bool:
    return _tracer is not None
