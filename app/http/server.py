"""One process that stays up: its address, its HTTP server, its worker, and how it ends."""

import logging
import socket
import threading
import time
from contextlib import ExitStack

import uvicorn

from app.http.addresses import is_loopback
from app.http.application import application
from app.http.node import Node
from flows.leases import serve_lease
from flows.workshop import Workshop
from headwater.errors import BusyError, ConfigError, StateError
from headwater.ledger.base import Ledger
from headwater.ledger.waiting import Timing
from headwater.settings import ServeSettings

START_SECONDS = 30.0
_MOST_CONNECTIONS, _KEEP_ALIVE = 512, 15

log = logging.getLogger("headwater.serve")


def check_address(host: str, ledger: Ledger) -> None:
    """ConfigError for an address that others reach while there is no key that they could be told apart by."""
    if is_loopback(host) or any(key.revoked_at is None for key in ledger.api_keys()):
        return
    raise ConfigError(
        f"headwater serve listens on {host}, where others reach it, only when there are keys",
        advice="Make one first: headwater keys add NAME --scope search --as group:support. Or listen on 127.0.0.1.",
    )


def listen(host: str, port: int) -> socket.socket:
    """Bound before anything else is begun; StateError when the port is taken, ConfigError for no address of ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"{host} is no address of this machine: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise StateError(
            f"cannot listen on {host} port {port}: {error.strerror or error}",
            advice="Choose another: headwater serve --port PORT, or [serve] port.",
        ) from error
    return listener


def timing(serve: ServeSettings) -> Timing:
    """When a row of the inbox is due."""
    return Timing(debounce=serve.debounce, max_wait=max(serve.debounce, serve.max_wait))


def alone(opened: Workshop, stack: ExitStack) -> None:
    """BusyError when another `headwater serve` has this state folder; let go of at the end of `stack`.

    Several may share a ledger on a server, each with a folder of its own.
    """
    try:
        stack.enter_context(opened.ledger.lease(serve_lease(opened.settings), opened.holder, seconds=60))
    except BusyError as error:
        raise BusyError(
            f"another headwater serve has this state folder already: {error}",
            advice="Stop that one first, or give this one another state folder with --home.",
        ) from error


class HttpServer:
    """uvicorn in a thread of its own, so that the main thread is there for signals."""

    def __init__(self, node: Node, listener: socket.socket) -> None:
        config = uvicorn.Config(
            application(node),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=5,
            # Who asks is the other end of the connection, whatever a header says.
            proxy_headers=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="headwater-http", daemon=True)

    def start(self) -> None:
        """Returns when connections are answered."""
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise StateError("the HTTP server did not start", advice="The log says why.")
            time.sleep(0.01)

    def stop(self, seconds: float) -> None:
        """Answer what was asked, and nothing more."""
        self._server.should_exit = True
        self._thread.join(seconds)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()
