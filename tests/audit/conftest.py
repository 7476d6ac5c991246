"""A small project for each test, ingested and right."""

import shutil
from collections.abc import Callable, Iterator

import pytest

from connectors import opened
from headwater.parsing.pool import ParserPool
from tests.audit.damage import Scene, write
from tests.support.project import Project
from tests.support.state import SharedParsing, scratch

PAGES = {
    "billing.md": "# Billing\n\n## When\n\nInvoices are sent on the first day of each month, before noon.\n\n"
    "## Where\n\nThey go to the address in the settings, and to nobody else at all.\n\n"
    "## Whom to ask\n\nThe billing team answers within a day, on weekdays only.\n",
    "keys.md": "---\naccess: [group:sre]\n---\n# Signing keys\n\n## Rotation\n\nThe key is rotated with vault.\n\n"
    "## Backup\n\nA copy is kept in the second vault, which is closed.\n\n## Loss\n\nTell the lead at once.\n",
    "limits.md": "# Limits\n\n## Minute\n\nTen crossings a minute for each key.\n\n"
    "## Hour\n\nOne hundred an hour where the plan says so.\n",
    "harbour.md": "# Harbour\n\n## Closed\n\nNothing is sent while the harbour is closed.\n\n"
    "## Open\n\nStart the crossing again from the queue.\n",
    "restore.md": "# Restore\n\n## Time\n\nA restore from the backup takes an hour.\n\n"
    "## Gauge\n\nThe tide gauge is read before it and after it.\n",
    "quiet.md": "# Quiet\n\n## Never\n\nNobody ever damages this page.\n\n## Ever\n\nIt stays as it is, always.\n",
}


@pytest.fixture(scope="session")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=1) as pool:
        yield pool


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is taken for finished at once: else it has another version for the first two seconds."""
    monkeypatch.setattr(opened, "SETTLED_NS", 0)


@pytest.fixture
def make_scene(pool: ParserPool) -> Iterator[Callable[[], Scene]]:
    with scratch("audit") as folder:

        def make() -> Scene:
            shutil.rmtree(folder)
            (folder / "docs").mkdir(parents=True)
            project = Project(folder, SharedParsing(pool))
            for id, text in PAGES.items():
                write(project, id, text)
            project.configure(chunk_tokens="32")
            assert project.ingest().exit_code == 0
            return Scene(project)

        yield make


@pytest.fixture
def scene(make_scene: Callable[[], Scene]) -> Scene:
    return make_scene()
