"""A process that answers the part of Qdrant's REST API that Headwater uses, over the embedded engine. It is no Qdrant.

Run as a script with a folder for its data; says its port. `PUT /faults` plans faults, `GET /faults` says how many
were met. Waits for nothing that is not asked with `wait=true`, as every write of Headwater is.
"""

import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.qdrant_process.collection import Collection
from tests.support.qdrant_process.faults import Faults
from tests.support.qdrant_process.filters import UnknownError

VERSION = "1.19.0"
_POINTS = {
    ("PUT", "/points"): "upsert",
    ("POST", "/points/payload"): "set_payload",
    ("POST", "/points/delete"): "delete",
    ("POST", "/points/count"): "count",
    ("POST", "/points"): "retrieve",
    ("POST", "/points/scroll"): "scroll",
    ("POST", "/points/query/batch"): "query_batch",
    ("PUT", "/index"): "add_index",
    ("GET", ""): "info",
}
_UPDATES = ("upsert", "set_payload", "delete", "add_index")


class StatusError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Server:
    """The collections, and what happens to the requests for them."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._made = 0
        self._lock = threading.Lock()
        self.collections: dict[str, Collection] = {}
        self.faults = Faults()

    def answer(self, method: str, address: str, body: Any) -> Any:
        parts = urlsplit(address)
        path, asked = parts.path.rstrip("/"), parse_qs(parts.query)
        if (method, path) == ("GET", "/collections"):
            return {"collections": [{"name": name} for name in sorted(self.collections)]}
        found = re.fullmatch(r"/collections/([^/]+)(/.*)?", path)
        if found is None:
            raise StatusError(404, f"this process does not answer {path}")
        name, rest = found[1], found[2] or ""
        if (method, rest) == ("GET", "/exists"):
            return {"exists": name in self.collections}
        if not rest and method in ("PUT", "DELETE"):
            return self._create(name, body) if method == "PUT" else self._drop(name)
        action = _POINTS.get((method, rest))
        if action is None:
            raise StatusError(404, f"this process does not answer {method} {path}")
        if action in _UPDATES and asked.get("wait") != ["true"]:
            raise StatusError(400, "this process does nothing behind its caller's back: ask with wait=true")
        collection = self.collections.get(name)
        if collection is None:
            raise StatusError(404, f"Not found: Collection `{name}` doesn't exist!")
        return collection.info() if action == "info" else getattr(collection, action)(body)

    def _create(self, name: str, body: Any) -> bool:
        with self._lock:
            if name in self.collections:
                raise StatusError(409, f"Wrong input: Collection `{name}` already exists!")
            self._made += 1
            self.collections[name] = Collection(self._base / f"{self._made}", body)
        return True

    def _drop(self, name: str) -> bool:
        with self._lock:
            dropped = self.collections.pop(name, None)
        if dropped is not None:
            dropped.drop()
        return dropped is not None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Listener"

    def _handle(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        served = self.server.served
        if self.path == "/":
            return self._send(200, {"title": "a stand-in for qdrant", "version": VERSION})
        if self.path == "/faults":
            if self.command == "PUT":
                served.faults.plan(json.loads(raw))
            return self._send(200, {"met": served.faults.met})
        faults = served.faults.of(self.path, raw)
        kinds = {fault.kind for fault in faults}
        time.sleep(sum(fault.seconds for fault in faults if fault.kind == "delay"))
        if "lose_request" in kinds:
            self.close_connection = True
            return None
        if "refuse" in kinds:
            return self._send(503, {"status": {"error": "refused on purpose"}})
        status, answer = self._answer(raw)
        time.sleep(sum(fault.seconds for fault in faults if fault.kind == "delay_reply"))
        if "lose_reply" in kinds:
            self.close_connection = True
            return None
        return self._send(status, answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _handle  # noqa: N815 the names that http.server looks for

    def _answer(self, raw: bytes) -> tuple[int, Any]:
        try:
            body = json.loads(raw) if raw else None
            result = self.server.served.answer(self.command, self.path, body)
        except StatusError as error:
            return error.status, {"status": {"error": str(error)}, "time": 0.0}
        except UnknownError as error:
            return 501, {"status": {"error": str(error)}, "time": 0.0}
        except Exception as error:
            return 400, {"status": {"error": f"{type(error).__name__}: {error}"}, "time": 0.0}
        return 200, {"result": result, "status": "ok", "time": 0.0}

    def _send(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # whoever asked is gone

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, served: Server) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.served = served

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed in the middle of a request."""


def main() -> None:
    listener = Listener(Server(Path(sys.argv[1])))
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    print(listener.server_port, flush=True)
    sys.stdin.read()  # until whoever started it is gone


if __name__ == "__main__":
    main()
