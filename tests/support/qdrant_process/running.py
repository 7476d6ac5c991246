"""Starting the stand-in, and telling it what to lose."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

_MODULE = "tests.support.qdrant_process.serve"
_ROOT = Path(__file__).resolve().parents[3]


class StandIn:
    """A running one, at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def plan(self, *faults: dict[str, Any]) -> None:
        """These instead of those planned before; none: all goes well. See `faults.Fault`."""
        self._ask("PUT", {"faults": faults})

    def met(self) -> int:
        """Faults so far."""
        return int(self._ask("GET", None)["met"])

    def _ask(self, method: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/faults", data=data, method=method), timeout=30) as answer:
            return json.load(answer)


@contextmanager
def running_stand_in() -> Iterator[StandIn]:
    """A new and empty one, gone afterwards with all that it held."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE, folder],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield StandIn(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
