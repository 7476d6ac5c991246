"""Runs over the wiki with a state folder of their own, and deaths in the middle of them."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from flows.steps import direct_steps, run_sources
from flows.workshop import Workshop
from headwater.ingest.report import RunReport, SourceReport
from headwater.interfaces import Connector
from headwater.model import Outcome
from headwater.settings import Settings, SourceSettings, load
from tests.atomicity.boundaries import Boundaries, Watched, WatchedStore
from tests.chaos.front import Fronted
from tests.chaos.reading import SOURCE, ChaosConnector, Said
from tests.support.hash_embedder import HashDense
from tests.support.state import SharedParsing

MAX_REMOVALS, MAX_SHARE = 2, 0.25
CONFIGURATION = f"""
[groups]
sre = "SRE"
support = "Support"

[[source]]
name = "{SOURCE}"
kind = "chaos"
default_access = []
max_removals = {MAX_REMOVALS}
max_removed_share = {MAX_SHARE}
"""
Noted: TypeAlias = ChaosConnector | Fronted
LEARNING = ("learn", "save_likenesses", "confirm")


class DiedError(BaseException):
    """The process is no more: nothing it would have done afterwards is done."""


class Edges(Boundaries):
    """Boundaries also where the ledger learns something."""

    def watches(self, name: str) -> bool:
        return name in LEARNING or Boundaries.watches(self, name)


def die() -> None:
    raise DiedError


class ChaosWorkshop(Workshop):
    """A workshop whose only source is read by `chaos`."""

    chaos: Connector

    def connector(self, source: SourceSettings) -> Connector:
        return self.chaos


@dataclass
class Witness:
    """A listener that knows whether a listing was compared, so that the run acts on what it said."""

    planned_at_all: bool = False

    def scanning(self, source: str) -> None: ...

    def planned(self, source: str, *, listed: int, changed: int) -> None:
        self.planned_at_all = True

    def document(self, source: str, document: str, outcome: Outcome) -> None: ...

    def published(self, source: str, *, documents: int, epoch: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one run; without a report, it died."""

    said: Said
    planned: bool
    report: SourceReport | None


@dataclass
class Runs:
    """Opens a workshop for each run, as a command does."""

    folder: Path
    connector: Noted
    parsing: SharedParsing
    dense: HashDense = field(default_factory=HashDense)

    def __post_init__(self) -> None:
        file = self.folder / "headwater.toml"
        file.write_text(CONFIGURATION)
        self.settings: Settings = load(file, home=self.folder / "home")

    def open(self, home: Path | None = None, **options: Any) -> ChaosWorkshop:
        """On the state kept, or on a new one in `home`."""
        settings = self.settings if home is None else replace(self.settings, home=home)
        workshop = ChaosWorkshop(settings, command="test", **options)
        workshop.chaos = self.connector
        vars(workshop)["dense"] = self.dense
        vars(workshop)["parsing"] = self.parsing
        return workshop

    def run(self, *, dies_at: int | None = None) -> Ran:
        """One run over everything; it may die at an operation on index or ledger, by number."""
        self.connector = replace(self.connector, said=Said())
        witness, edges = Witness(), Edges()
        workshop = self.open(listener=witness)
        if dies_at is not None:
            vars(workshop)["ledger"] = Watched(workshop.ledger, "ledger", edges)
            vars(workshop)["store"] = WatchedStore(workshop.store, edges)
            edges.arm(dies_at, die, lasting=True)
        report: RunReport | None = None
        try:
            report = run_sources(workshop, [SOURCE], direct_steps(workshop))
        except DiedError:
            pass
        finally:
            edges.disarm()
            workshop.close()
        return Ran(self.connector.said, witness.planned_at_all, report.sources[0] if report else None)
