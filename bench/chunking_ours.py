"""Headwater's own chunks of a text, each with its character range."""

from bench.chunking_ranges import located
from bench.chunking_score import Cut
from chunking.registry import chunker_for
from headwater.interfaces import Tokens
from headwater.model import PUBLIC, RawDocument
from headwater.parsing import text as plain_text


def ours(corpora: dict[str, str], tokens: Tokens, *, size: int | None, overlap: int, header: bool) -> list[Cut]:
    """Chunks of the structure strategy, the corpora read as the plain text that they are.

    `header` embeds them with their line of context, as search does.
    """
    chunker = chunker_for("structure", tokens, chunk_tokens=size, overlap_tokens=overlap)
    cuts = []
    for name, text in corpora.items():
        raw = RawDocument(
            source="corpora", id=name, version="1", uri=f"file:{name}", title=name.replace("_", " "), kind="help",
            media_type="text/plain", content=text.encode(), updated_at=None, access=PUBLIC,
        )  # fmt: skip
        chunks = list(chunker(plain_text.parse(raw)))
        fresh = [chunk.text[chunk.lead :] for chunk in chunks]
        places = located(text, [chunk.text for chunk in chunks] if overlap else fresh, fresh)
        lost = sum(place is None for place in places)
        if lost > len(places) / 100:
            raise SystemExit(f"{lost} of {len(places)} chunks of {name} were not found in it")
        cuts += [
            Cut(name, place[0], place[1], chunk.embedded if header else chunk.text)
            for chunk, place in zip(chunks, places, strict=True)
            if place is not None
        ]
    return cuts
