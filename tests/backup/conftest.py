"""A project with state, its backups, and what its readers are answered."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from flows.backup import Backup, back_up, restore_backup
from flows.workshop import Workshop
from headwater.backup.putting import Restored
from headwater.embedding.open import open_sparse
from headwater.index.base import Hit
from headwater.index.permitted import permitted_condition
from headwater.index.query import Query
from headwater.parsing.pool import ParserPool
from headwater.settings import load
from tests.support.project import Project
from tests.support.state import SharedParsing, open_workshop, scratch

QUESTIONS = ("article", "vault rotation", "invoice number 3", "gone away", "version two")
ASKERS = (frozenset[str](), frozenset({"group:sre"}), frozenset({"group:support"}))


@pytest.fixture(scope="session")
def backup_pool() -> Iterator[ParserPool]:
    with ParserPool(workers=1) as opened:
        yield opened


@pytest.fixture
def project(backup_pool: ParserPool) -> Iterator[Project]:
    with scratch("backup") as folder:
        (folder / "docs").mkdir()
        made = Project(folder, SharedParsing(backup_pool))
        made.configure()
        yield made


@dataclass(frozen=True, slots=True)
class Room:
    """The project, and where its backups are restored to."""

    project: Project
    place: str = "elsewhere"

    @property
    def home(self) -> Path:
        return self.project.folder / "home"

    @property
    def elsewhere(self) -> Path:
        return self.project.folder / self.place

    def back_up(self, name: str = "one.tar.gz") -> Backup:
        with self.project.open() as workshop:
            return back_up(workshop, self.project.folder / name)

    def restore(self, file: Path, *, newer: Path | None = None) -> Restored:
        settings = load(self.project.folder / "headwater.toml", home=self.elsewhere)
        return restore_backup(settings, file, newer=newer)

    def open_restored(self) -> Workshop:
        config = self.project.folder / "headwater.toml"
        return open_workshop(config, self.elsewhere, dense=self.project.dense, parsing=self.project.parsing)

    def write(self, count: int, text: str = "version one") -> None:
        for number in range(count):
            readers = "" if number % 3 else "---\naccess: [group:sre]\n---\n\n"
            self.project.write(
                f"{number}.md",
                f"{readers}# Article {number}\n\nInvoice number {number}, {text}.\n\n## Vault\n\nRotation {number}.\n",
            )


@pytest.fixture
def room(project: Project) -> Room:
    return Room(project)


Answers = dict[tuple[str, frozenset[str]], list[Hit]]


def answers(workshop: Workshop, epoch: int) -> Answers:
    """Everything these people are answered to these questions at this epoch, in order, with every score.

    Sums of BM25 differ in the last bit from one opening to the next. What a later publication stamped is left out.
    """
    sparse = open_sparse()
    return {
        (question, asker): [
            _comparable(hit)
            for hit in workshop.index().search(
                Query(
                    filter=permitted_condition(asker, epoch),
                    dense=workshop.dense.embed_query(question),
                    sparse=sparse.encode_query(question),
                    limit=1000,
                    candidates=1000,
                )
            )
        ]
        for question in QUESTIONS
        for asker in ASKERS
    }


def _comparable(hit: Hit) -> Hit:
    payload = {name: value for name, value in hit.payload.items() if name not in ("to", "fence")}
    return replace(hit, sparse=None if hit.sparse is None else round(hit.sparse, 4), payload=payload)
