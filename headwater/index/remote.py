"""The index through the process that owns it."""

import contextlib
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from headwater.errors import IndexUnavailableError
from headwater.index import wire
from headwater.index.base import Hit, IndexIdentity, IndexInfo, Point, StoredPoint
from headwater.index.compact import Compaction, DiskUse
from headwater.index.engine import Page, scroll
from headwater.index.lock import Owner, busy
from headwater.index.query import Condition, Query
from headwater.interfaces import SparseVector, Vectors
from headwater.model import Access

_CONNECT = 5.0


class RemoteStore:
    """Speaks to the owner over its socket; IndexUnavailableError means that it is gone, and another call may be tried.

    Each thread in a call has a connection of its own; idle ones are kept.
    """

    def __init__(self, owner: Owner, *, timeout: float = 120.0) -> None:
        """`timeout`: seconds that one answer may take before BusyError names the owner."""
        self.owner = owner
        self._timeout = timeout
        self._idle: deque[socket.socket] = deque()
        self._closed = False
        self.generations()

    def open(self, generation: str, *, dimensions: int) -> "RemoteIndex":
        self.call("open", generation=generation, dimensions=dimensions)
        return self.existing(generation, dimensions=dimensions)

    def existing(self, generation: str, *, dimensions: int) -> "RemoteIndex":
        """A handle that makes nothing: its calls raise DroppedError when the generation is gone."""
        return RemoteIndex(self, generation, dimensions)

    def generations(self) -> list[str]:
        return cast(list[str], self.call("generations"))

    def drop(self, generation: str) -> None:
        self.call("drop", generation=generation)

    def compact(self, generation: str) -> Compaction:
        return cast(Compaction, self.call("compact", generation=generation))

    def compaction(self, generation: str) -> Compaction:
        return cast(Compaction, self.call("compaction", generation=generation))

    def disk(self, generation: str) -> DiskUse:
        return cast(DiskUse, self.call("disk", generation=generation))

    def close(self) -> None:
        """Closes our side; the owner keeps the index open."""
        self._closed = True
        while self._idle:
            self._idle.popleft().close()

    def call(self, name: str, **arguments: Any) -> Any:
        """One question and its answer; what the owner raised is raised here."""
        connection = self._connection()
        try:
            wire.send(connection, {"protocol": wire.PROTOCOL, "call": name, **arguments})
            answer = wire.receive(connection)
        except TimeoutError as error:
            connection.close()
            raise busy(self.owner) from error
        except OSError as error:
            connection.close()
            raise self._gone() from error
        except BaseException:
            # Half a conversation: the next answer on this connection would be that of this question.
            connection.close()
            raise
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)
        if "error" in answer:
            wire.raise_error(answer["error"])
        return answer["result"]

    def _connection(self) -> socket.socket:
        if self._closed:
            raise IndexUnavailableError("the index was closed")
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_CONNECT)
            connection.connect(self.owner.socket)
            connection.settimeout(self._timeout)
        except OSError as error:
            connection.close()
            raise self._gone() from error
        return connection

    def _gone(self) -> IndexUnavailableError:
        return IndexUnavailableError(
            f"{self.owner} owns the index and does not answer", advice="Try again; if it stays, stop that process."
        )


class RemoteIndex:
    """One generation, as its owner sees it."""

    def __init__(self, store: RemoteStore, generation: str, dimensions: int) -> None:
        self._store = store
        self._generation = generation
        self._dimensions = dimensions

    def _call(self, name: str, *args: object, **named: object) -> Any:
        return self._store.call(
            name, generation=self._generation, dimensions=self._dimensions, args=list(args), named=named
        )

    def identity(self) -> IndexIdentity | None:
        return cast(IndexIdentity | None, self._call("identity"))

    def write_identity(self, identity: IndexIdentity) -> None:
        self._call("write_identity", identity)

    def upsert(self, points: Sequence[Point]) -> None:
        self._call("upsert", list(points))

    def stamp(
        self,
        ids: Sequence[str],
        *,
        from_: int | None = None,
        to: int | None = None,
        fence: int | None = None,
        where: Condition | None = None,
    ) -> None:
        self._call("stamp", list(ids), from_=from_, to=to, fence=fence, where=where)

    def set_access(self, ids: Sequence[str], access: Access) -> None:
        self._call("set_access", list(ids), access)

    def delete(self, ids: Sequence[str]) -> None:
        self._call("delete", list(ids))

    def delete_where(self, condition: Condition) -> None:
        self._call("delete_where", condition)

    def count(self, condition: Condition) -> int:
        return cast(int, self._call("count", condition))

    def retrieve(self, ids: Sequence[str], *, vectors: bool = False) -> list[StoredPoint]:
        return cast(list[StoredPoint], self._call("retrieve", list(ids), vectors=vectors))

    def page(
        self,
        condition: Condition,
        *,
        vectors: bool,
        limit: int,
        start: str | None,
        fields: Sequence[str] | None = None,
    ) -> Page:
        """One page of `scroll`."""
        page = self._call("page", condition, vectors=vectors, limit=limit, start=start, fields=fields)
        return cast(Page, page)

    def scroll(
        self, condition: Condition, *, vectors: bool = False, page: int = 1000, fields: Sequence[str] | None = None
    ) -> Iterator[StoredPoint]:
        return scroll(self, condition, vectors=vectors, page=page, fields=fields)

    def vectors_of(self, hashes: Iterable[str]) -> dict[str, tuple[Vectors, SparseVector]]:
        return cast(dict[str, tuple[Vectors, SparseVector]], self._call("vectors_of", list(hashes)))

    def search(self, query: Query) -> list[Hit]:
        return cast(list[Hit], self._call("search", query))

    def flush(self) -> None:
        self._call("flush")

    def info(self) -> IndexInfo:
        info: IndexInfo = self._call("info")
        return replace(info, backend="remote", detail={**info.detail, "owner": str(self._store.owner)})

    def close(self) -> None:
        """The store's owner keeps it open."""
