"""From the configured names to the models; cheap, since nothing is loaded before it is used."""

import os
from pathlib import Path

from headwater.embedding.dense import FastembedDense
from headwater.embedding.folder import read_folder
from headwater.embedding.hub import hub_model
from headwater.embedding.packaged import packaged_model
from headwater.embedding.sparse import Bm25Sparse
from headwater.errors import StateError
from headwater.interfaces import Dense, Sparse

PACKAGED = "packaged"


def open_dense(model: str = PACKAGED, cache_dir: Path | None = None, *, threads: int | None = None) -> FastembedDense:
    """The model called "packaged", a folder that exists, or any model that fastembed knows (downloaded if need be).

    `cache_dir` holds model folders; default `$XDG_CACHE_HOME/headwater/models`. ConfigError names the setting
    when the model cannot be had.
    """
    cache = cache_dir if cache_dir is not None else _default_cache()
    if model == PACKAGED:
        folder = packaged_model(cache)
    elif _looks_like_path(model) or Path(model).is_dir():
        folder = read_folder(Path(model).expanduser(), cache)
    else:
        folder = hub_model(model, cache)
    return FastembedDense(folder, workers=threads)


def open_sparse(language: str = "english") -> Bm25Sparse:
    """BM25 for passages in `language`; ConfigError for one that Qdrant does not know."""
    return Bm25Sparse(language)


def embedding_fingerprint(dense: Dense, sparse: Sparse) -> str:
    """What an index remembers, so that vectors of different encoders never share one; readable."""
    return f"{dense.fingerprint} | {sparse.fingerprint}"


def _looks_like_path(model: str) -> bool:
    return model.startswith(("/", "./", "../", "~", ".\\", "..\\")) or Path(model).is_absolute()


def _default_cache() -> Path:
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError as error:
        raise StateError(
            "There is no home folder to keep the model in", advice="Set HEADWATER_HOME or XDG_CACHE_HOME."
        ) from error
    return base / "headwater" / "models"
