"""What processes of the tests with several machines do; forks for each order, as the one of `tests/atomicity` does."""

import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from headwater.clock import utc_now
from headwater.errors import BusyError
from headwater.ledger import publications
from headwater.publishing.collect import collect
from headwater.retrieval.search import Passage, Searcher, Wish
from tests.atomicity import bench as benches
from tests.atomicity.bench import Bench
from tests.atomicity.checker import CHUNKS, WHOLES, Expected, Transition, of_one_version
from tests.atomicity.child import attempt, wait_for, warm_up
from tests.atomicity.corpus import ASKERS, ring, write
from tests.several.node import SOURCES, Node, Shared

Say = Callable[[Any], None]
LATER = ("headwater.index.server", "psycopg", "sqlalchemy.dialects.postgresql.psycopg")
"""What a child would import when it first needs it."""
QUESTION = "document version section"


class Place:
    """Three folders that go round their states, and what a fresh index makes of each."""

    def __init__(self, base: str, states: int, shared: list[str]) -> None:
        self.base = Path(base)
        self.shared = Shared(*shared)
        self.states = {name: ring(states, documents=8, seed=seed) for seed, name in enumerate(SOURCES)}

    def node(self, **more: Any) -> Node:
        return Node(self.base, self.shared, **more)

    def lines(self, source: str, number: int) -> list[str]:
        return list(json.loads((self.base / f"fresh-{source}-{number}.json").read_text())) if number >= 0 else []

    def transitions(self, before: int, after: int) -> dict[str, Transition]:
        return {name: Transition(self._expected(name, before), self._expected(name, after)) for name in SOURCES}

    def _expected(self, source: str, number: int) -> Expected:
        if number < 0:
            return Expected({}, {})
        return Expected(self.states[source][number], benches.texts_of(self.lines(source, number)))


def fresh(say: Say, place: Place) -> None:
    """Index every state of every source from nothing, in an index of its own, and keep what became visible."""
    for name in SOURCES:
        for number, state in enumerate(place.states[name]):
            write(place.base / name, None, state)
            home = place.base / "fresh"
            with Bench(place.base / name, home, name=name) as bench:
                assert bench.ingest().exit_code == 0
                (place.base / f"fresh-{name}-{number}.json").write_text(json.dumps(benches.visible(bench)))
            shutil.rmtree(home)
        shutil.rmtree(place.base / name)
    say("done")


def ingest(say: Say, place: Place, host: str, sources: list[str], go: str, pause: str = "", crossing: int = 0) -> None:
    """One run; stopped by itself when it comes to the boundary `pause` for the (`crossing` + 1)th time."""
    left = [crossing]

    def stop() -> None:
        left[0] -= 1
        if left[0] == -1 and pause:
            say(["paused", pause])
            os.kill(os.getpid(), signal.SIGSTOP)

    with place.node(host=host, sources=sources, command=f"ingest on {host}") as node:
        _ = node.ledger, node.store
        say("ready")
        wait_for(go)
        if pause == "within commit":
            stop_within_commit(stop)
        else:
            node.boundaries.arm(pause, lambda: stop() if node.boundaries.names[-1] == pause else None, lasting=True)
        outcome = attempt(node)
        node.boundaries.disarm()
        say(["done", outcome, node.raw_ledger.epoch()])


def stop_within_commit(stop: Callable[[], None]) -> None:
    """When everything was written and the transaction is still open."""
    commit = publications.commit

    def stopped(*args: Any) -> None:
        commit(*args)
        stop()

    publications.commit = stopped


def read(say: Say, place: Place, before: int, after: int, stop: str) -> None:
    """Two threads search until told to stop; says how many answers there were, how many busy, and what was wrong."""
    found: list[tuple[int, int, list[str]]] = []
    with place.node(host="reader") as node:
        searchers = [node.reader() for _ in range(2)]
        threads = [
            threading.Thread(target=lambda one=one: found.append(_read(one, place, before, after, stop)))
            for one in searchers
        ]
        for thread in threads:
            thread.start()
        say("reading")
        for thread in threads:
            thread.join()
    reads, busy, problems = (
        sum(column, start) for column, start in zip(zip(*found, strict=True), (0, 0, []), strict=True)
    )
    say(["read", reads, busy, [problem[:300] for problem in problems[:6]]])


def _read(searcher: Searcher, place: Place, before: int, after: int, stop: str) -> tuple[int, int, list[str]]:
    transitions, reads, busy, problems = place.transitions(before, after), 0, 0, []
    while not Path(stop).exists() and len(problems) < 20:
        asker = ASKERS[reads % len(ASKERS)]
        reads += 1
        try:
            problems += checked(searcher, transitions, asker, CHUNKS)
            if reads % 3 == 0:
                problems += of_one_version(searcher.find(QUESTION, asker, WHOLES))
        except BusyError:
            busy += 1
        except Exception:
            problems.append(traceback.format_exc()[-300:])
    return reads, busy, problems


def checked(searcher: Searcher, transitions: dict[str, Transition], asker: frozenset[str], wish: Wish) -> list[str]:
    answered: dict[str, list[Passage]] = defaultdict(list)
    for passage in searcher.find(QUESTION, asker, wish):
        answered[passage.source].append(passage)
    return [
        f"{name}: {problem}"
        for name, transition in transitions.items()
        for problem in transition.check(answered[name], asker)
    ]


def verify(say: Say, place: Place, before: int, after: int) -> None:
    """What another machine finds where others were stopped, after its own run, and after collection."""
    problems: list[str] = []
    with place.node(host="verifier", command="verify") as node:

        def look(when: str, transitions: dict[str, Transition]) -> None:
            for asker in ASKERS:
                found = checked(node.reader(), transitions, asker, CHUNKS)
                problems.extend(f"{when}: {problem}" for problem in found)

        if before < 0:
            node.index()
        look("before recovery", place.transitions(before, after))
        outcome = attempt(node)
        if outcome["exit"]:
            problems.append(f"the next run failed: {outcome['error']}")
        look("after the next run", place.transitions(after, after))
        if benches.visible(node) != sorted(line for name in SOURCES for line in place.lines(name, after)):
            problems.append("the next run did not converge to the sources")
        problems += benches.ledger_differences(node)
        collect(node.index(), node.ledger, node.generation, node.holder, now=utc_now().replace(year=utc_now().year + 1))
        look("after collection", place.transitions(after, after))
        if benches.garbage(node):
            problems.append(f"{benches.garbage(node)} invisible points were left")
        if node.raw_ledger.open_publications():
            problems.append(f"left open: {node.raw_ledger.open_publications()}")
        say(["verified", [problem[:200] for problem in problems[:12]], node.raw_ledger.epoch()])


ORDERS: dict[str, Callable[..., None]] = {order.__name__: order for order in (fresh, ingest, read, verify)}


def obey(order: dict[str, Any]) -> None:
    name = order.pop("name")

    def say(what: Any) -> None:
        os.write(1, (json.dumps({"name": name, "said": what}) + "\n").encode())

    say(os.getpid())
    try:
        benches.many_small_epochs()
        place = Place(order.pop("base"), order.pop("states"), order.pop("shared"))
        ORDERS[order.pop("do")](say, place, **order)
    except BaseException:
        say(["broken", traceback.format_exc()[-2500:]])


def main() -> None:
    warm_up()
    for module in LATER:
        import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave no zombies
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            obey(json.loads(line))
            time.sleep(0)
            os._exit(0)


if __name__ == "__main__":
    main()
