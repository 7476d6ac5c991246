"""What a backup says of itself, and the checks that every part of it is there as it was written."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from headwater.errors import StateError

FORMAT = 1
MANIFEST = "manifest.json"
LEDGER, POINTS, VECTORS = "ledger.db", "points.jsonl", "vectors.f32"
PARTS = (LEDGER, POINTS, VECTORS)
BLOCK = 1 << 20
_MOST = 1 << 20
"""Bytes of a manifest."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup; `sha256` in hex."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The state at `epoch`: `points` of `documents` in `generation`, and the ledger in `schema`.

    `embedding` is the fingerprint that an index has of the model, "" where nothing was ever ingested; `made_at` is ISO
    8601, UTC.
    """

    release: str
    made_at: str
    schema: int
    identity: str
    epoch: int
    generation: str
    embedding: str
    dimensions: int
    collected: int
    documents: int
    points: int
    blocks: int
    parts: Mapping[str, Part]
    format: int = FORMAT

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def encoded(self) -> bytes:
        return json.dumps(self.as_json(), indent=1).encode()


def this_release() -> str:
    return version("headwater")


def decoded(data: bytes, place: str, *, schema: int) -> Manifest:
    """The manifest of a backup that this release, whose ledgers are of `schema`, can read; StateError otherwise."""
    try:
        found = json.loads(data)
        form, release = int(found["format"]), str(found["release"])
        if form > FORMAT or int(found["schema"]) > schema:
            raise StateError(
                f"{place} was made by a newer release ({release}; ledger schema {found['schema']}, this one reads up "
                f"to {schema})",
                advice=f"Restore it with headwater {release} or later.",
            )
        parts = {name: Part(int(part["bytes"]), str(part["sha256"])) for name, part in found["parts"].items()}
        manifest = Manifest(**{**found, "parts": parts})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(place, "its manifest makes no sense") from error
    if set(parts) != set(PARTS):
        raise damaged(place, "its manifest does not name the parts of a backup")
    return manifest


def damaged(place: str, why: str) -> StateError:
    """The named error for a file that cannot be trusted."""
    return StateError(
        f"{place} is damaged, or is no backup: {why}",
        advice="Nothing was restored. Use another backup, or ingest again into a new state folder.",
    )


def part_of(path: Path) -> Part:
    """Size and hash of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return Part(path.stat().st_size, digest.hexdigest())


def read_manifest(data: bytes | None, place: str, *, schema: int) -> Manifest:
    """`decoded`, for what may be absent or absurdly long."""
    if data is None or len(data) > _MOST:
        raise damaged(place, "it has no manifest, so it was never finished")
    return decoded(data, place, schema=schema)
