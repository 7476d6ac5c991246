"""The program's side of its parser processes: start them, watch them, end them."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from headwater.errors import StateError

# Single-threaded on purpose: the template forks, and a forked copy of a threaded process may hang.
_QUIET = {
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    "UNSTRUCTURED_DISABLE_NOTICE": "true",
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
_START = "import sys, json; from headwater.parsing.worker import run_template; run_template(*json.loads(sys.argv[1]))"
# Office parsers take 4 to 6 s to load, many times that on a cold disk under load.
_ANSWER_SECONDS = 180.0


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """One forked parser process; `baseline` is the memory it shares with its template from the start, in bytes."""

    pid: int
    socket: socket.socket
    baseline: int
    process: psutil.Process

    def growth(self) -> int:
        """Bytes of private memory taken since the fork; 0 when the process is gone."""
        try:
            return _private(self.process) - self.baseline
        except psutil.Error:
            return 0

    def lost(self) -> bool:
        """Whether it closed its socket: an idle worker that is well has nothing to say."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        return bool(poll.poll(0))


class Template:
    """The process that has loaded a family's parsers and forks its workers.

    Started in a session of its own: Ctrl-C reaches the program alone, which then ends its workers. Safe to call
    from several threads. Every method raises StateError when the process cannot be started or was lost.
    """

    def __init__(self, modules: Sequence[str], fork_early: bool) -> None:
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_ANSWER_SECONDS)
        arguments = json.dumps([theirs.fileno(), os.getpid(), list(modules), fork_early])
        try:
            # -P: the folder the program runs in must not shadow modules of the worker.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, arguments],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=os.environ | _QUIET,
            )
        except OSError as error:
            raise StateError(
                f"no parser process can be started: {error}", advice="Free memory or processes."
            ) from error
        finally:
            theirs.close()

    def spawn(self, growth: int) -> Worker:
        """Fork a worker whose address space may grow by `growth` bytes (and some slack) over the template's."""
        with self._lock:
            message, descriptors = self._ask({"spawn": growth})
        pid = int(message)
        sock = socket.socket(fileno=descriptors[0])
        try:
            process = psutil.Process(pid)
            return Worker(pid, sock, _private(process), process)
        except psutil.Error as error:
            sock.close()
            raise StateError(f"a parser process ended as it started: {error}") from error

    def retire(self, worker: Worker) -> int:
        """Kill a worker and return its wait status, which tells how it ended if it was dead already."""
        worker.socket.close()
        # Its number cannot have been given to another process: only the template reaps, and only when asked below.
        try:
            os.kill(worker.pid, signal.SIGKILL)
        except ProcessLookupError as error:
            raise StateError("the template of the parser processes was lost") from error
        with self._lock:
            return int(self._ask({"retire": worker.pid})[0])

    def close(self) -> None:
        """Kill the process, and with it the workers; a thread that waits for its answer gets StateError."""
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._process.kill()
        self._process.wait()
        with self._lock:
            self._control.close()

    def _ask(self, request: dict[str, int]) -> tuple[bytes, list[int]]:
        try:
            self._control.sendall(json.dumps(request).encode() + b"\n")
            message, descriptors, _, _ = socket.recv_fds(self._control, 64, 1)
        except OSError as error:
            raise StateError(f"the template of the parser processes does not answer: {error}") from error
        if not message:
            raise StateError("the template of the parser processes ended unexpectedly")
        return message, list(descriptors)


def ended_by(status: int) -> str:
    """A wait status in words."""
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit code {os.waitstatus_to_exitcode(status)}"


def _private(process: psutil.Process) -> int:
    """Anonymous resident memory; mapped library files are left out where the system tells them apart."""
    info = process.memory_info()
    return int(info.rss) - int(getattr(info, "shared", 0))
