"""Pages in a real browser: what it shows, what it complains of, and what it asks the network for."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# What the browser asks of its maker at every start, whatever page it shows.
ITS_OWN = ("google.com", "googleapis.com", "gvt1.com", "gstatic.com")


@dataclass(frozen=True, slots=True)
class Shown:
    """The page as the browser understood it, its complaints, and the hosts that were asked for anything."""

    dom: str
    console: list[str]
    hosts: set[str]


Browser = Callable[[Path], Shown]


def open_browser(scratch: Path) -> Browser:
    """Skips the test where no browser is installed."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser to look at pages with: none of {', '.join(NAMES)} is installed")

    def show(file: Path) -> Shown:
        log = scratch / "net.json"
        ran = subprocess.run(
            [
                program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--no-first-run", "--enable-logging=stderr",
                f"--user-data-dir={scratch / 'profile'}", f"--log-net-log={log}", "--dump-dom", file.as_uri(),
            ],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return Shown(
            dom=ran.stdout,
            console=[line for line in ran.stderr.splitlines() if "CONSOLE" in line],
            hosts={host for host in _hosts(log.read_text()) if not host.endswith(ITS_OWN)},
        )

    return show


def _hosts(log: str) -> set[str]:
    urls = {str(event.get("params", {}).get("url", "")) for event in json.loads(log)["events"]}
    return {urlsplit(url).hostname or "" for url in urls} - {""}
