"""The measuring itself: what it counts as memory, what it says of targets, which documents it makes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.corpus import article, generate
from bench.figures import Figure, median
from bench.memory import tree

MB = 1 << 20

CHILD = """
import mmap, sys
file = open(sys.argv[1], "rb")
mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
sum(mapped[::4096])
taken = b"x" * int(sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
"""


def test_memory_is_that_of_all_processes_and_index_files_are_counted_apart(tmp_path: Path) -> None:
    state, other = tmp_path / "state", tmp_path / "other"
    for folder in (state, other):
        folder.mkdir()
        (folder / "file").write_bytes(b"1" * (32 * MB))
    runs = [f"{sys.executable} -c '{CHILD}' {state}/file {48 * MB}", f"{sys.executable} -c '{CHILD}' {other}/file 0"]
    shell = f"exec 3<&0; {runs[0]} <&3 & {runs[1]} <&3; wait"
    # Two children of a shell, so that descendants are found and not only the process itself.
    with subprocess.Popen(["sh", "-c", shell], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        found = tree(process.pid, str(state))
        assert process.stdin is not None
        process.stdin.close()
    assert found.processes == 3
    assert 31 * MB < found.mapped < 40 * MB
    assert 48 * MB + 32 * MB < found.own < 48 * MB + 32 * MB + 60 * MB
    assert found.total == found.own + found.mapped


def test_memory_of_a_process_that_is_gone_is_none() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert tree(process.pid, "/state").total == 0


def test_a_figure_says_whether_its_target_is_met() -> None:
    assert median("a", [3.0, 1.0, 2.0], "s", at_most=2.0).as_json() == {
        "name": "a", "value": 2.0, "unit": "s", "at_most": 2.0, "met": True, "runs": [3.0, 1.0, 2.0],
    }  # fmt: skip
    assert Figure(name="b", value=2.01, unit="s", at_most=2.0).met is False
    assert "met" not in Figure(name="c", value=2, unit="s").as_json()


def test_documents_are_the_same_each_time_and_differ_from_each_other(tmp_path: Path) -> None:
    first, second = generate(tmp_path / "a", 120), generate(tmp_path / "b", 120)
    texts = {path.relative_to(first): path.read_text() for path in first.rglob("*.*")}
    assert texts == {path.relative_to(second): path.read_text() for path in second.rglob("*.*")}
    assert len(set(texts.values())) == len(texts) == 120
    assert "Edited." in article(7, note="Edited.")
    assert article(7, note="Edited.") != article(7)


@pytest.mark.slow
def test_the_bench_runs_and_its_figures_are_whole(tmp_path: Path, repository: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, str(repository / "bench" / "ingest.py"), "memory", "incremental", "warm", "cold"]
    done = subprocess.run(
        [*command, "--documents", "20", "--pages", "3", "--rounds", "1", "--json", str(report)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr  # 1: a target is missed, as it may be on a small corpus
    found = json.loads(report.read_text())
    assert list(found["sections"]) == ["memory", "incremental", "warm", "cold"]
    for figures in found["sections"].values():
        assert figures
        assert all(0 < figure["value"] < 10_000 for figure in figures)
