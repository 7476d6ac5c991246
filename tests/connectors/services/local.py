"""A real HTTP server on loopback that answers as a function says, and can be told to misbehave."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.websites.recent import forget_everything


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; header names are in lower case, `query` holds the last value of each key."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """`slow`: seconds between the headers and each half of the body; `cut`: close the connection half-way."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    slow: float = 0.0
    cut: bool = False


class LocalServer:
    """`answer` serves what no fault in `faults` (called in turn, once each, when they accept the request) took.

    `trouble` comes before both, and takes requests for as long as it is set.
    """

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.answer = answer
        self.faults: list[Callable[[Asked], Reply | None]] = []
        self.trouble: Callable[[Asked], Reply | None] | None = None
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reply(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            troubled = self.trouble(asked) if self.trouble else None
            if troubled is not None:
                return troubled
            for fault in self.faults:
                found = fault(asked)
                if found is not None:
                    self.faults.remove(fault)
                    return found
        return self.answer(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                self._send(outer.reply(Asked(parts.path, query, headers)))

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                bare = reply.status in (204, 304)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if not bare:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                half = len(reply.body) // 2
                try:
                    for part in () if bare else (reply.body[:half], reply.body[half:]):
                        if reply.slow:
                            time.sleep(reply.slow)
                        self.wfile.write(part)
                        self.wfile.flush()
                        if reply.cut:
                            self.close_connection = True
                            return
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextmanager
def serving(answer: Callable[[Asked], Reply]) -> Iterator[LocalServer]:
    """A server in a thread of its own, closed at the end."""
    server = LocalServer(answer)
    thread = threading.Thread(target=server.serve, name="local-server")
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
        # The next one may get the same port.
        forget_everything()


def once(status: int, body: bytes = b"", **headers: str) -> Callable[[Asked], Reply]:
    """A fault: answer the next request like this."""
    return lambda _: Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})
