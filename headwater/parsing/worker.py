"""The parser processes: a template that loads a family's parsers once, and the workers that it forks.

The template talks to the program over a socket, one JSON line each way: `{"spawn": n}` forks a
worker that may grow by n bytes and sends its socket along, `{"retire": pid}` kills one and answers with its wait
status. A worker answers documents one at a time. Both end when the program does, however that ended.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from headwater.errors import BrokenFileError, ParseError, ParseMemoryError
from headwater.parsing import signatures, wire

_PARENT_CHECK_MS = 1000
_PR_SET_PDEATHSIG = 1
# Address space grows ahead of use (arenas, mapped files); the resident size is what the program enforces.
_ADDRESS_SLACK = 256 << 20
_OUT_OF_MEMORY = wire.pack_error(
    ParseMemoryError(
        "parsing needed more memory than its limit", advice="Split or simplify the document, or exclude it."
    )
)


def run_template(control: int, parent: int, modules: list[str], fork_early: bool) -> None:
    """Serve the socket with file descriptor `control` until the program, process `parent`, is gone.

    With `fork_early` requests are served between loading one module and the next, so that the first worker need
    not wait for all of them; it loads what it needs itself, unshared. Does not return.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    template = _Template(socket.socket(fileno=control), parent)
    for module in modules:
        if fork_early:
            template.serve(wait_ms=0)
        # A parser that cannot be imported fails the documents that need it, not its whole family.
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()
    while True:
        template.serve(wait_ms=_PARENT_CHECK_MS)


class _Template:
    def __init__(self, control: socket.socket, parent: int) -> None:
        self._control = control
        self._parent = parent
        self._children: set[int] = set()
        self._pending = b""
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self, wait_ms: int) -> None:
        """Answer what has arrived, waiting at most `wait_ms` for it; leaves the process when the program is gone."""
        ready = self._poll.poll(wait_ms)
        if os.getppid() != self._parent:
            self._leave()
        if not ready:
            return
        received = self._control.recv(4096)
        if not received:
            self._leave()
        *lines, self._pending = (self._pending + received).split(b"\n")
        for line in lines:
            self._answer(json.loads(line))

    def _answer(self, request: dict[str, int]) -> None:
        if "spawn" in request:
            self._spawn(request["spawn"])
        else:
            status = self._end(request["retire"])
            self._control.sendall(b"%d\n" % status)

    def _spawn(self, growth: int) -> None:
        ours, theirs = socket.socketpair()
        template = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._control.close()
            ours.close()
            _run_worker(theirs, growth, template)
        theirs.close()
        self._children.add(pid)
        socket.send_fds(self._control, [b"%d\n" % pid], [ours.fileno()])
        ours.close()

    def _end(self, pid: int) -> int:
        self._children.discard(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return os.waitpid(pid, 0)[1]

    def _leave(self) -> None:
        for pid in list(self._children):
            self._end(pid)
        os._exit(0)


def _run_worker(sock: socket.socket, growth: int, template: int) -> None:
    """Never returns: a forked copy must not run what the template would run at its exit."""
    try:
        _die_with(template)
        _limit_address_space(growth)
        while True:
            header, content = wire.receive(sock)
            answer = _answer(header, content)
            try:
                wire.send(sock, answer)
            except MemoryError:
                wire.send(sock, _OUT_OF_MEMORY)
    except (EOFError, OSError):
        os._exit(0)
    finally:
        os._exit(1)


def _answer(header: dict[str, Any], content: bytes) -> dict[str, Any]:
    try:
        signatures.check(header["family"], header["extension"], content)
        raw = wire.unpack_raw(header["document"], content)
        return wire.pack_document(importlib.import_module(header["parser"]).parse(raw))
    except ParseError as error:
        return wire.pack_error(error)
    except MemoryError:
        return _OUT_OF_MEMORY
    except RecursionError:
        return wire.pack_error(BrokenFileError("the document is nested too deeply to be parsed"))
    except Exception as error:  # noqa: BLE001 -- the boundary of the process: a parser's own fault ends one document
        return wire.pack_error(ParseError(f"the parser failed: {type(error).__name__}: {error}"))


def _die_with(template: int) -> None:
    """A worker in an endless parse reads no end of file, so the kernel is asked to end it with its template."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != template:
        os._exit(0)


def _limit_address_space(growth: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        ceiling = pages * resource.getpagesize() + growth + _ADDRESS_SLACK
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
