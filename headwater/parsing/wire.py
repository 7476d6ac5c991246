"""Messages between the program and its parser processes.

They are JSON, not pickle: a worker has read bytes that nobody vouches for, so nothing it sends may run code here.
"""

import json
import socket
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from headwater import errors
from headwater.errors import HeadwaterError, ParseError
from headwater.model import NOBODY, Block, BlockKind, Document, Meta, RawDocument, Stripped

_PREFIX = struct.Struct("!QQ")
_CHUNK = 1 << 20


def send(sock: socket.socket, header: Any, body: bytes = b"") -> None:
    """Write one message: a JSON value and the bytes that go with it."""
    encoded = json.dumps(header, separators=(",", ":")).encode("ascii")
    sock.sendall(_PREFIX.pack(len(encoded), len(body)) + encoded)
    if body:
        sock.sendall(body)


def receive(sock: socket.socket) -> tuple[Any, bytes]:
    """Read one message; EOFError when the other side is gone."""
    lengths = _PREFIX.unpack(_exactly(sock, _PREFIX.size))
    header = json.loads(_exactly(sock, lengths[0]))
    return header, _exactly(sock, lengths[1])


def _exactly(sock: socket.socket, size: int) -> bytes:
    buffer = bytearray(size)
    view, got = memoryview(buffer), 0
    while got < size:
        count = sock.recv_into(view[got:], min(size - got, _CHUNK))
        if not count:
            raise EOFError
        got += count
    return bytes(buffer)


class Incoming:
    """One message that arrives piece by piece, read without ever blocking."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()

    def feed(self, piece: bytes) -> Any | None:
        """The message's JSON value when it is complete, else None; OverflowError beyond `limit` bytes."""
        self._data += piece
        if len(self._data) < _PREFIX.size:
            return None
        size, _ = _PREFIX.unpack_from(self._data)
        if size > self._limit:
            raise OverflowError(size)
        if len(self._data) < _PREFIX.size + size:
            return None
        return json.loads(memoryview(self._data)[_PREFIX.size : _PREFIX.size + size].tobytes())


def pack_raw(raw: RawDocument) -> dict[str, Any]:
    """Everything a parser may need apart from the content; who may read a document is not its business."""
    return {
        "source": raw.source,
        "id": raw.id,
        "version": raw.version,
        "uri": raw.uri,
        "title": raw.title,
        "kind": raw.kind,
        "media_type": raw.media_type,
        "updated_at": raw.updated_at.isoformat() if raw.updated_at else None,
        "meta": dict(raw.meta),
        "wishes": dict(raw.wishes),
    }


def unpack_raw(packed: dict[str, Any], content: bytes) -> RawDocument:
    updated = packed.pop("updated_at")
    meta = _meta(packed.pop("meta"))
    wishes = {name: tuple(wished) for name, wished in packed.pop("wishes").items()}
    moment = datetime.fromisoformat(updated) if updated else None
    return RawDocument(**packed, content=content, updated_at=moment, meta=meta, access=NOBODY, wishes=wishes)


def pack_document(document: Document) -> dict[str, Any]:
    blocks = [
        (b.kind, b.text, b.level, b.ordinal, b.group, b.rows, b.header_rows, b.anchor, b.page, b.label, b.links)
        for b in document.blocks
    ]
    stripped = [(s.what, s.words, s.sample) for s in document.stripped]
    return {"blocks": blocks, "meta": dict(document.meta), "stripped": stripped}


def unpack_document(raw: RawDocument, packed: dict[str, Any]) -> Document:
    """ValueError, TypeError or KeyError when it is not what `pack_document` makes."""
    blocks = tuple(_block(fields) for fields in packed["blocks"])
    return Document(raw, blocks, _meta(packed["meta"]), tuple(Stripped(*fields) for fields in packed["stripped"]))


def pack_error(error: HeadwaterError) -> dict[str, str]:
    return {"error": type(error).__name__, "message": str(error), "advice": error.advice}


def unpack_error(packed: dict[str, str]) -> ParseError:
    kind = getattr(errors, packed["error"], ParseError)
    if not (isinstance(kind, type) and issubclass(kind, ParseError)):
        kind = ParseError
    return kind(packed["message"], advice=packed["advice"])


def _block(fields: Sequence[Any]) -> Block:
    kind, text, level, ordinal, group, rows, header_rows, anchor, page, label, links = fields
    return Block(
        kind=BlockKind(kind),
        text=text,
        level=level,
        ordinal=ordinal,
        group=group,
        rows=tuple(tuple(row) for row in rows),
        header_rows=header_rows,
        anchor=anchor,
        page=page,
        label=label,
        links=tuple((shown, target) for shown, target in links),
    )


def _meta(packed: dict[str, Any]) -> Meta:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in packed.items()}
