"""One document as a page: chunks in colours, the blocks they are made of beside them."""

from collections import defaultdict
from typing import Any

from app.pages.rendering import page

COLOURS = 6


def document_page(found: dict[str, Any]) -> str:
    """Of what `show --json` prints."""
    chunks_of: dict[int, list[int]] = defaultdict(list)
    for chunk in found["chunks"]:
        for number in chunk["blocks"] or ():
            chunks_of[number].append(chunk["position"])
    whole = found["metadata"]
    return page(
        "document.html.j2",
        found=found,
        chunks=[
            chunk
            | {
                "context": chunk["embedded"].removesuffix(chunk["text"]).strip(),
                "own": {k: v for k, v in chunk["metadata"].items() if k not in _KNOWN and whole.get(k) != v},
            }
            for chunk in found["chunks"]
        ],
        chunks_of=chunks_of,
        tokens=sum(chunk["tokens"] for chunk in found["chunks"]),
        colours=COLOURS,
    )


_KNOWN = ("title", "kind", "source", "document", "heading_path", "uri")
"""Shown for the document or the chunk already."""
