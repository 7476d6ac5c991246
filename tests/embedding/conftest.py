from pathlib import Path

import pytest

from headwater.embedding.dense import FastembedDense
from headwater.embedding.open import open_dense


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def packaged(model_cache: Path) -> FastembedDense:
    return open_dense("packaged", model_cache)
