"""A script: a process of Prefect beside `headwater serve`, which ends when that one does, however it does.

`python -m flows.prefect_child server HOST PORT`: the Prefect server. `python -m flows.prefect_child runner`: runs the
deployments of the sources of this configuration when they are due, each in a process of its own.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    _end_with_parent()
    if sys.argv[1] == "server":
        host, port = sys.argv[2:4]
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", port]
        # What the kernel was told stays told.
        os.execv(sys.executable, command)  # noqa: S606 - no shell, and our own interpreter
    # Imported here, since the server needs none of it.
    from flows.served import run_deployments

    run_deployments()


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == 1:
            sys.exit("the process that started this one is gone")


if __name__ == "__main__":
    main()
