"""Damage done by hand to an index, a ledger and a source, each kind with the classes that have to name it."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from flows.audit import audit
from flows.workshop import LEDGER_FILE, Workshop
from headwater.audit.examine import ids_of
from headwater.audit.points import everything
from headwater.audit.values import AuditReport
from headwater.index.base import Point
from headwater.index.points import point_id
from headwater.ledger.base import DocumentRow
from headwater.model import PUBLIC, Access
from tests.support.project import Project

SRE = Access(frozenset({"group:sre"}))
SUPPORT = Access(frozenset({"group:support"}))
FAR = 10**9
Stored = dict[str, tuple[dict[str, Any], bytes, object]]


def write(project: Project, id: str, content: str | bytes, at: int = 1_700_000_000) -> None:
    """A file last written a while ago: one that may still be being written has a version of its own each time."""
    os.utime(project.write(id, content), (at, at))


@dataclass(slots=True)
class Scene:
    """The project, and what is stored of it; everything is opened anew each time, as commands do."""

    project: Project

    def audit(self, *, repair: bool = False, sources: bool = True, source: str | None = None) -> AuditReport:
        with self.project.open() as workshop:
            return audit(workshop, source, with_sources=sources, mend=repair)

    def do(self, *damages: "Damage") -> None:
        for damage in damages:
            with self.project.open() as workshop:
                damage.do(Hand(self.project, workshop))
                workshop.index().flush()

    def points(self) -> Stored:
        """Everything that is stored, vectors too, as bytes where that can be."""
        with self.project.open() as workshop:
            return {
                point.id: (dict(point.payload), point.dense.tobytes() if point.dense is not None else b"", point.sparse)
                for point in workshop.index().scroll(everything(None), vectors=True)
            }

    def rows(self) -> dict[str, DocumentRow]:
        with self.project.open() as workshop:
            return {row.id: row for row in workshop.ledger.documents(workshop.generation)}

    def visible(self) -> dict[tuple[str, int], tuple[Any, ...]]:
        """What readers find, apart from which publication it came with."""
        with self.project.open() as workshop:
            epoch = workshop.ledger.epoch()
        return {
            (payload["document"], payload["position"]): (
                payload["content"],
                tuple(payload["allow"]),
                tuple(payload["deny"]),
                dense,
            )
            for payload, dense, _ in self.points().values()
            if payload["from"] <= epoch < payload["to"]
        }


@dataclass(slots=True)
class Hand:
    """What damage is done with."""

    project: Project
    workshop: Workshop

    def row(self, id: str) -> DocumentRow:
        row = self.workshop.ledger.document(self.workshop.generation, "docs", id)
        assert row is not None
        return row

    def ids(self, id: str) -> tuple[str, ...]:
        return ids_of(self.row(id))

    def copy_of(self, id: str, as_id: str, **payload: Any) -> None:
        """A point of this document, with other fields, stored under this id."""
        (point,) = self.workshop.index().retrieve(self.ids(id)[:1], vectors=True)
        assert point.dense is not None
        assert point.sparse is not None
        self.workshop.index().upsert(
            [Point(as_id, point.dense, point.sparse, {**point.payload, "document": id, **payload})]
        )

    def sql(self, statement: str, *values: str) -> None:
        with closing(sqlite3.connect(self.project.folder / "home" / LEDGER_FILE)) as database, database:
            assert database.execute(statement, values).rowcount == 1


@dataclass(frozen=True, slots=True)
class Damage:
    """`of` the document in `classes`; `comes_again` when only a run of the source can set it right."""

    name: str
    of: str
    classes: tuple[str, ...]
    do: Callable[[Hand], object]
    comes_again: bool = False
    leak: bool = False
    also: Mapping[str, str] = field(default_factory=dict)


def _orphan(hand: Hand) -> None:
    for position in range(3):
        id = point_id(1, "docs", "ghost.md", position)
        hand.copy_of("limits.md", id, document="ghost.md", publication=1, position=position)


def _beyond(hand: Hand) -> None:
    row = hand.row("limits.md")
    id = point_id(row.publication, "docs", row.id, row.chunks)
    hand.copy_of("limits.md", id, position=row.chunks)


def _old_version(hand: Hand) -> None:
    hand.copy_of("limits.md", point_id(0, "docs", "limits.md", 0), publication=0, position=0)


def _contradiction(hand: Hand) -> None:
    hand.copy_of("limits.md", hand.ids("limits.md")[0], document="elsewhere.md")


def _touched(hand: Hand) -> None:
    row = hand.row("limits.md")
    hand.workshop.ledger.touch(hand.workshop.generation, "docs", {row.id: "older"}, row.verified_at)


def _index(call: str, id: str, first: int, last: int | None, *values: Any, **named: Any) -> Callable[[Hand], object]:
    return lambda hand: getattr(hand.workshop.index(), call)(hand.ids(id)[first:last], *values, **named)


def _drop_row(hand: Hand) -> None:
    hand.sql("delete from documents where id = ?", "harbour.md")


def _outdated(hand: Hand) -> None:
    hand.workshop.ledger.outdate(hand.workshop.generation, "docs", ["billing.md"])


def _ledger_too_wide(hand: Hand) -> None:
    hand.workshop.ledger.set_access(hand.workshop.generation, "docs", "keys.md", PUBLIC)


def _added(hand: Hand) -> None:
    write(hand.project, "added.md", "# Added\n\nThis page is new.\n")


def _removed(hand: Hand) -> None:
    (hand.project.folder / "docs" / "restore.md").unlink()


def _edited(hand: Hand) -> None:
    write(hand.project, "billing.md", "# Billing\n\nEverything is paid at once now, and in advance.\n", 1_700_000_009)


DAMAGES: tuple[Damage, ...] = (
    Damage("leak", "keys.md", ("wrong_access",), _index("set_access", "keys.md", 0, 2, PUBLIC), leak=True),
    Damage("leak to others", "keys.md", ("wrong_access",), _index("set_access", "keys.md", 0, 1, SUPPORT), True, True),
    Damage("too strict", "billing.md", ("wrong_access",), _index("set_access", "billing.md", 0, 1, SRE), True),
    Damage("for nobody", "limits.md", ("wrong_access",), _index("set_access", "limits.md", 0, None, Access()), True),
    Damage("ledger too wide", "keys.md", ("wrong_access",), _ledger_too_wide, True),
    Damage("chunk gone", "billing.md", ("missing",), _index("delete", "billing.md", -1, None), True),
    Damage("all chunks gone", "harbour.md", ("missing",), _index("delete", "harbour.md", 0, None), True),
    Damage("never published", "billing.md", ("wrong_epoch",), _index("stamp", "billing.md", 0, 1, from_=2**53)),
    Damage("published later", "billing.md", ("wrong_epoch",), _index("stamp", "billing.md", 1, 2, from_=FAR)),
    Damage("superseded", "restore.md", ("wrong_epoch",), _index("stamp", "restore.md", 0, None, to=1)),
    Damage("superseded later", "restore.md", ("wrong_epoch",), _index("stamp", "restore.md", 0, 1, to=FAR)),
    Damage("orphans", "ghost.md", ("orphan",), _orphan),
    Damage("beyond the last", "limits.md", ("orphan",), _beyond),
    Damage("older version shows", "limits.md", ("wrong_epoch",), _old_version),
    Damage("contradiction", "elsewhere.md", ("orphan",), _contradiction, True, also={"limits.md": "missing"}),
    Damage("row lost", "harbour.md", ("orphan", "never_ingested"), _drop_row, True),
    Damage("older version", "limits.md", ("wrong_version",), _touched),
    Damage("processed otherwise", "billing.md", ("wrong_embedding",), _outdated, True),
    Damage("added", "added.md", ("never_ingested",), _added, True),
    Damage("removed", "restore.md", ("gone",), _removed, True),
    Damage("edited", "billing.md", ("wrong_version",), _edited, True),
)
BY_NAME = {damage.name: damage for damage in DAMAGES}


def found(report: AuditReport) -> dict[str, list[str]]:
    """Documents by class, as examples name them, where the class has any."""
    return {one.name: sorted(example.document for example in one.examples) for one in report.classes if one.count}


def expected(damages: Iterable[Damage]) -> dict[str, set[str]]:
    """What has to be found at least."""
    wanted: dict[str, set[str]] = {}
    for damage in damages:
        for kind in damage.classes:
            wanted.setdefault(kind, set()).add(damage.of)
        for document, kind in damage.also.items():
            wanted.setdefault(kind, set()).add(document)
    return wanted
