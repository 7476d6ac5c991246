from pathlib import Path

import pytest

from connectors.adhoc import adhoc_source
from connectors.registry import build
from headwater.errors import ConfigError
from headwater.model import Access, Complete


def test_a_folder_becomes_a_source_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    source = adhoc_source(tmp_path / "link", ["Public", "user:Ann@example.com"])
    assert source == adhoc_source(tmp_path, ["public", "user:ann@example.com"])
    assert source.name == f"folder:{tmp_path}"
    assert source.adhoc
    assert source.default_access == Access(frozenset({"public", "user:ann@example.com"}))
    assert list(build(source, None).scan()) == [Complete()]


def test_someone_has_to_be_named_as_reader(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"someone has to be named as reader of .*--access public"):
        adhoc_source(tmp_path, [])
    with pytest.raises(ConfigError, match="--access: 'everyone' is not a principal"):
        adhoc_source(tmp_path, ["everyone"])
    with pytest.raises(ConfigError, match="is not a folder"):
        adhoc_source(tmp_path / "nowhere", ["public"])
