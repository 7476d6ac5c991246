"""One process that imports everything once and forks for each order it gets; its children write, read and are killed.

Orders and answers are lines of JSON. Larger results, and what must survive a SIGKILL, go to files.
"""

import importlib
import json
import mmap
import os
import shutil
import signal
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chunking.registry import chunker_for
from headwater import errors
from headwater.clock import utc_now
from headwater.errors import BusyError, HeadwaterError, StateError
from headwater.index.base import NEVER
from headwater.index.points import point_ids
from headwater.interfaces import Vectors
from headwater.ledger.base import Commit, Intent
from headwater.model import RawDocument
from headwater.parsing import html, markdown
from headwater.publishing.collect import collect
from headwater.publishing.publisher import Publisher, Stageable
from tests.atomicity import bench as benches
from tests.atomicity.bench import Bench
from tests.atomicity.boundaries import kill
from tests.atomicity.checker import CHUNKS, WHOLES, Expected, Transition, of_one_version
from tests.atomicity.corpus import ASKERS, ring, write
from tests.support.hash_embedder import HashDense

Say = Callable[[Any], None]
SLOTS = 4
WHOLES_EVERY = 3
_COUNTS = struct.Struct("3q")
"""Answers read, of them busy, of them wrong."""


class Counts:
    """Numbers of one reader in a file that outlives it."""

    def __init__(self, path: str, slot: int) -> None:
        with Path(path).open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SLOTS * _COUNTS.size)
        self._offset = slot * _COUNTS.size
        self._numbers = [0, 0, 0]

    def add(self, *, busy: bool = False, wrong: bool = False) -> None:
        self._numbers = [self._numbers[0] + 1, self._numbers[1] + busy, self._numbers[2] + wrong]
        _COUNTS.pack_into(self._map, self._offset, *self._numbers)


class SlowDense(HashDense):
    """Takes its time, and notes what it is asked to embed, one line for each call."""

    def __init__(self, log: str) -> None:
        super().__init__()
        self._log = log

    def embed(self, texts: Sequence[str]) -> Vectors:
        with Path(self._log).open("a") as file:
            file.write(json.dumps(list(texts)) + "\n")
        time.sleep(0.05)
        return super().embed(texts)


class WrongPublisher(Publisher):
    """Deletes the old version of a batch, then inserts the new one: what the checks must catch."""

    def stage(self, documents: Iterable[Stageable]) -> None:
        documents = list(documents)
        super().stage(documents)
        for row in [document.row for document in documents if document.last]:
            old = self.ledger.document(self.generation, row.source, row.id)
            if old is not None:
                self.index.delete(point_ids(old.publication, old.source, old.id, old.chunks))

    def _stamp_and_commit(self, intent: Intent, commit: Commit) -> None:
        self.ledger.write_intent(intent)
        self.index.delete(intent.old_ids)
        self.index.stamp(intent.new_ids, from_=0, to=NEVER)
        self.index.flush()
        self.ledger.commit(commit)


class WrongBench(Bench):
    def publisher(self) -> Publisher:
        right = super().publisher()
        return WrongPublisher(
            right.index, right.ledger, generation=right.generation, holder=right.holder, index_of=right.index_of
        )


class Arena:
    """What all orders of one test have in common: the folder, its states, and what a fresh index makes of each."""

    def __init__(self, base: str, states: int, seed: int) -> None:
        self.base = Path(base)
        self.root = self.base / "docs"
        self.states = ring(states, seed=seed)

    def bench(self, home: str, *, wrong: bool = False, embedded: str = "", **more: Any) -> Bench:
        dense = SlowDense(embedded) if embedded else None
        return (WrongBench if wrong else Bench)(self.root, self.base / home, dense=dense, **more)

    def lines(self, number: int) -> list[str]:
        return list(json.loads((self.base / f"fresh-{number}.json").read_text()))

    def expected(self, number: int) -> Expected:
        if number < 0:
            return Expected({}, {})
        return Expected(self.states[number], benches.texts_of(self.lines(number)))

    def transition(self, before: int, after: int) -> Transition:
        return Transition(self.expected(before), self.expected(after))


def fresh(say: Say, arena: Arena) -> None:
    """Index every state from nothing, and keep what became visible."""
    for number, state in enumerate(arena.states):
        write(arena.root, arena.states[number - 1] if number else None, state)
        with arena.bench(f"fresh-{number}") as bench:
            assert bench.ingest().exit_code == 0
            assert benches.ledger_differences(bench) == []
            (arena.base / f"fresh-{number}.json").write_text(json.dumps(benches.visible(bench)))
        shutil.rmtree(arena.base / f"fresh-{number}")
    say("done")


def writer(
    say: Say,
    arena: Arena,
    before: int,
    after: int,
    stats: str,
    go: str,
    at: int | str = -1,
    action: str = "kill",
    wrong: bool = False,
    processes: bool = False,
    again: bool = False,
    embedded: str = "",
    user: int = 0,
) -> None:
    """Ingest with two threads reading; act at boundary `at`. With `again`, run until it converges, and check that.

    In the first run of all there is nothing to read, and opening the index has boundaries too.
    """
    if user:
        # Python itself may lie where that user cannot read, so what is imported late is imported before.
        importlib.import_module("chunking.recursive")
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    with arena.bench("home", wrong=wrong, processes=processes, embedded=embedded, command="writer") as bench:
        bench.boundaries.reads = action != "kill"
        if before >= 0:
            bench.index()
        with reading(bench, arena, before, after, stats, slots=(0, 1) if before >= 0 else ()):
            say("ready")
            wait_for(go)
            bench.boundaries.arm(at, what_to_do(action, bench, say), lasting=action.endswith("+"))
            outcome = attempt(bench)
            bench.boundaries.disarm()
            if again:
                outcome.update(converge(bench, arena, after))
        say(["done", outcome, bench.boundaries.acted])


def what_to_do(action: str, bench: Bench, say: Say) -> Callable[[], None]:
    """Die, fill the disk of the state folder, forbid writing to it, or raise: one of headwater.errors, or Ctrl-C."""

    def die() -> None:
        say(["killed", bench.boundaries.acted])
        kill()

    def fail() -> None:
        name = action.removesuffix("+")
        raise (KeyboardInterrupt if name == "KeyboardInterrupt" else getattr(errors, name))(f"{name} on purpose")

    def fill() -> None:
        with suppress(OSError), (bench.settings.home / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(2**16))

    def lock() -> None:
        for path in [*bench.settings.home.rglob("*"), bench.settings.home]:
            path.chmod(0o500 if path.is_dir() else 0o400)

    return {"kill": die, "fill": fill, "lock": lock}.get(action, fail)


def attempt(bench: Bench) -> dict[str, Any]:
    try:
        report = bench.ingest()
    except (HeadwaterError, KeyboardInterrupt) as error:
        return {"exit": 1, "error": f"{type(error).__name__}: {error} {getattr(error, 'advice', '')}".strip()}
    reasons = [f"{problem.reason} {problem.advice}".strip() for problem in report.problems]
    return {"exit": report.exit_code, "error": "; ".join(reasons)}


def reader(say: Say, arena: Arena, before: int, after: int, stats: str, stop: str) -> None:
    """Read from a process of its own until told to stop, or killed."""
    with arena.bench("home", command="reader") as bench, reading(bench, arena, before, after, stats, slots=(2,)):
        say(["reading", bench.raw_index().info().backend])
        wait_for(stop)
    say("stopped")


@contextmanager
def reading(bench: Bench, arena: Arena, before: int, after: int, stats: str, slots: tuple[int, ...]) -> Iterator[None]:
    stop = threading.Event()
    first = threading.Barrier(len(slots) + 1)
    threads = [
        threading.Thread(target=_read, args=(bench, arena.transition(before, after), stats, slot, stop, first))
        for slot in slots
    ]
    _ = bench.ledger, bench.store, bench.dense, bench.sparse
    for thread in threads:
        thread.start()
    first.wait(60)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _read(
    bench: Bench, transition: Transition, stats: str, slot: int, stop: threading.Event, first: threading.Barrier
) -> None:
    counts, searcher, turn = Counts(stats, slot), bench.reader(), 0
    while not stop.is_set():
        asker = ASKERS[turn % len(ASKERS)]
        try:
            problems = transition.check(searcher.find("document version section", asker, CHUNKS), asker)
            if turn % WHOLES_EVERY == 0:
                problems += of_one_version(searcher.find("document version section", asker, WHOLES))
            counts.add(wrong=bool(problems))
        except BusyError:
            problems = []
            counts.add(busy=True)
        except StateError as error:
            # On a full disk nobody can open the index anew, as a reader does whose owner has gone.
            problems = [] if "is full" in str(error) else [repr(error)]
            counts.add(wrong=bool(problems))
        except Exception:
            problems = [traceback.format_exc()]
            counts.add(wrong=True)
        if problems:
            with Path(f"{stats}.problems").open("a") as file:
                file.write("\n".join([f"reader {slot}:", *problems, ""]))
        if turn == len(ASKERS):
            first.wait(60)
        turn += 1


def verify(say: Say, arena: Arena, before: int, after: int, embedded: str = "") -> None:
    """What a fresh process finds where another one was stopped: before recovery, after it, and after the next run."""
    problems: list[str] = []
    with arena.bench("home", embedded=embedded, command="verify") as bench:
        transition = arena.transition(before, after)

        def look(when: str, through: Transition) -> None:
            searcher = bench.reader()
            for asker in ASKERS:
                found = through.check(searcher.find("document version", asker, CHUNKS), asker)
                found += of_one_version(searcher.find("document version", asker, WHOLES))
                problems.extend(f"{when}: {problem}" for problem in found)

        if before < 0:
            bench.index()
        look("before recovery", transition)
        bench.begin_run()
        look("after recovery", transition)
        outcome = converge(bench, arena, after)
        look("after the next run", arena.transition(after, after))
        later = utc_now().replace(year=utc_now().year + 1)
        collect(bench.index(), bench.ledger, bench.generation, bench.holder, now=later)
        look("after collection", arena.transition(after, after))
        if benches.garbage(bench):
            problems.append(f"{benches.garbage(bench)} invisible points were left")
        if bench.raw_ledger.open_publications():
            problems.append(f"left open: {bench.raw_ledger.open_publications()}")
    # A line longer than a pipe's buffer could mix with another child's.
    say(["verified", [problem[:200] for problem in (problems + outcome["problems"])[:12]]])


def converge(bench: Bench, arena: Arena, after: int) -> dict[str, Any]:
    """Run again; afterwards index, ledger and a fresh index must say the same."""
    outcome = attempt(bench)
    problems = [f"the next run failed: {outcome['error']}"] if outcome["exit"] else []
    if benches.visible(bench) != arena.lines(after):
        problems.append("the next run did not converge to the source")
    return {"next": outcome["exit"], "problems": [*problems, *benches.ledger_differences(bench)][:8]}


def ingest(say: Say, arena: Arena, source: str, rounds: int, home: str, go: str) -> None:
    """One source of several, again and again, each with a folder of its own."""
    with Bench(arena.base / source, arena.base / home, name=source, command=f"ingest {source}") as bench:
        bench.index()
        say(["ready", bench.raw_index().info().backend])
        wait_for(go)
        outcomes = []
        for number in range(rounds):
            write(arena.base / source, arena.states[number - 1] if number else None, arena.states[number])
            outcomes.append(attempt(bench))
        say(["done", outcomes])


def wait_for(path: str) -> None:
    deadline = time.monotonic() + 120
    while not Path(path).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} did not come")
        time.sleep(0.002)


ORDERS = {order.__name__: order for order in (fresh, writer, reader, verify, ingest)}


def obey(order: dict[str, Any]) -> None:
    name = order.pop("name")

    def say(what: Any) -> None:
        os.write(1, (json.dumps({"name": name, "said": what}) + "\n").encode())

    say(os.getpid())
    try:
        benches.many_small_epochs(reader_seconds=order.pop("reader_seconds"))
        arena = Arena(order.pop("base"), order.pop("states"), order.pop("seed"))
        ORDERS[order.pop("do")](say, arena, **order)
    except BaseException:
        say(["broken", traceback.format_exc()[-2500:]])


def warm_up() -> None:
    """What a run imports when it is first needed: here once, before any child is forked."""
    chunker = chunker_for("structure", HashDense().tokens)
    for module in (markdown, html):
        for doc in ring(1)[0].values():
            raw = RawDocument(
                source="s",
                id=doc.path,
                version="",
                uri="",
                title="",
                kind="help",
                media_type="text/html",
                content=doc.text().encode(),
                updated_at=None,
                access=doc.access,
            )
            list(chunker(module.parse(raw)))


def main() -> None:
    warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave no zombies
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            obey(json.loads(line))
            os._exit(0)


if __name__ == "__main__":
    main()
