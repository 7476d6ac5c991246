"""Who this process is, and whether another one on this machine still runs."""

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil

from headwater.ledger.base import Holder

# A process's start time is derived from the machine's boot time, which the kernel gives in whole seconds and which
# moves a little when the clock is set; a pid does not come round again this fast.
_SAME_START_SECONDS = 2.0

_INITIAL_PID_NAMESPACE = "pid:[4026531836]"


def this_host() -> str:
    """Host name; inside a container also its process namespace, since its pids mean nothing outside of it."""
    name = socket.gethostname()
    if sys.platform != "linux":
        return name
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return name
    return name if namespace == _INITIAL_PID_NAMESPACE else f"{name}/{namespace}"


def this_process(command: str) -> Holder:
    """The running process as a holder, from now on; `command` is what a person typed or would recognise."""
    pid = os.getpid()
    return Holder(this_host(), pid, psutil.Process(pid).create_time(), command, datetime.now(UTC))


def on_this_host(holder: Holder) -> bool:
    """Whether its process, if it runs, can be seen from here."""
    return holder.host == this_host()


def gone(holder: Holder) -> bool:
    """Whether it was a process of this machine that no longer runs; False when that cannot be seen from here."""
    if not on_this_host(holder):
        return False
    try:
        process = psutil.Process(holder.pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return True
        return abs(process.create_time() - holder.started) > _SAME_START_SECONDS
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
