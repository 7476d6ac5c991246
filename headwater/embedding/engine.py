"""The only module that imports fastembed, which takes over a second: import it when vectors are really needed."""

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fastembed import TextEmbedding
from fastembed.common.model_description import DenseModelDescription, ModelSource, PoolingType
from fastembed.common.model_management import ModelManagement
from loguru import logger

from headwater.embedding.folder import ModelFolder, unusable
from headwater.interfaces import Vectors

# fastembed reports through loguru to stderr; what matters of it is in the errors raised here.
logger.disable("fastembed")

_POOLING = {"mean": PoolingType.MEAN, "cls": PoolingType.CLS, "last_token": PoolingType.LAST_TOKEN}
_registration = threading.Lock()


class Engine:
    """A loaded model. Safe in threads: ONNX runs are, and the tokenizer is not changed after loading.

    Each call computes on the thread that makes it. Two threads with a batch each do about 80 passages a second
    where one call spread over two threads does 55 to 68, and waits for whichever core is busy elsewhere.
    """

    def __init__(self, folder: ModelFolder) -> None:
        try:
            self._model = TextEmbedding(
                folder.hub_name or _registered(folder),
                threads=1,
                specific_model_path=str(folder.path),
                # The arena would keep the largest batch ever seen for the life of the process.
                enable_cpu_mem_arena=False,
            )
        except Exception as error:  # onnxruntime's and tokenizers' errors share no base class but this
            raise unusable(folder.id, str(error)) from error

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One batch as it stands: shape (len(texts), dimensions), float32, unit length."""
        return _unit(self._model.passage_embed(list(texts), batch_size=len(texts)))

    def embed_query(self, text: str) -> Vectors:
        """Shape (dimensions,); with the query prefix of models that have one."""
        vector: Vectors = _unit(self._model.query_embed(text))[0]
        return vector


def known_models() -> dict[str, Mapping[str, Any]]:
    """fastembed's own models by lower-case name."""
    return {str(model["model"]).lower(): model for model in TextEmbedding.list_supported_models()}


def download(description: Mapping[str, Any], cache_dir: Path) -> Path:
    """Folder of one of `known_models`, from fastembed's cache or else its hub; ConfigError when neither has it."""
    model = DenseModelDescription(**{**description, "sources": ModelSource(**description["sources"])})
    try:
        # One attempt: fastembed's three take 39 s to say that there is no network.
        return ModelManagement.download_model(model, str(cache_dir), retries=1)
    except Exception as error:  # the hub client's errors come from several libraries
        raise unusable(model.model, f"it is neither in {cache_dir} nor could it be downloaded ({error})") from error


def _registered(folder: ModelFolder) -> str:
    """fastembed keeps custom models in a registry of the process; one entry per distinct model."""
    name = f"headwater/{hashlib.sha256(folder.fingerprint.encode()).hexdigest()[:16]}"
    with _registration:
        if name not in known_models():
            TextEmbedding.add_custom_model(
                name,
                pooling=_POOLING[folder.pooling],
                normalization=True,
                # Never asked, since the folder is given; fastembed wants one nonetheless.
                sources=ModelSource(url=folder.path.absolute().as_uri()),
                dim=folder.dimensions,
                model_file=folder.model_file,
            )
    return name


def _unit(rows: Iterable[Any]) -> Vectors:
    vectors = np.asarray(list(rows), dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(norms, np.float32(1e-12))).astype(np.float32, copy=False)
    return unit
