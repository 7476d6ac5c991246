"""Parsers that do what hostile files make parsers do; each reads its instruction from the document's text."""

import ctypes
import os
import signal
import time

from headwater.errors import EncryptedError
from headwater.model import Block, BlockKind, Document, RawDocument

VERSION = "1"


def parse(raw: RawDocument) -> Document:
    word, _, rest = raw.content.decode().partition(" ")
    if word == "loop":
        while True:
            pass
    if word == "sleep":
        time.sleep(float(rest))
    if word == "hog":
        kept = []
        while True:
            kept.append(bytearray(os.urandom(1 << 20)))
    if word == "gulp":
        bytearray(8 << 30)
    if word == "segfault":
        ctypes.string_at(0)
    if word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "exit":
        os._exit(7)
    if word == "recurse":
        return _deeper(raw)
    if word == "raise":
        raise LookupError(rest)
    if word == "encrypted":
        raise EncryptedError("locked", advice="unlock it")
    if word == "garbage":
        return Document(raw, (Block(kind="nonsense", text=rest),))  # type: ignore[arg-type]  # on purpose
    if word == "flood":
        text = "x" * 1_000_000
        return Document(raw, tuple(Block(kind=BlockKind.PARAGRAPH, text=text) for _ in range(int(rest))))
    blocks = (
        Block(kind=BlockKind.PARAGRAPH, text=raw.content.decode()),
        Block(kind=BlockKind.TABLE, text="| a |", rows=(("a",), ("b",)), header_rows=1, page=3, label="\udcff"),
        Block(kind=BlockKind.PARAGRAPH, text=str(os.getpid())),
    )
    return Document(raw, blocks, {"tags": ("x", "y"), "size": 1, "ratio": 0.5, "title": raw.title})


def _deeper(raw: RawDocument) -> Document:
    return _deeper(raw)
