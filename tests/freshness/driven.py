"""A real browser that is driven: keys are pressed, scripts are run in the page, complaints are collected."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.app.browser import NAMES

_KEYS = {
    "Enter": {"code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "Tab": {"code": "Tab", "windowsVirtualKeyCode": 9},
    "ArrowDown": {"code": "ArrowDown", "windowsVirtualKeyCode": 40},
    "Space": {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32, "text": " "},
}


class Tab:
    """One tab; `complaints` are its console's errors and warnings, and exceptions that nobody caught."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.complaints: list[str] = []

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=30))
            if message.get("id") == self._number:
                assert "error" not in message, message["error"]
                found: dict[str, Any] = message["result"]
                return found
            self._heard(message)

    def _heard(self, message: dict[str, Any]) -> None:
        said = message.get("params", {})
        if message["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(said["exceptionDetails"]))
        elif message["method"] == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.complaints.append(said["entry"]["text"])

    def open(self, file: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.send("Emulation.setEmulatedMedia", features=[scheme, still])
        self.send("Page.navigate", url=file.as_uri())
        # Asked again and again: where scripts are off, a page cannot say when it is ready.
        deadline = time.monotonic() + 30
        while self.run("[location.href, document.readyState]") != [file.as_uri(), "complete"]:
            assert time.monotonic() < deadline, f"{file} does not open"
            time.sleep(0.02)

    def run(self, script: str) -> Any:
        """The value of an expression, waited for."""
        found = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, *keys: str) -> None:
        for name in keys:
            key = {"key": name, **_KEYS[name]}
            self.send("Input.dispatchKeyEvent", type="keyDown" if "text" in key else "rawKeyDown", **key)
            self.send("Input.dispatchKeyEvent", type="keyUp", **{k: v for k, v in key.items() if k != "text"})

    def type(self, text: str) -> None:
        self.send("Input.insertText", text=text)


@contextmanager
def browser(scratch: Path) -> Iterator[Tab]:
    """Skips the test where no browser is installed."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser to look at pages with: none of {', '.join(NAMES)} is installed")
    ran = subprocess.Popen(
        [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-first-run", "--remote-debugging-port=0",
            f"--user-data-dir={scratch / 'profile'}", "about:blank",
        ],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert ran.stderr is not None
        address = next(line.split(" on ")[1].strip() for line in ran.stderr if line.startswith("DevTools listening"))
        with connect(address, max_size=None, proxy=None) as whole:
            whole.send(json.dumps({"id": 0, "method": "Target.getTargets"}))
            targets = json.loads(whole.recv(timeout=30))["result"]["targetInfos"]
        page = next(one["targetId"] for one in targets if one["type"] == "page")
        with connect(f"{address.split('/devtools')[0]}/devtools/page/{page}", max_size=None, proxy=None) as socket:
            yield Tab(socket)
    finally:
        ran.kill()
        ran.communicate()
