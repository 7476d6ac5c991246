"""The process that owns the embedded index serves it to the others, over a Unix socket that only this user can open."""

import contextlib
import os
import socket
import struct
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headwater.errors import BusyError, IndexUnavailableError, StateError
from headwater.index import wire
from headwater.index.edge import EdgeStore

SOCKET_NAME = "index.sock"
_LONGEST = 100
"""Bytes of a socket's path; systems allow 104 to 108."""
_TEMPORARY = "headwater-socket-"

INDEX_CALLS = frozenset({
    "identity", "write_identity", "upsert", "stamp", "set_access", "delete", "delete_where",
    "count", "retrieve", "page", "vectors_of", "search", "flush", "info",
})  # fmt: skip


class OwnedStore(EdgeStore):
    """An EdgeStore that also answers other processes; the lock file says where."""

    def __init__(self, path: Path, *, sockets: Path, command: str = "") -> None:
        """`sockets`: folder for the socket, unless its path would be too long."""
        super().__init__(path, command=command)
        try:
            if self.lock.stale is not None:
                _remove_stale(Path(self.lock.stale.socket))
            self._server = _Server(self, sockets)
            self.lock.announce(str(self._server.path))
        except OSError as error:
            super().close()
            raise StateError(
                f"cannot serve the index of {path} to other commands: {error.strerror or error}",
                advice="Make the state folder and the temporary folder writable, and free some space.",
            ) from error

    def close(self) -> None:
        self._server.close()
        super().close()


class _Server:
    """One daemon thread that accepts, one for each connection."""

    def __init__(self, store: EdgeStore, sockets: Path) -> None:
        self._store = store
        self._listener, self.path = _listen(sockets)
        self._mutex = threading.Lock()
        self._connections: set[socket.socket] | None = set()
        threading.Thread(target=self._accept, name="index-owner", daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        _remove_temporary(self.path.parent)
        with self._mutex:
            connections, self._connections = self._connections or set(), None
        for waiting in (self._listener, *connections):
            # Wakes the thread that is waiting on it, which then closes it.
            with contextlib.suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._mutex:
                if self._connections is None or not _same_user(connection):
                    connection.close()
                    continue
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="index-reader", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while True:
                request = wire.receive(connection)
                try:
                    answer = {"result": self._answer(request)}
                except Exception as error:  # noqa: BLE001 -- whatever it is, the asker gets to hear it, by name
                    answer = {"error": wire.error_message(error)}
                wire.send(connection, answer)
        with self._mutex:
            if self._connections is not None:
                self._connections.discard(connection)

    def _answer(self, request: Mapping[str, Any]) -> Any:
        if request["protocol"] != wire.PROTOCOL:
            raise BusyError(
                f"the index is in use by another version of Headwater: {self._store.lock.owner}",
                advice="Stop that process, or use the same version.",
            )
        if self._connections is None:
            raise IndexUnavailableError("the owner of the index is closing it")
        match request["call"]:
            case "open":
                self._store.open(request["generation"], dimensions=request["dimensions"])
            case "generations":
                return self._store.generations()
            case "drop":
                self._store.drop(request["generation"])
            case "compact" | "compaction" | "disk" as call:
                return getattr(self._store, call)(request["generation"])
            case call if call in INDEX_CALLS:
                index = self._store.existing(request["generation"], dimensions=request["dimensions"])
                return getattr(index, call)(*request["args"], **request["named"])
            case call:
                raise ValueError(f"there is no call {call!r}")


def _remove_stale(path: Path) -> None:
    """What an owner that was killed left in the temporary folder."""
    if path.parent.parent == Path(tempfile.gettempdir()) and path.parent.name.startswith(_TEMPORARY):
        path.unlink(missing_ok=True)
        _remove_temporary(path.parent)


def _remove_temporary(folder: Path) -> None:
    """Only ever an empty folder: a state folder may have any name."""
    if folder.name.startswith(_TEMPORARY):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _listen(sockets: Path) -> tuple[socket.socket, Path]:
    path = sockets.absolute() / SOCKET_NAME
    if len(os.fsencode(path)) <= _LONGEST:
        # Some network and container mounts hold files but no sockets.
        with contextlib.suppress(OSError):
            return _bind(path), path
    path = Path(tempfile.mkdtemp(prefix=_TEMPORARY)) / SOCKET_NAME
    return _bind(path), path


def _bind(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # We own the lock: a socket that is here already is a dead owner's.
        path.unlink(missing_ok=True)
        os.fchmod(listener.fileno(), 0o600)  # Linux makes the file with the mode of its socket: never open to others
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _same_user(connection: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return user in (0, os.geteuid())
