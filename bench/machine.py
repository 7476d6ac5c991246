"""What was measured on, so that figures of two days can be told apart."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from headwater.embedding.dense import usable_cores

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    "unstructured", "langchain-text-splitters", "qdrant-client", "qdrant-edge-py", "fastembed", "onnxruntime",
    "tokenizers", "prefect", "beautifulsoup4", "lxml", "sqlalchemy", "pydantic",
)  # fmt: skip


def describe() -> dict[str, Any]:
    """Machine, load at this moment, versions and commit."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": usable_cores(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load": [round(load, 2) for load in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "commit": _git("rev-parse", "--short", "HEAD"),
        "changed_files": len(_git("status", "--porcelain", "--untracked-files=no").splitlines()),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _git(*arguments: str) -> str:
    found = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    return found.stdout.strip()
