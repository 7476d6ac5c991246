import os
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.settings import Settings, load

Write = Callable[[str], Settings]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("HEADWATER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Load this text as the configuration file."""

    def written(text: str) -> Settings:
        file = tmp_path / "headwater.toml"
        file.write_text(text)
        return load(file)

    return written
