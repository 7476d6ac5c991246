"""One folder with everything that a folder should not hold: named outcomes, neighbours untouched, once only."""

import ctypes
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ingest import bad_files
from tests.support.state import scratch

ROOT = Path(__file__).parents[2]
NAMED = (
    "BrokenFileError", "EncryptedError", "TooLargeError", "ParseMemoryError", "ParseTimeoutError", "FetchError",
    "OSError", "PermissionError", "UnsupportedError",
)  # fmt: skip


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch("bad") as made:
        (made / "docs").mkdir()
        (made / "headwater.toml").write_text(
            '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ndefault_access = "public"\n'
        )
        yield made


def command(folder: Path, *arguments: str, before: Callable[[], None] | None = None) -> tuple[int, Any]:
    """The exit code and the one JSON line of the command."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.hashed_cli", *arguments, "--json"],
        capture_output=True,
        cwd=folder,
        env=os.environ | {"HEADWATER_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)},
        preexec_fn=before,
        timeout=280,
    )
    (line,) = ran.stdout.decode("utf-8").splitlines()
    return ran.returncode, json.loads(line)


def ingest(folder: Path, before: Callable[[], None] | None = None) -> tuple[int, Any]:
    return command(folder, "ingest", "--direct", before=before)


def shown(folder: Path) -> set[str]:
    """Every document that a stranger may read."""
    code, answer = command(folder, "access", "--as", "public")
    assert code == 0
    return {document["document"] for document in answer["documents"]}


def check_everything(folder: Path, malformed: Path | None, *, builders: tuple[Any, ...]) -> None:
    docs = folder / "docs"
    bad_files.write_all(docs, malformed, builders)
    code, first = ingest(folder)
    (source,) = first["sources"]
    failed = {p["document"]: p["reason"] for p in first["problems"] if p["outcome"] == "failed"}
    assert code == 3
    assert source["failed"] == len(failed) > 50
    for document, reason in failed.items():
        assert reason.partition(":")[0] in NAMED, (document, reason)
        assert len(reason) > 30, (document, reason)
        assert "Timeout" not in reason, (document, reason)
        assert "good-" not in document
    names = {os.path.relpath(path, docs) for path in [*docs.glob("good-*.md"), *docs.glob("*/good-*.md")]}
    assert len(names) == 5
    readable = shown(folder)
    assert names <= readable
    assert not any(
        "passwd" in name or name.startswith(("odd/piped", "odd/folder-rules", "odd/loop")) for name in readable
    )
    for name in ("front/brackets.md", "front/unclosed.md", "rules/broken/page.md", "rules/bytes/page.md"):
        assert name not in readable, name  # rules that cannot be read let nobody in
    code, found = command(folder, "search", "harbour lantern root /etc/passwd daemon", "--limit", "50")
    assert code == 0
    assert found["passages"]
    assert not any("root:x:0" in passage["text"] for passage in found["passages"])
    code, second = ingest(folder)
    (again,) = second["sources"]
    assert code == 3
    assert (again["indexed"], again["removed"], again["failed"]) == (0, 0, source["failed"])
    assert again["unchanged"] == source["indexed"]
    # Nothing that is known to be bad is parsed again.
    assert second["seconds"] < first["seconds"]


def test_a_folder_of_bad_files_disturbs_nothing_else(folder: Path) -> None:
    kinds = (bad_files.empty_and_noise, bad_files.encodings, bad_files.said_about_themselves, bad_files.containers)
    check_everything(folder, None, builders=kinds)


def test_files_that_broke_other_programs_disturb_nothing_else(folder: Path, data: Path) -> None:
    check_everything(folder, data / "malformed", builders=(bad_files.empty_and_noise,))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_text_that_is_much_of_one_thing_disturbs_nothing_else(folder: Path) -> None:
    check_everything(folder, None, builders=(bad_files.empty_and_noise, bad_files.shapes))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_megabytes_of_text_end_in_a_named_outcome(folder: Path) -> None:
    line = "The lantern at berth %d is tended by the harbour master, who writes the log.\n"
    (folder / "docs/large.txt").write_text("".join(line % n for n in range(700_000)))
    (folder / "docs/good.md").write_text(bad_files.GOOD)
    assert (folder / "docs/large.txt").stat().st_size > 50_000_000
    code, answer = ingest(folder)
    assert code in (0, 3)
    assert all(
        p["reason"].startswith(("ParseTimeoutError", "ParseMemoryError", "TooLargeError")) for p in answer["problems"]
    )
    assert "good.md" in shown(folder)


def without_override() -> None:
    """Root reads files of mode 0 by two capabilities; a new program has none that are not in the bounding set."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


def test_a_file_without_permission_is_reported_and_nothing_else(folder: Path) -> None:
    docs = folder / "docs"
    (docs / "closed").mkdir()
    for name in ("secret.md", "open.md", "closed/page.md"):
        (docs / name).write_text(bad_files.GOOD)
    code, _ = ingest(folder)
    assert code == 0
    (docs / "secret.md").chmod(0)
    (docs / "closed").chmod(0)
    try:
        (docs / "open.md").write_text("# Other\n\nAnother text.\n")
        code, answer = ingest(folder, before=without_override)
    finally:
        (docs / "closed").chmod(0o700)
    assert code == 3
    assert answer["sources"][0]["indexed"] == 1
    assert {p["document"] for p in answer["problems"]} == {"secret.md", "closed/"}
    assert all("ermission" in p["reason"] for p in answer["problems"]), answer
    assert shown(folder) == {"secret.md", "open.md", "closed/page.md"}  # what cannot be listed is not gone


def test_a_file_that_goes_or_grows_during_the_run_is_no_accident(folder: Path) -> None:
    docs = folder / "docs"
    for number in range(300):
        (docs / f"page-{number:03}.md").write_text(bad_files.GOOD * (number % 7 + 1))
    growing = docs / "page-299.md"
    over = threading.Event()

    def disturb() -> None:
        victims = sorted(docs.glob("page-*1.md"), reverse=True)
        while not over.wait(0.01):
            with growing.open("a") as stream:
                stream.write("Another line of the log.\n\n")
            if victims:
                victims.pop().unlink()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        code, _ = ingest(folder)
    finally:
        over.set()
        thread.join()
    assert code in (0, 3)
    for path in docs.glob("page-*1.md"):
        path.unlink()
    code, after = ingest(folder)
    assert code == 0, after
    assert shown(folder) == {path.name for path in docs.iterdir()}
