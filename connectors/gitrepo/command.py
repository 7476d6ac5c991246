"""Run the git executable: without a shell, a prompt, a hook or a terminal, bounded in time and output.

The person's own configuration of git stays in force (proxies, certificates, `insteadOf`, ssh); that of a repository
does not, because the only repository git runs in is a mirror that we made.
"""

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from connectors.gitrepo.trouble import GitFailedError, GitTooSlowError, not_installed
from headwater.errors import FatalError

LOCAL_SECONDS = 300.0
MOST_OUTPUT = 512 * 1024 * 1024
_KEPT = frozenset(("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_PROXY_SSL_CAINFO"))
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.quotePath": "off",
    "core.fsmonitor": "false",
    "log.showSignature": "false",
    "log.showRoot": "true",
    "gc.autoDetach": "false",
    "maintenance.autoDetach": "false",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "advice.detachedHead": "false",
}


@dataclass(frozen=True, slots=True)
class Git:
    """`folder` is the repository to run in (none for commands that need none), `protocols` what it may connect by.

    `secrets` are settings that go through the environment, where no list of processes shows them.
    """

    folder: Path | None
    protocols: tuple[str, ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Git({self.folder})"

    def output(self, *arguments: str, seconds: float = LOCAL_SECONDS) -> bytes:
        """What the command writes; GitFailedError with what it said, GitTooSlowError, FatalError for too much."""
        with self.running(arguments, seconds=seconds) as stream:
            data = stream.read(MOST_OUTPUT + 1)
            if len(data) > MOST_OUTPUT:
                raise FatalError(
                    f"git {arguments[0]} wrote more than {MOST_OUTPUT >> 20} MB",
                    advice="Name a folder of the repository, with fewer files.",
                )
            return data

    @contextmanager
    def running(self, arguments: Sequence[str], *, seconds: float = LOCAL_SECONDS) -> Iterator[IO[bytes]]:
        """The command's output as it comes; leaving early ends the command, and nothing is checked then."""
        with tempfile.TemporaryFile() as said:
            process = self.started(arguments, said, stdin=False)
            assert process.stdout is not None
            late = threading.Event()
            timer = threading.Timer(seconds, _end_late, (process, late))
            timer.start()
            finished = False
            try:
                yield process.stdout
                finished = process.stdout.read(1) == b""
            finally:
                if finished:
                    process.wait()
                timer.cancel()
                end(process)
            if late.is_set():
                raise GitTooSlowError(f"git {arguments[0]} was stopped after {seconds:g} s")
            if finished and process.returncode != 0:
                said.seek(0)
                raise GitFailedError(arguments[0], said.read(100_000).decode("utf-8", "replace"))

    def started(self, arguments: Sequence[str], said: IO[bytes] | int, *, stdin: bool) -> "subprocess.Popen[bytes]":
        """A process group of its own, which `end` ends."""
        try:
            return subprocess.Popen(
                ["git", "--no-pager", *arguments],
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                env=self._environment(os.environ),
                cwd=self.folder or Path("/"),
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise not_installed(self.folder) from error

    def _environment(self, outer: Mapping[str, str]) -> dict[str, str]:
        found = {name: value for name, value in outer.items() if not name.startswith("GIT_") or name in _KEPT}
        found |= {
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS_REQUIRE": "never",
            "GIT_ALLOW_PROTOCOL": ":".join(self.protocols),
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            # The transfer is given up when it crawls, before it runs out of time.
            "GIT_HTTP_LOW_SPEED_LIMIT": "100",
            "GIT_HTTP_LOW_SPEED_TIME": "30",
        }
        if self.folder is not None:
            found |= {"GIT_DIR": str(self.folder)}
        settings = [*_SETTINGS.items(), *self.secrets]
        for number, (name, value) in enumerate(settings):
            found |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return {**found, "GIT_CONFIG_COUNT": str(len(settings))}


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process with everything it started, unless it ended by itself, and close its pipes."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _end_late(process: "subprocess.Popen[bytes]", late: threading.Event) -> None:
    late.set()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
