"""The life of `headwater serve`: open, warm up, listen, work, and end in good order."""

import importlib
import logging
import os
import signal
import threading
import time
from contextlib import ExitStack
from types import FrameType

from app.console import out, print_json
from app.http.counted import Counted, CountedInbox
from app.http.limits import Buckets
from app.http.log_lines import write_log
from app.http.node import Node
from app.http.server import HttpServer, alone, check_address, listen, timing
from flows.compact import compacting
from flows.environment import prepare
from flows.leases import schedules_lease
from flows.refresh import COMMAND, refresh
from flows.schedules import PrefectSchedules
from flows.session import using
from flows.worker import Worker
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.inbox.inbox import Inbox
from headwater.settings import Settings

CHILDREN_SECONDS = 4.0
"""Kept for processes of Prefect when work in this one takes all the time that there is to end."""

log = logging.getLogger("headwater.serve")


def run(settings: Settings, *, prefect: bool, as_json: bool = False) -> None:
    """Returns when a signal asked for the end and everything that was under way came to it."""
    ending = threading.Event()
    _on_signals(ending)
    write_log()
    with ExitStack() as stack:
        opened = stack.enter_context(Workshop(settings, command=COMMAND))
        stack.enter_context(using(opened))
        check_address(settings.serve.host, opened.ledger)
        listener = stack.enter_context(listen(settings.serve.host, settings.serve.port))
        node = _node(opened, prefect=prefect)
        alone(opened, stack)
        if not settings.ledger.url.reveal():
            # Nobody else works through this inbox for long: what is taken was taken by a process that was killed.
            node.inbox.given_back()
        server = HttpServer(node, listener)
        server.start()
        address, port = listener.getsockname()[:2]
        place = f"http://{f'[{address}]' if ':' in address else address}:{port}"
        if as_json:
            print_json({"listening": place})
        else:
            out.print(f"Listening on {place}")
        _warm(node)
        node.worker.start()
        stack.enter_context(compacting(opened))
        if node.schedules is not None:
            # So that others who ask know that somebody is there to fire them.
            stack.enter_context(opened.ledger.lease(schedules_lease(settings), opened.holder, seconds=60))
            node.schedules.start()
        log.info("ready")
        while not ending.wait(1.0) and server.alive:
            pass
        _end(node, server)


def _node(opened: Workshop, *, prefect: bool) -> Node:
    serve = opened.settings.serve
    counted = Counted([source.name for source in opened.settings.sources])
    inbox = CountedInbox(opened.ledger, timing=timing(serve), clock=opened.ledger.now, counted=counted)
    schedules = PrefectSchedules(opened.settings) if prefect else None
    worker = _worker(opened, inbox, schedules)
    return Node(opened, inbox, worker, schedules, buckets=Buckets(serve.requests_per_minute), counted=counted)


def _worker(opened: Workshop, inbox: Inbox, schedules: PrefectSchedules | None) -> Worker:
    """Who looks at what is announced: this process, recorded by Prefect where there is one, or its workers."""
    if opened.settings.serve.refresh == "here":
        return Worker(opened, inbox, refresh if schedules is None else schedules.recording)
    if "PREFECT_API_URL" not in os.environ:
        raise ConfigError(
            '[serve] refresh = "workers" needs a Prefect server',
            advice='Set PREFECT_API_URL, and register the work: headwater deploy; or set refresh = "here".',
        )
    prepare(opened.settings.home)
    # Imported when Prefect's environment is set: it takes seconds.
    made: Worker = importlib.import_module("flows.deployed").Trigger(opened, inbox)
    return made


def _warm(node: Node) -> None:
    """Everything that the first search and the first refresh would otherwise wait for."""
    began, opened = time.monotonic(), node.opened
    opened.index()
    opened.searcher().search("warm", frozenset())
    opened.dense.embed(["warm"])
    node.warm = True
    log.info("index and model are open", extra={"seconds": round(time.monotonic() - began, 3)})


def _on_signals(ending: threading.Event) -> None:
    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a signal handler
        if ending.is_set():
            # Asked twice: what is published is whole in any case.
            os._exit(1)
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _end(node: Node, server: HttpServer) -> None:
    seconds = node.settings.serve.shutdown
    deadline, kept = time.monotonic() + seconds, min(CHILDREN_SECONDS, seconds / 4) if node.schedules else 0.0
    log.info("ending")
    server.stop(min(seconds / 2, 10.0))
    done = node.worker.stop(max(0.0, deadline - kept - time.monotonic()))
    if node.schedules is not None:
        node.schedules.stop(max(kept, deadline - time.monotonic()))
    if not done:
        log.warning("what was under way did not end in time; it is rolled back, and done again by the next process")
        # Its threads still use what would be closed now. Nothing is half-published: the next process settles it.
        logging.shutdown()
        os._exit(0)
    log.info("ended")
