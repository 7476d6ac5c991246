"""Each kind of damage is found, set right, and nothing else is touched."""

from typing import Any

import pytest

from connectors import opened
from headwater.audit.values import AuditReport
from headwater.index.shared import SharedIndex
from tests.audit.damage import BY_NAME, DAMAGES, Damage, Scene, expected, found, write


def right(report: AuditReport) -> bool:
    return not found(report) and report.exit_code == 0 and all(one.adds_up for one in report.sums)


def test_nothing_is_found_where_nothing_is_wrong(scene: Scene) -> None:
    points, rows = scene.points(), scene.rows()
    report = scene.audit(repair=True)
    assert right(report)
    assert not report.repairs
    assert (scene.points(), scene.rows()) == (points, rows)
    parts = {one.name: dict(one.parts) for one in report.sums}
    assert parts["points in the index"] == {"belonging": len(points)}
    assert parts["docs: documents listed"] == {"same": len(rows)}
    assert parts["docs: documents searchable"] == {"in source": len(rows)}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_each_damage_is_found_and_set_right_and_nothing_else_is_touched(scene: Scene, damage: Damage) -> None:
    points, rows, visible = scene.points(), scene.rows(), scene.visible()
    scene.do(damage)
    damaged = scene.points()
    first = scene.audit()
    wanted = {kind: sorted(documents) for kind, documents in expected([damage]).items()}
    assert found(first) == wanted
    assert first.exit_code == 3
    assert all(one.adds_up for one in first.sums), first.sums
    assert scene.points() == damaged

    done = scene.audit(repair=True)
    assert done.exit_code == 0
    assert all(one.repaired == one.count for one in done.classes), found(done)
    assert right(scene.audit())

    after, rows_after = scene.points(), scene.rows()
    concerned = {damage.of, *damage.also}
    others = {id: point for id, point in points.items() if point[0]["document"] not in concerned}
    assert {id: after.get(id) for id in others} == others
    assert {id: rows_after[id] for id in rows if id not in concerned} == {
        id: row for id, row in rows.items() if id not in concerned
    }
    if not damage.comes_again:
        assert after == points
        assert scene.visible() == visible
    elif damage.name not in ("added", "removed", "edited"):
        assert scene.visible() == visible


@pytest.mark.parametrize("name", ["leak", "leak to others"])
def test_a_leak_is_told_first(scene: Scene, name: str) -> None:
    scene.do(BY_NAME["orphans"], BY_NAME["chunk gone"], BY_NAME[name])
    worst = scene.audit().classes[0]
    assert (worst.name, worst.severity) == ("wrong_access", "critical")
    assert worst.examples[0].document == "keys.md"


def test_leaks_are_closed_before_anything_else(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its name comes last, and there is damage of other kinds before it.
    scene.do(BY_NAME["orphans"], BY_NAME["superseded"], BY_NAME["chunk gone"], BY_NAME["leak"])
    calls: list[str] = []

    def recorded(name: str) -> None:
        before = getattr(SharedIndex, name)

        def call(self: SharedIndex, *arguments: Any, **named: Any) -> Any:
            calls.append(name)
            return before(self, *arguments, **named)

        monkeypatch.setattr(SharedIndex, name, call)

    for name in ("set_access", "stamp", "delete", "delete_where", "upsert", "flush"):
        recorded(name)
    assert scene.audit(repair=True).exit_code == 0
    assert calls[:2] == ["set_access", "flush"]
    assert "stamp" in calls


def test_without_the_source_readers_are_only_ever_taken_away(scene: Scene) -> None:
    scene.do(BY_NAME["leak to others"], BY_NAME["too strict"], BY_NAME["chunk gone"])
    report = scene.audit(repair=True, sources=False)
    assert report.exit_code == 3
    assert any("headwater ingest docs" in said for said in report.repairs)
    readers = {(document, position): allow for (document, position), (_, allow, _, _) in scene.visible().items()}
    assert readers[("keys.md", 0)] == ()
    assert readers[("billing.md", 1)] == ("group:sre", "public")
    # The next run of the source does the rest.
    assert scene.project.ingest().exit_code == 0
    assert right(scene.audit())


def test_a_ledger_that_lets_too_many_read_is_not_believed(scene: Scene) -> None:
    scene.do(BY_NAME["ledger too wide"])
    scene.audit(repair=True, sources=False)
    assert all(
        allow == ("group:sre",) for (document, _), (_, allow, _, _) in scene.visible().items() if "keys" in document
    )
    assert scene.audit(repair=True).exit_code == 0
    assert scene.rows()["keys.md"].access.allow == {"group:sre"}


def test_much_that_is_gone_is_withheld(scene: Scene) -> None:
    for number in range(20):
        write(scene.project, f"more/{number}.md", f"# Page {number}\n\nIt says {number} and {number * 7} only.\n")
    assert scene.project.ingest().exit_code == 0
    for number in range(15):
        (scene.project.folder / "docs" / "more" / f"{number}.md").unlink()
    report = scene.audit(repair=True)
    (gone,) = [one for one in report.classes if one.name == "gone"]
    assert (gone.count, gone.repaired) == (15, 0)
    assert report.exit_code == 3
    assert any("headwater approve docs" in said for said in report.repairs)
    assert len(scene.rows()) == 26


def test_a_version_that_the_source_confirms_is_not_another(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "SETTLED_NS", 10**12)
    write(scene.project, "young.md", "# Young\n\nIt was written a moment ago.\n")
    assert scene.project.ingest().exit_code == 0
    monkeypatch.setattr(opened, "SETTLED_NS", 0)
    version = scene.rows()["young.md"].version
    assert right(scene.audit())
    assert scene.rows()["young.md"].version == version
    write(scene.project, "limits.md", "# Limits\n\nNone at all.\n")
    assert found(scene.audit()) == {"wrong_version": ["limits.md"]}


def test_an_empty_listing_is_an_error(scene: Scene) -> None:
    for file in (scene.project.folder / "docs").iterdir():
        file.unlink()
    report = scene.audit(repair=True)
    assert report.exit_code == 1
    assert not found(report)
    assert report.sources[0].listing == "failed"
    assert len(scene.rows()) == 6


def test_failed_and_blocked_documents_are_known(scene: Scene) -> None:
    write(scene.project, "broken.pdf", b"%PDF-1.7 and nothing more")
    assert scene.project.ingest().exit_code == 3
    with scene.project.open() as workshop:
        from flows.maintain import find_document, remove_document

        remove_document(workshop, find_document(workshop, "limits.md"), block="wrong")
    report = scene.audit()
    assert right(report)
    listed = next(one for one in report.sums if one.name == "docs: documents listed")
    assert dict(listed.parts) == {"same": 5, "failing": 1, "blocked": 1}


def test_what_was_found_is_remembered_for_the_freshness_report(scene: Scene) -> None:
    scene.do(BY_NAME["orphans"], BY_NAME["edited"])
    report = scene.audit()
    with scene.project.open() as workshop:
        learned = workshop.ledger.learned("docs", "audit")
    assert learned is not None
    assert learned["found"] == {
        "orphan": {"count": 1, "documents": ["ghost.md"]},
        "wrong_version": {"count": 1, "documents": ["billing.md"]},
    }
    assert learned["at"] >= report.as_of.isoformat()
    # Ledger and index alone say nothing of versions.
    scene.audit(repair=True, sources=False)
    with scene.project.open() as workshop:
        learned = workshop.ledger.learned("docs", "audit")
    assert learned is not None
    assert learned["found"].keys() == {"wrong_version"}


def test_a_ledger_older_than_its_index_is_refused(scene: Scene) -> None:
    from headwater.errors import IndexMismatchError

    before = {name: (scene.project.folder / "home" / name) for name in ("ledger.db",)}
    kept = {name: path.read_bytes() for name, path in before.items()}
    write(scene.project, "billing.md", "# Billing\n\nNew words.\n")
    scene.project.ingest()
    points = scene.points()
    for name, path in before.items():
        path.write_bytes(kept[name])
        for beside in path.parent.glob(f"{name}-*"):
            beside.unlink()
    with pytest.raises(IndexMismatchError, match="older"):
        scene.audit(repair=True)
    assert scene.points() == points
