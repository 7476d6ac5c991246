"""Run `headwater` the way a person does, and look at it from outside."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench.memory import Sampler
from bench.processor import Watch

_BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """`cpu` is user and system time of the process and its descendants.

    `lines` are those of stderr, each with the seconds after which it came.
    """

    seconds: float
    cpu: float
    code: int
    stdout: str
    lines: tuple[tuple[float, str], ...]
    memory: Sampler | None

    @property
    def answer(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.stdout)

    def first(self, words: str) -> float | None:
        """When a line with these words first came."""
        return next((at for at, line in self.lines if words in line), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run keeps its state, and how Python keeps its compiled modules there.

    `compiled`: a folder for Python's bytecode. None is Python without any, as where PYTHONDONTWRITEBYTECODE is set.
    """

    home: Path
    compiled: Path | None

    def environment(self) -> dict[str, str]:
        """The caller's, without what would steer Headwater, Prefect or Python differently on another machine."""
        ours = ("HEADWATER_", "PREFECT_", "PYTHON", "OMP_", "COLUMNS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        kept |= {"HF_HUB_OFFLINE": "1", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
        if self.compiled is None:
            return kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(self.home.parent / "no-bytecode")}
        return kept | {"PYTHONPYCACHEPREFIX": str(self.compiled)}


def headwater(place: Place, *arguments: str, config: Path, sampled: bool = False) -> Ran:
    """One command line with `--json`, on this configuration and state."""
    command = [str(_BIN / "headwater"), *arguments, "--json", "--config", str(config), "--home", str(place.home)]
    return run(command, place, sampled=sampled)


def script(place: Place, name: str, *arguments: str) -> Ran:
    """One of the scripts beside this file."""
    return run([sys.executable, str(Path(__file__).with_name(name)), *arguments], place)


def run(command: Sequence[str], place: Place, *, sampled: bool = False) -> Ran:
    """Wall time from before the start of the process to its end; SystemExit when it failed as a whole."""
    with Path(os.devnull).open("rb") as nothing:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            stdin=nothing,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=place.environment(),
            cwd=place.home.parent,
        )
    processor = Watch(process.pid)
    processor.start()
    memory = Sampler(process.pid, place.home) if sampled else None
    if memory:
        memory.start()
    out: list[bytes] = []
    lines: list[tuple[float, str]] = []
    readers = [
        threading.Thread(target=lambda: out.append(_stream(process.stdout).read())),
        threading.Thread(target=_read_lines, args=(_stream(process.stderr), lines, started)),
    ]
    for reader in readers:
        reader.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = code = os.waitstatus_to_exitcode(status)
    for reader in readers:
        reader.join()
    if memory:
        memory.stop()
    if code not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {code}:\n" + "\n".join(line for _, line in lines[-20:]))
    cpu = usage.ru_utime + usage.ru_stime + processor.stop()
    found = b"".join(out).decode()
    return Ran(seconds=seconds, cpu=cpu, code=code, stdout=found, lines=tuple(lines), memory=memory)


def source(folder: Path, *, name: str = "help") -> Path:
    """A configuration with this one public source, written beside it."""
    file = folder.with_name(f"{folder.name}.toml")
    values: Mapping[str, str] = {"name": name, "kind": "folder", "path": str(folder), "content": "help"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    file.write_text("\n".join(["[[source]]", *lines, 'default_access = ["public"]', ""]), encoding="utf-8")
    return file


def _stream(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _read_lines(pipe: IO[bytes], lines: list[tuple[float, str]], started: float) -> None:
    for line in pipe:
        lines.append((time.monotonic() - started, line.decode(errors="replace").rstrip()))
