from dataclasses import replace

from chunking.metadata import chunk_metadata
from headwater.model import Block, BlockKind, Document
from tests.chunking.documents import document

BLOCKS = [Block(kind=BlockKind.PARAGRAPH, text="Text.")]


def test_the_source_goes_before_the_file() -> None:
    made = document(BLOCKS, owner="docs-team", tags=("keys", "api"))
    made = replace(made, meta={"owner": "someone", "language": "de", "title": "Other", "created": "2025-12-31"})
    assert chunk_metadata(made) == {
        "title": "Guide",
        "kind": "help",
        "source": "handbook",
        "document": "guide.md",
        "owner": "docs-team",
        "language": "de",
        "tags": ("keys", "api"),
        "created_at": "2025-12-31T00:00:00+00:00",
        "updated_at": "2026-03-01T00:00:00+00:00",
    }


def test_dates_fall_back_from_update_to_creation() -> None:
    made = document(BLOCKS)
    unknown = Document(replace(made.raw, updated_at=None), made.blocks)
    assert "updated_at" not in chunk_metadata(unknown)
    created = replace(unknown, meta={"created": "2025-01-02T03:04:05+02:00"})
    assert chunk_metadata(created)["updated_at"] == "2025-01-02T03:04:05+02:00"
    updated = replace(unknown, meta={"created": "2025-01-02", "updated": "2026-01-02", "language": "en"})
    assert chunk_metadata(updated)["updated_at"] == "2026-01-02T00:00:00+00:00"
    assert "updated_at" not in chunk_metadata(replace(unknown, meta={"updated": "last week"}))


def test_title_falls_back_and_survives_odd_names() -> None:
    made = document(BLOCKS, title="")
    assert chunk_metadata(made)["title"] == "guide.md"
    assert chunk_metadata(replace(made, meta={"title": "From the file"}))["title"] == "From the file"
    odd = Document(replace(made.raw, id="notes/\udce9t\udce9.md"), made.blocks)
    assert chunk_metadata(odd)["title"] == "?t?.md"


def test_there_are_no_booleans_and_no_unknown_keys() -> None:
    made = document(BLOCKS, product=True, hidden_characters=3)
    found = chunk_metadata(made)
    assert found["product"] == "true"
    assert "hidden_characters" not in found
