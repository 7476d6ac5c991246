"""Between a client and Postgres: cuts the connection at the COMMIT of a publication, before it or after it is sent."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PUBLISHES = b"INSERT INTO epochs"
_LATE_SECONDS, _DONE_SECONDS = 1.0, 0.5


class CuttingProxy:
    """Listens at `port`; `cut` is what to do at the next one: never, late or reply (is lost)."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.cut = ""
        self.done: list[str] = []
        self._deaf: socket.socket | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        publishes = False
        with suppress(OSError):
            while data := client.recv(65536):
                publishes = publishes or _PUBLISHES in data
                if self.cut and publishes and b"COMMIT" in data:
                    how, self.cut, self._deaf = self.cut, "", server
                    self.done.append(how)
                    _end(how, data, client, server)
                    return
                server.sendall(data)
        _close(client, server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if self._deaf is not server:
                    client.sendall(data)


def _end(how: str, data: bytes, client: socket.socket, server: socket.socket) -> None:
    """The client loses its connection at once; the server is told when, or whether, this says."""
    if how == "reply":
        server.sendall(data)
        time.sleep(_DONE_SECONDS)
    _close(client)
    if how == "late":
        time.sleep(_LATE_SECONDS)
        server.sendall(data)
        time.sleep(_DONE_SECONDS)
    _close(server)


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def cutting_proxy(target: int) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
