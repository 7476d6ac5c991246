"""A run, or a rebuild, in which things happen: documents change right after they were fetched, or listed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from flows.maintain import rebuild
from flows.refresh import attend
from flows.workshop import Workshop
from headwater.inbox.inbox import Inbox
from headwater.interfaces import Connector, Scanned
from headwater.ledger.waiting import Ask, Timing
from headwater.model import NotModified, RawDocument
from headwater.settings import SourceSettings
from tests.support.project import Project, everything
from tests.support.state import run_all

IDS = tuple(f"{name}.md" for name in "abcdefgh")
AT_ONCE = Timing(debounce=0, max_wait=0)
Happens: TypeAlias = Callable[[Workshop, str, str], None]
"""(an open workshop, "listed" or "fetched", the document)"""


@dataclass(frozen=True)
class Hooked:
    """A connector that lets something happen right after a document was fetched by the run, or listed."""

    real: Connector
    after: Callable[[str, str], None]

    @property
    def name(self) -> str:
        return self.real.name

    @property
    def absence_is_final(self) -> bool:
        return bool(getattr(self.real, "absence_is_final", False))

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        for item in self.real.scan(resume):
            yield item
            self.after("listed", getattr(item, "id", "."))

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        found = self.real.fetch(id, known)
        self.after("fetched", id)
        return found


@dataclass
class World:
    """A project, and a run over it in which things happen."""

    project: Project

    def announce(self, workshop: Workshop, *ids: str, access: bool = False) -> None:
        asks = [Ask(source="docs", document=id, reason="told", access=access) for id in ids]
        Inbox(workshop.ledger, timing=AT_ONCE).receive("docs", "", asks)

    def run(self, happens: Happens) -> Workshop:
        """Ingest everything; the open workshop is the caller's to close."""
        workshop = self.project.open()
        hooked(workshop, lambda what, id: happens(workshop, what, id))
        attend(workshop)
        report = run_all(workshop)
        assert not report.sources[0].error, report.sources[0].error
        del vars(workshop)["connector"]
        return workshop

    def rebuild(self, happens: Happens) -> Workshop:
        """What happens is told of the workshop whose index is live; it is the caller's to close."""
        live = self.project.open()

        def make(target: str) -> Workshop:
            made = Workshop(live.settings, command="test", target=target, opened=live)
            hooked(made, lambda what, id: happens(live, what, id))
            return made

        report = rebuild(make, live, [source.name for source in live.settings.sources])
        assert not report.sources[0].error, report.sources[0].error
        return live


def hooked(workshop: Workshop, after: Callable[[str, str], None]) -> None:
    """Have `after` called whenever a run of this workshop has fetched or listed something."""
    connector = workshop.connector

    def made(source: SourceSettings) -> Connector:
        return Hooked(connector(source), after)

    vars(workshop)["connector"] = made


def article(id: str, note: object) -> str:
    return f"# Article {id}\n\nThe note of {id} is {note}.\n"


def found(workshop: Workshop, text: str) -> bool:
    return any(text in passage.text for passage in everything(workshop, "the note"))


def once(happens: Callable[[Workshop], None], what: str, id: str) -> Happens:
    """The first time that this is done to this document."""
    left = [happens]

    def hook(workshop: Workshop, done: str, to: str) -> None:
        if (done, to) == (what, id) and left:
            left.pop()(workshop)

    return hook


def change(project: Project, action: str, id: str, number: int) -> None:
    """`write`, `delete`, `close`, `open` or `spoil` a document."""
    path = project.folder / "docs" / id
    if action == "delete":
        path.unlink(missing_ok=True)
    elif action == "spoil":
        project.write(id, b"\x00\x01 no text \x00" + str(number).encode())
    else:
        front = "---\naccess: [group:sre]\n---\n" if action == "close" else ""
        project.write(id, front + article(id, f"number {number}"))
