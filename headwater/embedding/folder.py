"""A model as a folder of files: ONNX weights, tokenizer and the few settings that decide its vectors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from headwater.embedding.hashing import remembered_hashes
from headwater.errors import ConfigError
from headwater.model import digest

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
_OPTIONAL_FILES = ("config.json", "special_tokens_map.json", "1_Pooling/config.json", "sentence_bert_config.json")
_MODEL_FILES = ("model.onnx", "onnx/model.onnx", "model_optimized.onnx")
# tokenizer_config.json says 10^30 where it means "unknown".
_LARGEST_WINDOW = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolder:
    """Everything about a model that can be known without loading it.

    `pooling` is mean, cls or last_token; `hub_name` is set instead when fastembed knows the model and pools it
    its own way. `hashes`: sha256 by file name, of every file that takes part in a vector.
    """

    id: str
    path: Path
    model_file: str
    dimensions: int
    window: int
    pooling: str
    hashes: Mapping[str, str]
    hub_name: str = ""

    @property
    def fingerprint(self) -> str:
        """Readable, since it is shown when vectors of two models would be mixed."""
        files = digest(*(part for name in sorted(self.hashes) for part in (name, self.hashes[name])))
        return f"{self.id} {self.dimensions}d window={self.window} pooling={self.pooling} files={files[:16]}"


def read_folder(path: Path, cache_dir: Path) -> ModelFolder:
    """The model in a folder that a person points at, laid out as sentence-transformers or fastembed do.

    ConfigError when a file is missing or does not say what is needed.
    """
    if not path.is_dir():
        raise unusable(str(path), "there is no such folder")
    model_file = next((name for name in _MODEL_FILES if (path / name).is_file()), None)
    if model_file is None:
        raise unusable(str(path), f"the folder has none of {', '.join(_MODEL_FILES)}")
    dimensions = _json(path, "config.json").get("hidden_size")
    if not isinstance(dimensions, int):
        raise unusable(str(path), "config.json does not say its hidden_size")
    return ModelFolder(
        id=path.name,
        path=path,
        model_file=model_file,
        dimensions=dimensions,
        window=window_of(path),
        pooling=_pooling(path),
        hashes=hashes_of(path, model_file, cache_dir),
    )


def window_of(path: Path) -> int:
    """Most tokens that fastembed feeds to this model; ConfigError where the folder does not say."""
    tokenizer = _json(path, "tokenizer_config.json")
    limits = [tokenizer.get("model_max_length"), tokenizer.get("max_length")]
    usable = [int(limit) for limit in limits if isinstance(limit, int | float) and 0 < limit <= _LARGEST_WINDOW]
    if not usable:
        raise unusable(str(path), "tokenizer_config.json does not say its model_max_length")
    trained = _json(path, "sentence_bert_config.json").get("max_seq_length")
    return min(*usable, trained) if isinstance(trained, int) and trained > 0 else min(usable)


def hashes_of(path: Path, model_file: str, cache_dir: Path) -> dict[str, str]:
    """sha256 of the files that take part in a vector; ConfigError when a needed one is missing."""
    optional = [name for name in (*_OPTIONAL_FILES, f"{model_file}_data") if (path / name).is_file()]
    memo = cache_dir / f"hashes-{digest(str(path.absolute()))[:16]}.json"
    try:
        return remembered_hashes(path, [model_file, *TOKENIZER_FILES, *optional], memo)
    except OSError as error:
        raise unusable(str(path), str(error)) from error


def unusable(model: str, reason: str) -> ConfigError:
    """The error for a model that cannot be had, naming the setting and the way out that always works."""
    return ConfigError(
        f"[embedding] model = {model!r} cannot be used: {reason}",
        advice='Set [embedding] model to a model that fastembed knows, to a model folder, or to "packaged", '
        "which is installed with Headwater and needs no download.",
    )


def _pooling(path: Path) -> str:
    modes = _json(path, "1_Pooling/config.json")
    if modes.get("pooling_mode_cls_token"):
        return "cls"
    if modes.get("pooling_mode_lasttoken"):
        return "last_token"
    if not modes or modes.get("pooling_mode_mean_tokens"):
        return "mean"
    raise unusable(str(path), "1_Pooling/config.json asks for a pooling other than mean, cls or last token")


def _json(path: Path, name: str) -> Mapping[str, object]:
    try:
        content = json.loads((path / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise unusable(str(path), f"{name} cannot be read ({error})") from error
    return content if isinstance(content, dict) else {}
