"""Progress in the terminal: one bar per source of a run, or one over things counted, with the time left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn

from app.console import err, printable
from headwater.model import Outcome


class Bars:
    """A listener that draws; on a terminal it redraws in place, elsewhere it prints one line per publication."""

    def __init__(self, *, beside: bool = False) -> None:
        """`beside`: what is published is not searched yet."""
        self._beside = beside
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} documents"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=err,
            disable=not err.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._started: dict[str, float] = {}
        self._done: dict[str, int] = {}

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def say(self, message: str) -> None:
        """A line above the bars."""
        self._bars.console.print(printable(message), style="dim")

    def scanning(self, source: str) -> None:
        self.say(f"{source}: scanning")

    def planned(self, source: str, *, listed: int, changed: int) -> None:
        self.say(f"{source}: {listed:,} documents listed, {changed:,} to look at")
        self._started[source] = time.monotonic()
        self._done[source] = 0
        if changed:
            self._tasks[source] = self._bars.add_task(source, total=changed, rate="")

    def document(self, source: str, document: str, outcome: Outcome) -> None:  # noqa: ARG002 - a bar counts, no more
        task = self._tasks.get(source)
        if task is None:
            return
        self._done[source] += 1
        seconds = max(time.monotonic() - self._started[source], 0.001)
        self._bars.update(task, advance=1, rate=f"{self._done[source] / seconds:.1f}/s")

    def published(self, source: str, *, documents: int, epoch: int) -> None:
        if not err.is_terminal and documents:
            since = "beside what is searched" if self._beside else f"searchable as of epoch {epoch}"
            self.say(f"{source}: {self._done.get(source, 0):,} documents done, {since}")


@contextmanager
def counted(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A bar over `total` things (None: nobody knows yet) that moves at each call; nothing where nobody watches."""
    bars = Progress(
        SpinnerColumn(),
        TextColumn(
            "{task.completed:,.0f} " + what if total is None else "{task.completed:,.0f}/{task.total:,.0f} " + what
        ),
        BarColumn(bar_width=24),
        TimeRemainingColumn(),
        console=err,
        disable=not err.is_terminal,
        transient=True,
    )
    with bars:
        task = bars.add_task(what, total=total)
        yield lambda: bars.advance(task)
