"""The workers of one parser family, each driven by a thread that hands it one document after the other."""

import os
import queue
import select
import signal
import threading
import time
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from headwater.errors import ParseError, ParseMemoryError, ParseTimeoutError, StateError, TooLargeError
from headwater.model import Document, RawDocument
from headwater.parsing import limits, wire
from headwater.parsing.processes import Template, Worker, ended_by
from headwater.parsing.registry import EARLY, Format

_POLL_MS = 20
_IDLE_SECONDS = 2.0
_KEPT_GROWTH = 64 * limits.MB


@dataclass(frozen=True, slots=True)
class Job:
    raw: RawDocument
    format: Format
    future: Future[Document]


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """For one document: `seconds` of wall time, `memory` in bytes on top of a ready worker."""

    seconds: float
    memory: int


class Family:
    """Workers that share one template. Threads and processes start with the first document that needs them."""

    def __init__(self, name: str, modules: tuple[str, ...], workers: int, bounds: ParseLimits) -> None:
        self._name, self._modules, self._workers, self._bounds = name, modules, workers, bounds
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._free = 0
        self._template: Template | None = None
        self._live: set[Worker] = set()
        self._closing = False

    def submit(self, job: Job) -> None:
        """Queue a document; its future is settled by whichever worker is free first."""
        with self._lock:
            self._free -= 1
            if self._free < 0 and len(self._threads) < self._workers:
                self._start_thread()
            self._jobs.put(job)

    def warm_up(self) -> None:
        """Start the first worker in the background."""
        with self._lock:
            if not self._threads:
                self._start_thread()

    def close(self) -> None:
        """Kill everything; what was not done is cancelled."""
        with self._lock:
            self._closing = True
            # Not reaped yet, so these numbers are still theirs.
            for worker in self._live:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)
            if self._template:
                self._template.close()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        while not self._jobs.empty():
            if job := self._jobs.get():
                job.future.cancel()

    def _start_thread(self) -> None:
        self._free += 1
        thread = threading.Thread(target=self._drive, name=f"parse-{self._name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _drive(self) -> None:
        worker: Worker | None = None
        while not self._closing:
            if worker is None:
                # Ahead of the next document. A failure is reported with that document, where it is tried again.
                with suppress(StateError, CancelledError):
                    worker = self._spawn()
            try:
                job = self._jobs.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                # Idle workers of four families take more memory than forking anew takes time.
                if worker:
                    self._retire(worker)
                    worker = None
                job = self._jobs.get()
            if job is None:
                break
            if job.future.set_running_or_notify_cancel():
                worker = self._serve(worker, job)
            with self._lock:
                self._free += 1
        if worker:
            worker.socket.close()

    def _serve(self, worker: Worker | None, job: Job) -> Worker | None:
        """Settle the job's future; returns the worker if it may go on."""
        try:
            result, worker = self._attempt(worker, job, again=True)
        except (StateError, CancelledError) as error:
            job.future.set_exception(error)
            return None
        if isinstance(result, Document):
            job.future.set_result(result)
        else:
            job.future.set_exception(result)
        return worker

    def _attempt(self, worker: Worker | None, job: Job, *, again: bool) -> tuple[Document | ParseError, Worker | None]:
        """What became of the document, and the worker that may go on."""
        if worker and worker.lost():
            self._retire(worker)
            worker = None
        worker = worker or self._spawn()
        try:
            result = self._exchange(worker, job)
        except (ParseError, CancelledError, OSError, EOFError) as error:
            status = self._retire(worker)
            if self._closing:
                raise CancelledError from None
            if isinstance(error, ParseError):
                return error, None
            if isinstance(error, TimeoutError):
                return self._too_slow(), None
            if again and status is not None and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                # Not by us: a system out of memory may pick the neighbour of the one that took it.
                return self._attempt(None, job, again=False)
            return _death(status), None
        # What a worker keeps from one document would count against the next.
        if isinstance(result, ParseMemoryError) or worker.growth() > min(_KEPT_GROWTH, self._bounds.memory // 2):
            self._retire(worker)
            return result, None
        return result, worker

    def _exchange(self, worker: Worker, job: Job) -> Document | ParseError:
        """The worker's own answer; raises whatever makes the worker unusable."""
        deadline = time.monotonic() + self._bounds.seconds
        header = {
            "parser": job.format.module,
            "family": job.format.family,
            "extension": job.format.extensions[0],
            "document": wire.pack_raw(job.raw),
        }
        worker.socket.settimeout(self._bounds.seconds)
        wire.send(worker.socket, header, job.raw.content)
        try:
            reply = self._await_reply(worker, deadline)
            return wire.unpack_error(reply) if "error" in reply else wire.unpack_document(job.raw, reply)
        except OverflowError:
            raise TooLargeError(
                "what was parsed from the document is larger than the memory limit of parsing",
                advice="Split the document, or exclude it.",
            ) from None
        except (ValueError, TypeError, KeyError) as error:
            raise ParseError("the parser process gave an answer that cannot be read") from error

    def _await_reply(self, worker: Worker, deadline: float) -> dict[str, Any]:
        incoming = wire.Incoming(self._bounds.memory)
        poll = select.poll()
        poll.register(worker.socket, select.POLLIN)
        while not self._closing:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not poll.poll(min(_POLL_MS, left * 1000)):
                if worker.growth() > self._bounds.memory:
                    raise self._too_big()
                continue
            piece = worker.socket.recv(1 << 20)
            if not piece:
                raise EOFError
            reply = incoming.feed(piece)
            if reply is not None:
                return dict(reply)
        raise CancelledError

    def _spawn(self) -> Worker:
        with self._lock:
            if self._closing:
                raise CancelledError
            template = self._template = self._template or Template(self._modules, self._name in EARLY)
        try:
            worker = template.spawn(self._bounds.memory)
        except StateError:
            self._drop(template)
            raise
        with self._lock:
            self._live.add(worker)
        return worker

    def _retire(self, worker: Worker) -> int | None:
        """Its wait status, None where nobody is left to tell."""
        with self._lock:
            self._live.discard(worker)
            template = self._template
        if template is None or self._closing:
            worker.socket.close()
            return None
        try:
            return template.retire(worker)
        except StateError:
            self._drop(template)
            return None

    def _drop(self, template: Template) -> None:
        with self._lock:
            if self._template is template:
                self._template = None
        template.close()

    def _too_slow(self) -> ParseTimeoutError:
        return ParseTimeoutError(
            f"parsing took longer than its limit of {self._bounds.seconds:g} s",
            advice="Split or simplify the document, or exclude it.",
        )

    def _too_big(self) -> ParseMemoryError:
        return ParseMemoryError(
            f"parsing needed more memory than its limit of {self._bounds.memory // limits.MB} MB",
            advice="Split or simplify the document, or exclude it.",
        )


def _death(status: int | None) -> ParseError:
    if status is not None and os.WIFSIGNALED(status):
        return ParseMemoryError(
            f"the document killed the process that parsed it ({ended_by(status)})",
            advice="Replace the file with one saved anew, or exclude it.",
        )
    return ParseError("the process that parsed the document ended without an answer", advice="Try once more.")
