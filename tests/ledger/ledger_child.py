"""What child processes of the ledger tests do: forks for every order (a JSON line), which then says what happens."""

import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headwater.errors import HeadwaterError
from headwater.ledger.base import Commit, DocumentRow, Event, Holder, Intent, Ledger
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.ledger.waiting import Ask, Timing
from headwater.model import PUBLIC

Say = Callable[[Any], None]


def hold(say: Say, url: str, lease: str, seconds: float, wait: float = 0.0, during: float = 3600.0) -> None:
    ledger = open_ledger(url)
    with ledger.lease(lease, this_process("hold"), seconds=seconds, wait=wait):
        say("held")
        time.sleep(during)
    say("left")


def take_turns(say: Say, url: str, lease: str, rounds: int, witness: str) -> None:
    """Enter the lease again and again; the witness file shows when two are in at once."""
    ledger, holder, seen = open_ledger(url), this_process("turns"), 0
    for _ in range(rounds):
        with ledger.lease(lease, holder, seconds=10, wait=30):
            os.close(os.open(witness, os.O_CREAT | os.O_EXCL))
            time.sleep(0.002)
            Path(witness).unlink()
            seen += 1
    say(seen)


def number(say: Say, url: str, rounds: int) -> None:
    """Take numbers as fast as possible."""
    ledger, holder = open_ledger(url), this_process("number")
    say([(ledger.begin_publication("g1", holder), ledger.next_epoch()) for _ in range(rounds)])


def stall(say: Say, url: str, lease: str, seconds: float, go: str) -> None:
    """Begin to publish under a lease, wait for the file `go`, then commit."""
    ledger, holder = open_ledger(url), this_process("stall")
    with ledger.lease(lease, holder, seconds=seconds):
        publication, epoch = begin(ledger, holder)
        say(publication)
        while not Path(go).exists():
            time.sleep(0.01)
        ledger.commit(whole_commit(publication, epoch, 3))
        say("committed")


def commit_for_ever(say: Say, url: str, documents: int) -> None:
    """Each commit replaces every document and adds one event for each; says how long it took."""
    ledger, holder = open_ledger(url), this_process("commit")
    while True:
        started = time.monotonic()
        publication, epoch = begin(ledger, holder)
        ledger.commit(whole_commit(publication, epoch, documents, ledger.epoch()))
        say(time.monotonic() - started)


def commit_until_full(say: Say, url: str, documents: int, file_size: int | None = None) -> None:
    """Commit until the disk, or the largest allowed file, is full."""
    ledger, holder = open_ledger(url), this_process("fill")
    if file_size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    for _ in range(2000):
        publication, epoch = begin(ledger, holder)
        ledger.commit(whole_commit(publication, epoch, documents, ledger.epoch()))
    say("never full")


def open_as_nobody(say: Say, url: str) -> None:
    """Open and write as a user without rights of its own; root would be let in everywhere."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    ledger = open_ledger(url)
    ledger.next_epoch()
    say("written")


def receive(say: Say, url: str, documents: list[str], moment: str) -> None:
    """Receive deliveries as fast as possible, and answer each when it is safe."""
    ledger, now = open_ledger(url), datetime.fromisoformat(moment)
    asks = [Ask(source="docs", document=document, reason="r") for document in documents]
    number = 0
    while True:
        number += 1
        ledger.receive("docs", str(number), asks, now=now, timing=Timing(debounce=1, max_wait=2), keep=now)
        say([str(number)])


def take_and_hang(say: Say, url: str, moment: str, until: str) -> None:
    """Take everything, and never finish it."""
    now, end = datetime.fromisoformat(moment), datetime.fromisoformat(until)
    say([row.document for row in open_ledger(url).take_waiting(now=now, until=end, limit=100)])
    time.sleep(3600)


def begin(ledger: Ledger, holder: Holder) -> tuple[int, int]:
    publication, epoch = ledger.begin_publication("g1", holder), ledger.next_epoch()
    ids = tuple(f"{publication}-{n}" for n in range(100))
    ledger.write_intent(Intent(publication=publication, generation="g1", epoch=epoch, new_ids=ids, old_ids=ids))
    return publication, epoch


def whole_commit(publication: int, epoch: int, documents: int, before: int = 0) -> Commit:
    """Documents 0 to n-1 in version `epoch`, and one that exists in this epoch only; the last was `before`."""
    now, names = datetime.now(UTC), [*map(str, range(documents)), f"only-{epoch}"]
    rows = tuple(
        DocumentRow(
            source="s",
            id=name,
            version=str(epoch),
            content_hash="",
            fingerprint="",
            access=PUBLIC,
            publication=publication,
            chunks=1,
            kind="help",
            title="x" * 200,
            uri="",
            updated_at=None,
            detected_at=now,
            published_at=now,
            verified_at=now,
        )
        for name in names
    )
    events = tuple(Event(at=now, run="r", source="s", document=n, outcome="indexed", epoch=epoch) for n in names)
    return Commit(publication=publication, epoch=epoch, rows=rows, removed=(("s", f"only-{before}"),), events=events)


ORDERS = {
    order.__name__: order
    for order in (
        hold,
        take_turns,
        number,
        stall,
        commit_for_ever,
        commit_until_full,
        open_as_nobody,
        receive,
        take_and_hang,
    )
}


def obey(name: str, do: str, arguments: dict[str, Any]) -> None:
    def say(what: Any) -> None:
        os.write(1, (json.dumps({"name": name, "said": what}) + "\n").encode())

    say(os.getpid())
    try:
        ORDERS[do](say, **arguments)
    except HeadwaterError as error:
        say([type(error).__name__, str(error), error.advice])
    except BaseException:
        say(traceback.format_exc())


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave no zombies
    for line in sys.stdin:
        order = json.loads(line)
        if os.fork() == 0:
            obey(order.pop("name"), order.pop("do"), order)
            os._exit(0)


if __name__ == "__main__":
    main()
