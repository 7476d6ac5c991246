"""Repositories over real HTTP, by git's own server program, which can be told to refuse or to fail."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class GitServer:
    """Serves the repositories below `root`; `status` answers every request instead, `wanted` is the header to bring.

    `garbled` answers every request as well, and `slow` are seconds that every answer takes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.status = 0
        self.wanted = ""
        self.garbled: bytes | None = None
        self.slow = 0.0
        self.asked: list[tuple[str, str]] = []
        """Path and Authorization header of every request."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                given = self.headers.get("Authorization", "")
                outer.asked.append((self.path, given))
                time.sleep(outer.slow)
                if outer.garbled is not None:
                    self.send_response(200)
                    self.end_headers()
                    with suppress(OSError):  # whoever asked may not have waited
                        self.wfile.write(outer.garbled)
                    return
                if outer.status or (outer.wanted and given != outer.wanted):
                    self.send_response(outer.status or 401)
                    if not outer.status:
                        self.send_header("WWW-Authenticate", "Basic realm=git")
                    self.end_headers()
                    return
                parts = urlsplit(self.path)
                variables = {
                    "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(outer.root), "GIT_HTTP_EXPORT_ALL": "1",
                    "PATH_INFO": parts.path, "QUERY_STRING": parts.query, "REQUEST_METHOD": self.command,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_ADDR": "127.0.0.1",
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                }  # fmt: skip
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                ran = subprocess.run(
                    ["git", "http-backend"], input=body, env=variables, capture_output=True, check=True
                )
                head, _, answer = ran.stdout.partition(b"\r\n\r\n")
                lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
                self.send_response(int(lines.pop("Status", "200").split()[0]))
                for name, value in lines.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET  # noqa: N815 (the name is the library's)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextmanager
def serving_git(root: Path) -> Iterator[GitServer]:
    """In a thread of its own, closed at the end."""
    made = GitServer(root)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()
