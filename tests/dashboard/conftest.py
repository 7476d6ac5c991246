"""A served project with something of everything in it, and a real browser to look at it with."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.dashboard import layout, reports
from app.dashboard.session import COOKIE
from app.http.node import Node
from app.http.server import HttpServer, listen
from flows.steps import direct_steps, run_sources
from flows.worker import Worker
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import HeadwaterError
from headwater.inbox.inbox import Inbox
from headwater.keys.keys import make
from headwater.ledger.base import Ledger
from headwater.ledger.keys import Key
from headwater.ledger.waiting import WHOLE, Ask
from headwater.settings import load
from tests.support.hash_embedder import HashDense

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
EVIL = "<script>alert(1)</script>"
_numbers = count()

CONFIGURATION = """
[groups]
staff = "Staff"

[owners]
docs-team = "mailto:docs@example.com"

[promises]
max_lag = "24h"
max_age = { help = "180d", sop = "30d" }

[serve]
requests_per_minute = 100000

[[source]]
name = "help-center"
kind = "folder"
path = "help"
content = "help"
default_access = ["public"]
owner = "docs-team"
schedule = "*/30 * * * *"

[[source]]
name = "handbook"
kind = "folder"
path = "handbook"
content = "sop"
default_access = ["group:staff"]
max_removals = 2

[[source]]
name = "release-notes"
kind = "folder"
path = "releases"
content = "release_note"
default_access = ["public"]

[[source]]
name = "mirror"
kind = "folder"
path = "mirror"
content = "help"
default_access = ["public"]
"""


@dataclass
class Served:
    """A node of this process, asked over real HTTP; `url` has no slash at its end."""

    folder: Path
    node: Node
    url: str
    keys: dict[str, Key] = field(default_factory=dict)

    @property
    def inbox(self) -> Inbox:
        return self.node.inbox

    def key(self, *scopes: str, principals: tuple[str, ...] = (), may_impersonate: bool = False) -> str:
        """The text of a new key; `keys` has it by that."""
        key, text = make(
            self.node.opened.ledger,
            f"key {next(_numbers)}",
            scopes,
            principals=principals,
            may_impersonate=may_impersonate,
        )
        self.keys[text] = key
        return text

    @contextmanager
    def client(self, key: str = "") -> Iterator[httpx.Client]:
        """Without a browser; signed in where there is a key. POSTs come from the dashboard's own pages."""
        with httpx.Client(base_url=self.url, headers={"origin": self.url}, timeout=30, verify=False) as client:
            if key:
                answer = client.post("/dashboard/sign-in", data={"key": key})
                assert answer.status_code == 303, answer.text
            yield client

    def documents(self, source: str) -> int:
        """How many are searchable."""
        ledger = self.node.opened.ledger
        return ledger.count(ledger.generation(), source)

    def eventually(self, holds: Callable[[], bool]) -> bool:
        """Whether it does within half a minute."""
        deadline = time.monotonic() + 30
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.05)
        return holds()

    def deeds(self) -> list[tuple[str, str, str]]:
        """(who, what, target), newest first."""
        return [(deed.who, deed.what, deed.target) for deed in self.node.opened.ledger.deeds()]


def _write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _project(folder: Path) -> None:
    old = (utc_now() - timedelta(days=400)).date()
    (folder / "headwater.toml").write_text(CONFIGURATION, encoding="utf-8")
    for number in range(12):
        stated = f"---\nupdated: {old}\nowner: docs-team\n---\n" if number % 4 == 0 else ""
        steps = f"Hold the button for {number} seconds.\n\n## After that\n\n1. Wait.\n2. Sign in.\n"
        text = f"{stated}# How to reset device {number}\n\n{steps}"
        _write(folder, f"help/devices/reset-{number}.md", text)
    _write(folder, "help/evil.md", f'# Title {EVIL}\n\nA text with {EVIL} and "quotes".\n')
    for number in range(8):
        text = f"---\nreviewed: {old}\n---\n# Procedure {number}\n\n1. Check the ocelot {number}.\n2. Write it down.\n"
        _write(folder, f"handbook/procedure-{number}.md", text)
    for number in range(5):
        _write(folder, f"releases/v1.{number}.md", f"# Release 1.{number}\n\n## Added\n\n- A thing number {number}\n")
    _write(folder, "releases/broken.html", "")
    _write(folder, "mirror/page.md", "# Page\n\nOne page.\n")


def _ingest(folder: Path, *sources: str) -> None:
    with _opened(folder) as workshop:
        run_sources(workshop, sources, direct_steps(workshop))


def _opened(folder: Path) -> Workshop:
    workshop = Workshop(load(folder / "headwater.toml", home=folder / "home"), command="headwater ingest")
    vars(workshop)["dense"] = HashDense(window=256)
    return workshop


def _happened(folder: Path) -> None:
    """Runs, a source that fails, removals that are withheld, one change."""
    _ingest(folder, "help-center", "handbook", "release-notes", "mirror")
    for number in range(6):
        (folder / f"handbook/procedure-{number}.md").unlink()
    shutil.rmtree(folder / "mirror")
    _write(folder, "help/devices/reset-1.md", "# How to reset device 1\n\nHold the other button.\n")
    _ingest(folder, "help-center", "handbook", "mirror")


def _announced(ledger: Ledger) -> None:
    """Two that wait until tomorrow, one of them for readers; two that failed for good."""
    before = Inbox(ledger, clock=lambda: utc_now() - timedelta(minutes=20))
    asks = [("help-center", "devices/reset-3.md", "article published"), ("handbook", EVIL, f"said {EVIL}")]
    for source, document, reason in asks:
        before.receive(source, f"delivery {document}", [Ask(source=source, document=document, reason=reason)])
    waiting = [
        Ask(source="help-center", document="devices/reset-5.md", reason="article published"),
        Ask(source="handbook", document=WHOLE, reason="permissions changed", access=True),
    ]
    before.receive("help-center", "delivery 3", waiting)
    for row in Inbox(ledger).take(10):
        if row.document in (WHOLE, "devices/reset-5.md"):
            Inbox(ledger).postponed(row, 86_400)
        else:
            Inbox(ledger).failed(row, HeadwaterError(f"it answered 410 {EVIL}", advice="Look at the source."))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Of all tests: they may only add to it. What they announce is looked at, as in any node."""
    folder = tmp_path_factory.mktemp("dashboard")
    _project(folder)
    _happened(folder)
    with _opened(folder) as opened, listen("127.0.0.1", 0) as listener, pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "EVERY", "300ms")
        patch.setattr(reports, "PATIENCE_SECONDS", 60.0)
        inbox = Inbox(opened.ledger)
        _announced(opened.ledger)
        node = Node(opened, inbox, Worker(opened, inbox))
        opened.index()
        node.warm = True
        server = HttpServer(node, listener)
        server.start()
        node.worker.start()
        host, port = listener.getsockname()[:2]
        try:
            yield Served(folder, node, f"http://{host}:{port}")
        finally:
            server.stop(5)
            node.worker.stop(20)


# a browser ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium or another that is installed; without one, tests that want it are skipped."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser to look at pages with: none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A browser that may be signed in; `complaints` is what its console and its network said was wrong."""

    served: Served
    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._complain(f"console: {said.text}", said.type in ("error", "warning")))
        self.page.on("pageerror", lambda error: self._complain(f"fault: {error}", True))
        self.page.on("request", lambda asked: self._complain(f"asked {asked.url}", not self._ours(asked.url)))

    def _complain(self, text: str, wrong: bool) -> None:
        if wrong:
            self.complaints.append(text)

    def _ours(self, url: str) -> bool:
        return url.startswith((self.served.url, "about:", "data:"))

    def open(self, path: str = "/") -> Page:
        """A page of the dashboard, by its path below it."""
        answer = self.page.goto(f"{self.served.url}/dashboard{path}")
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        return self.page

    def sign_in(self, key: str) -> None:
        """Without the form, which has a test of its own."""
        with self.served.client(key) as client:
            value = client.cookies[COOKIE]
        cookie = {"name": COOKIE, "value": value, "url": f"{self.served.url}/dashboard", "httpOnly": True}
        self.page.context.add_cookies([{**cookie, "sameSite": "Strict"}])  # type: ignore[list-item]  # typed as a whole

    def look(self, *, size: str = "desktop", dark: bool = False) -> Page:
        """The same page at this size and in these colours."""
        width, height = SIZES[size]
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        return self.page

    def check(self) -> None:
        """In all sizes and colours: what axe-core finds, and whether the page is wider than its window."""
        for size in SIZES:
            for dark in (False, True):
                page = self.look(size=size, dark=dark)
                assert page.evaluate(_TOO_WIDE) == [], (page.url, size)
                assert found_by_axe(page) == [], (page.url, size, "dark" if dark else "light")
        assert self.complaints == []


_TOO_WIDE = """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
    [...document.querySelectorAll('*')].filter(one => one.getBoundingClientRect().right > window.innerWidth + 1)
        .map(one => one.outerHTML.slice(0, 120)).slice(0, 5)"""


def found_by_axe(page: Page) -> list[str]:
    """What is wrong with the page for people who cannot see it, or see it badly; axe-core's words."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {json.dumps([node['html'][:160] for node in one['nodes']][:3])}"
        for one in found["violations"]
    ]


@pytest.fixture
def visitor(served: Served, browser: Browser) -> Iterator[Visitor]:
    """Nobody is signed in yet."""
    context: BrowserContext = browser.new_context(locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(float(os.environ.get("DASHBOARD_TEST_SECONDS", "30")) * 1000)
    try:
        yield Visitor(served, context.new_page())
    finally:
        context.close()


@pytest.fixture
def reader(visitor: Visitor) -> Visitor:
    """Signed in with a key that may read and search as staff, and not administer."""
    visitor.sign_in(visitor.served.key("read", "search", principals=("group:staff",)))
    return visitor


@pytest.fixture
def administrator(visitor: Visitor) -> Visitor:
    """Signed in with a key that may do everything."""
    scopes = ("read", "administer", "search", "ingest")
    visitor.sign_in(visitor.served.key(*scopes, principals=("group:staff",), may_impersonate=True))
    return visitor
