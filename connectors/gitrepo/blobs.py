"""Contents of a mirror by their ids, read through one `git cat-file --batch`."""

import subprocess
import threading
from typing import IO

from connectors.gitrepo.command import Git, end
from connectors.gitrepo.mirror import BrokenMirrorError

READ_SECONDS = 60.0


class Blobs:
    """The process starts with the first read; `close` ends it, and a later read starts another."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, id: str) -> bytes:
        """BrokenMirrorError when the mirror does not hold it, or cannot give it."""
        with self._lock:
            process = self._running()
            timer = threading.Timer(READ_SECONDS, process.kill)
            timer.start()
            try:
                return _asked(process, id)
            except (OSError, ValueError) as error:
                self._end()
                raise BrokenMirrorError from error
            except BaseException:
                # Half an answer may be left in the pipe.
                self._end()
                raise
            finally:
                timer.cancel()

    def close(self) -> None:
        with self._lock:
            self._end()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            self._process = self._git.started(("cat-file", "--batch"), subprocess.DEVNULL, stdin=True)
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None


def _asked(process: "subprocess.Popen[bytes]", id: str) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{id}\n".encode())
    process.stdin.flush()
    answer = process.stdout.readline().split()
    if len(answer) != 3 or answer[1] != b"blob":
        raise BrokenMirrorError
    content = _exactly(process.stdout, int(answer[2]))
    _exactly(process.stdout, 1)
    return content


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise BrokenMirrorError
    return data
