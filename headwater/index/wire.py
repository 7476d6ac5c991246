"""Messages on the local socket: JSON for structure, raw little-endian arrays beside it, errors by name.

A frame is two lengths (`!IQ`: JSON, arrays), then the JSON, then the arrays. Every list, mapping, array and dataclass
travels as a JSON list whose first item says what it is, so that a payload can hold anything JSON can. Only the classes
named here are ever built from what arrives.
"""

import json
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from headwater import errors
from headwater.errors import FatalError, HeadwaterError, SkippableError
from headwater.index.base import Hit, IndexIdentity, IndexInfo, Point, StoredPoint
from headwater.index.compact import Compaction, DiskUse
from headwater.index.engine import DroppedError, Page
from headwater.index.query import AllOf, AnyOf, Between, HasId, Not, OneOf, Query
from headwater.interfaces import SparseVector
from headwater.model import Access

PROTOCOL = 1
_HEADER = struct.Struct("!IQ")
_MOST = 2**31
_CLASSES = {
    kind.__name__: kind
    for kind in (
        *(AllOf, AnyOf, Between, HasId, Not, OneOf, Query),
        *(Access, Compaction, DiskUse, Hit, IndexIdentity, IndexInfo, Page, Point, StoredPoint),
    )
}  # fmt: skip
_OTHER_ERRORS: dict[str, Callable[[str], Exception]] = {
    "TypeError": TypeError,
    "ValueError": ValueError,
    "DroppedError": DroppedError,
}


def send(connection: socket.socket, message: Any) -> None:
    """SkippableError, with nothing sent, for what no index can hold."""
    arrays: list[bytes] = []
    try:
        text = json.dumps([_encode(message, arrays), [len(array) for array in arrays]], separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise SkippableError(f"the index cannot hold this: {error}") from error
    head = text.encode("ascii")
    connection.sendall(b"".join((_HEADER.pack(len(head), sum(map(len, arrays))), head, *arrays)))


def receive(connection: socket.socket) -> Any:
    """ConnectionError when the other side is gone or does not speak this language."""
    head, body = _HEADER.unpack(_exactly(connection, _HEADER.size))
    if head > _MOST or body > _MOST:
        raise ConnectionError("a frame of impossible length")
    try:
        value, lengths = json.loads(_exactly(connection, head))
        data = memoryview(_exactly(connection, body))
        arrays, start = [], 0
        for length in lengths:
            arrays.append(data[start : start + length])
            start += length
        return _decode(value, arrays)
    except (LookupError, TypeError, ValueError) as error:
        raise ConnectionError(f"a frame that makes no sense: {error}") from error


def error_message(error: Exception) -> list[str]:
    """Class name, message and advice; to be read by `raise_error`."""
    return [type(error).__name__, str(error), getattr(error, "advice", "")]


def raise_error(message: list[str]) -> None:
    """Raise what the other side raised, as the same class of headwater.errors."""
    name, text, advice = message
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, HeadwaterError):
        raise kind(text, advice=advice)
    if name in _OTHER_ERRORS:
        raise _OTHER_ERRORS[name](text)
    raise FatalError(f"the process that owns the index failed: {name}: {text}", advice="Run `headwater doctor`.")


def _exactly(connection: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = connection.recv_into(view)
        if not count:
            raise ConnectionResetError("the other side closed the connection")
        view = view[count:]
    return data


def _encode(value: Any, arrays: list[bytes]) -> Any:
    match value:
        case None | str() | int() | float():
            return value
        case list():
            return ["list", *(_encode(item, arrays) for item in value)]
        case tuple():
            return ["tuple", *(_encode(item, arrays) for item in value)]
        case frozenset():
            return ["frozenset", *(_encode(item, arrays) for item in sorted(value))]
        case SparseVector(indices=indices, values=values):
            arrays += [np.asarray(indices, "<u4").tobytes(), np.asarray(values, "<f4").tobytes()]
            return ["sparse", len(arrays) - 2]
        case np.ndarray():
            arrays.append(np.ascontiguousarray(value, "<f4").tobytes())
            return ["array", len(arrays) - 1, list(value.shape)]
        case Mapping():
            return ["dict", *([key, _encode(item, arrays)] for key, item in value.items())]
        case _ if is_dataclass(value) and type(value).__name__ in _CLASSES:
            return ["object", type(value).__name__, *_fields(value, arrays)]
        case _:
            raise TypeError(f"{type(value).__name__} does not travel")


def _fields(value: Any, arrays: list[bytes]) -> list[Any]:
    pairs: list[Any] = []
    for field in fields(value):
        item = getattr(value, field.name)
        # A payload is plain JSON already: it is not walked.
        pairs.append([field.name, ["json", dict(item)] if field.name == "payload" else _encode(item, arrays)])
    return pairs


def _decode(value: Any, arrays: list[memoryview]) -> Any:
    if not isinstance(value, list):
        return value
    tag, *items = value
    return _DECODERS[tag](items, arrays)


def _sparse(items: list[Any], arrays: list[memoryview]) -> SparseVector:
    indices, values = np.frombuffer(arrays[items[0]], "<u4"), np.frombuffer(arrays[items[0] + 1], "<f4")
    return SparseVector(tuple(indices.tolist()), tuple(values.tolist()))


def _array(items: list[Any], arrays: list[memoryview]) -> Any:
    return np.frombuffer(arrays[items[0]], "<f4").astype(np.float32).reshape(items[1])


def _object(items: list[Any], arrays: list[memoryview]) -> Any:
    return _CLASSES[items[0]](**{name: _decode(item, arrays) for name, item in items[1:]})


_DECODERS: dict[str, Callable[[list[Any], list[memoryview]], Any]] = {
    "list": lambda items, arrays: [_decode(item, arrays) for item in items],
    "tuple": lambda items, arrays: tuple(_decode(item, arrays) for item in items),
    "frozenset": lambda items, arrays: frozenset(_decode(item, arrays) for item in items),
    "dict": lambda items, arrays: {key: _decode(item, arrays) for key, item in items},
    "json": lambda items, _: items[0],
    "sparse": _sparse,
    "array": _array,
    "object": _object,
}
