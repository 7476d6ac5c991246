"""What crosses the pipe to a worker and back comes out the same."""

import json
import socket
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import EncryptedError, ParseError, StateError
from headwater.model import NOBODY, PUBLIC, Block, BlockKind, Document, RawDocument
from headwater.parsing import wire

# Names of files may hold bytes that are no text, which Python shows as lone surrogates.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
metas = st.dictionaries(
    texts, texts | st.integers() | st.floats(allow_nan=False) | st.lists(texts, max_size=3).map(tuple), max_size=3
)
moments = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(
    lambda moment: moment.replace(tzinfo=timezone(timedelta(minutes=90)))
)
raws = st.builds(
    RawDocument, source=texts, id=texts, version=texts, uri=texts, title=texts, kind=texts, media_type=texts,
    content=st.binary(max_size=50), updated_at=st.none() | moments, access=st.just(NOBODY), meta=metas,
)  # fmt: skip
blocks = st.builds(
    Block, kind=st.sampled_from(BlockKind), text=texts, level=st.integers(0, 9), ordinal=texts,
    group=st.integers(0, 9), rows=st.lists(st.lists(texts, max_size=2).map(tuple), max_size=2).map(tuple),
    header_rows=st.integers(0, 2), anchor=texts, page=st.integers(0, 9), label=texts,
)  # fmt: skip


@given(raw=raws, found=st.lists(blocks, max_size=3), meta=metas)
def test_round_trip(raw: RawDocument, found: list[Block], meta: dict[str, str]) -> None:
    there, here = socket.socketpair()
    with there, here:
        wire.send(there, wire.pack_raw(raw), raw.content)
        assert wire.unpack_raw(*wire.receive(here)) == raw
    document = Document(raw, tuple(found), meta)
    packed = json.loads(json.dumps(wire.pack_document(document)))
    assert wire.unpack_document(raw, packed) == document


def test_access_stays_in_the_program() -> None:
    raw = RawDocument(
        source="s", id="i", version="1", uri="u", title="t", kind="help", media_type="text/plain", content=b"",
        updated_at=datetime(2024, 1, 1, tzinfo=UTC), access=PUBLIC,
    )  # fmt: skip
    assert "access" not in wire.pack_raw(raw)


def test_errors_come_back_as_themselves_and_only_parse_errors_do() -> None:
    back = wire.unpack_error(wire.pack_error(EncryptedError("locked", advice="unlock")))
    assert (type(back), str(back), back.advice) == (EncryptedError, "locked", "unlock")
    for name in (StateError.__name__, "SystemExit", "annotations"):
        assert type(wire.unpack_error({"error": name, "message": "m", "advice": ""})) is ParseError


def test_an_answer_larger_than_its_limit_is_not_collected() -> None:
    there, here = socket.socketpair()
    with there, here:
        wire.send(there, "x" * 1000)
        incoming = wire.Incoming(limit=500)
        with pytest.raises(OverflowError):
            incoming.feed(here.recv(100))


def test_an_answer_in_pieces() -> None:
    there, here = socket.socketpair()
    with there, here:
        wire.send(there, ["value"])
        incoming = wire.Incoming(limit=500)
        data = here.recv(100)
        assert all(incoming.feed(data[n : n + 1]) is None for n in range(len(data) - 1))
        assert incoming.feed(data[-1:]) == ["value"]
