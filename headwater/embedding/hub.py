"""Models that fastembed knows by name; what was found out about one is kept, so that later starts skip fastembed."""

import contextlib
import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import Path

from headwater.embedding.folder import ModelFolder, hashes_of, unusable, window_of
from headwater.embedding.hashing import write_atomically
from headwater.model import digest


def hub_model(name: str, cache_dir: Path) -> ModelFolder:
    """The model's folder, downloaded if need be; ConfigError for a name that fastembed does not know."""
    version = importlib.metadata.version("fastembed")
    record = cache_dir / f"hub-{digest(name.lower(), version)[:16]}.json"
    known = _recorded(record)
    if known is None:
        known = _looked_up(name, cache_dir)
        with contextlib.suppress(OSError):
            write_atomically(record, json.dumps(known, indent=1))
    path = Path(known["path"])
    return ModelFolder(
        id=known["id"],
        path=path,
        model_file=known["model_file"],
        dimensions=int(known["dimensions"]),
        window=window_of(path),
        # fastembed pools each of its models in its own way, which may change with its version.
        pooling=f"fastembed-{version}",
        hashes=hashes_of(path, known["model_file"], cache_dir),
        hub_name=known["id"],
    )


def _recorded(record: Path) -> Mapping[str, str] | None:
    """What an earlier start found out, or None when there was none or the model has been deleted since."""
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
        complete = (Path(known["path"]) / known["model_file"]).is_file() and {"id", "dimensions"} <= known.keys()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return known if complete else None


def _looked_up(name: str, cache_dir: Path) -> Mapping[str, str]:
    # Imported here because it imports fastembed.
    from headwater.embedding.engine import download, known_models

    description = known_models().get(name.lower())
    if description is None:
        raise unusable(name, "it is no folder, and fastembed knows no model of that name")
    return {
        "id": str(description["model"]),
        "path": str(download(description, cache_dir)),
        "model_file": str(description["model_file"]),
        "dimensions": str(description["dim"]),
    }
