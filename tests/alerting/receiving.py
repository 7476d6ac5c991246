"""Where alerts arrive: a web hook and a mail server on loopback that record what they are sent, and misbehave."""

import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Hook:
    """`status` is what it answers, `slow` the seconds before; what it refuses is in `refused`, not in `taken`."""

    url: str = ""
    status: int = 200
    slow: float = 0.0
    taken: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    then: Callable[[], None] = lambda: None
    """Called once a message was taken, before that is answered."""

    @property
    def address(self) -> str:
        return self.url.replace("http://", "json://")

    @property
    def titles(self) -> list[str]:
        return [str(one["title"]) for one in self.taken]

    @property
    def texts(self) -> str:
        return "\n".join(f"{one['title']}\n{one['message']}" for one in self.taken)


@contextmanager
def hook() -> Iterator[Hook]:
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            time.sleep(made.slow)
            status = made.status
            (made.taken if status == 200 else made.refused).append({**body, "path": self.path})
            if status == 200:
                made.then()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    with _served(server):
        yield made


@dataclass(slots=True)
class Mailbox:
    """`refuses`: recipients that it does not know."""

    port: int = 0
    taken: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    """Recipients and message."""
    refuses: set[str] = field(default_factory=set)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Speaks as much SMTP as is needed to take a message (RFC 5321)."""
    made = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 local")
            recipients: list[str] = []
            while line := self.rfile.readline().decode().strip():
                word = line.split(" ")[0].upper()
                if word == "QUIT":
                    self.say("221 bye")
                    return
                if word == "RCPT":
                    who = line[line.index("<") + 1 : line.index(">")]
                    self.say("550 nobody here" if who in made.refuses else "250 ok")
                    recipients += [] if who in made.refuses else [who]
                elif word == "DATA":
                    self.say("354 go on")
                    made.taken.append((tuple(recipients), self.text()))
                    self.say("250 taken")
                    recipients = []
                else:
                    self.say("250 ok")

        def text(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                lines.append(line)
            return "\n".join(lines)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_address[1]
    with _served(server):
        yield made


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), name="receiving")
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    """Where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
