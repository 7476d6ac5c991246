"""Bodies that a crawl read to find links, kept for a while so that indexing them asks for nothing again."""

import zlib
from collections.abc import Hashable
from dataclasses import dataclass, replace

from connectors.http.answer import Answer
from connectors.websites.reading import Look
from connectors.websites.recent import MOST_BYTES, Recent


@dataclass(frozen=True, slots=True)
class _Kept:
    """The body of the answer is packed."""

    answer: Answer
    look: Look


bodies: Recent[_Kept] = Recent(MOST_BYTES)


def keep(source: Hashable, answer: Answer, look: Look) -> None:
    """Without the links, which have been followed by then."""
    packed = zlib.compress(answer.body, 1)
    kept = _Kept(replace(answer, body=packed), replace(look, page=replace(look.page, links=())))
    bodies.put((source, look.final), kept, len(packed) + 2_000)


def take(source: Hashable, id: str) -> tuple[Answer, Look] | None:
    """What was kept of this page, which is forgotten with this."""
    kept = bodies.take((source, id))
    return (replace(kept.answer, body=zlib.decompress(kept.answer.body)), kept.look) if kept else None
