"""Any damages at once, repairs that are killed, samples, and what machines read."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.cli import run
from flows.audit_sample import sample
from flows.workshop import Workshop
from headwater.audit.sampling import interval
from headwater.audit.values import CLASSES, AuditReport
from headwater.model import PUBLIC
from tests.audit.damage import BY_NAME, Scene, expected, found
from tests.support.hash_embedder import HashDense

INDEX_SIDE = sorted(BY_NAME.keys() - {"added", "removed", "edited", "ledger too wide"})
"""A ledger that is wrong together with its index is known by reading documents again alone, as a sample does."""


# Without shrinking: an example takes seconds, and names at most five damages.
@settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(names=st.lists(st.sampled_from(INDEX_SIDE), min_size=2, max_size=5, unique=True))
def test_any_damages_together_are_set_right(make_scene: Callable[[], Scene], names: list[str]) -> None:
    damages = [BY_NAME[name] for name in names]
    # What takes a document out of the ledger, or points out of the index, comes last: others need them there.
    damages.sort(key=lambda damage: ("gone" in damage.name) + 2 * (damage.name == "row lost"))
    scene = make_scene()
    visible = scene.visible()
    scene.do(*damages)
    first = scene.audit()
    assert first.exit_code == 3
    assert all(one.adds_up for one in first.sums)
    for kind, documents in expected(damages).items():
        if "row lost" not in names:
            assert documents <= set(_all_of(scene, kind)), kind
    done = scene.audit(repair=True)
    assert done.exit_code == 0, found(done)
    again = scene.audit(repair=True)
    assert not found(again)
    assert not again.repairs
    assert scene.visible() == visible


def _all_of(scene: Scene, kind: str) -> list[str]:
    with scene.project.open() as workshop:
        learned = workshop.ledger.learned("docs", "audit")
    assert learned is not None
    documents = learned["found"].get(kind, {}).get("documents", [])
    return [str(document) for document in documents]


def test_a_repair_that_is_killed_is_finished_by_the_next(scene: Scene) -> None:
    visible = scene.visible()
    names = ("leak", "chunk gone", "orphans", "superseded", "older version", "for nobody")
    killed = 0
    draw = random.Random(7)
    for _ in range(2):
        scene.do(*(BY_NAME[name] for name in names))
        command = [sys.executable, "-m", "tests.audit.repairing_process", str(scene.project.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(draw.random() * 0.6)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        # However far it came, nobody reads more than they must.
        report = scene.audit(repair=True)
        assert report.exit_code == 0, found(report)
        assert scene.visible() == visible
    assert killed


Command = Callable[..., dict[str, Any]]


@pytest.fixture
def command(scene: Scene, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Command:
    """A command line in this process, which has to end with this code; what it prints."""
    monkeypatch.setattr(Workshop, "dense", HashDense())
    folder = scene.project.folder

    def call(code: int, *arguments: str) -> dict[str, Any]:
        capfdbinary.readouterr()
        assert run([*arguments, "--config", str(folder / "headwater.toml"), "--home", str(folder / "home")]) == code
        printed: dict[str, Any] = json.loads(capfdbinary.readouterr().out)
        return printed

    return call


def drawn(scene: Scene, many: int, seed: int = 1) -> AuditReport:
    with scene.project.open() as workshop:
        return sample(workshop, None, asked=many, seed=seed)


def test_a_sample_finds_what_a_listing_does_not_show(scene: Scene) -> None:
    assert drawn(scene, 100).exit_code == 0
    scene.do(BY_NAME["orphans"], BY_NAME["edited"], BY_NAME["leak"], BY_NAME["removed"])
    with scene.project.open() as workshop:
        # Both sides agree, and are wrong: only reading the document again tells.
        row = workshop.ledger.document(workshop.generation, "docs", "quiet.md")
        assert row is not None
        path = scene.project.folder / "docs" / "quiet.md"
        before = path.stat()
        path.write_text(path.read_text().replace("always", "alwayz"))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        version = workshop.connector(workshop.source("docs")).fetch("quiet.md").version
        workshop.ledger.touch(workshop.generation, "docs", {"quiet.md": version}, row.verified_at)
    points = scene.points()
    report = drawn(scene, 6)
    assert scene.points() == points
    assert found(report) == {
        "wrong_access": ["keys.md"],
        "wrong_version": ["billing.md", "quiet.md"],
        "gone": ["restore.md"],
    }
    assert report.sample is not None
    assert (report.sample.read, report.sample.wrong, report.sample.population) == (6, 4, 6)
    assert (report.sample.low, report.sample.high) == (4 / 6, 4 / 6)
    part = drawn(scene, 3, seed=5)
    assert part.sample is not None
    assert part.sample.low <= 4 / 6 <= part.sample.high
    assert found(part) == found(drawn(scene, 3, seed=5))


def test_the_ledger_and_the_index_may_be_wrong_together(scene: Scene) -> None:
    scene.do(BY_NAME["ledger too wide"])
    with scene.project.open() as workshop:
        row = workshop.ledger.document(workshop.generation, "docs", "keys.md")
        assert row is not None
        from headwater.audit.examine import ids_of

        workshop.index().set_access(ids_of(row), PUBLIC)
    (worst, *_) = drawn(scene, 6).classes
    assert (worst.name, worst.severity, worst.count) == ("wrong_access", "critical", 1)


@pytest.mark.parametrize(("population", "read"), [(20, 7), (60, 25), (40, 40)])
def test_the_interval_holds_for_at_least_95_of_100_samples(population: int, read: int) -> None:
    for total in range(population + 1):
        held = 0.0
        for wrong in range(max(0, read - (population - total)), min(read, total) + 1):
            chance = comb(total, wrong) * comb(population - total, read - wrong) / comb(population, read)
            low, high = interval(wrong, read, population)
            assert low <= wrong / read <= high
            held += chance if low <= total / population <= high else 0
        assert held >= 0.95 - 1e-9, (total, held)


def test_the_interval_of_a_large_population_is_that_of_an_endless_one() -> None:
    low, high = interval(0, 100, 10**6)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 100), rel=0.01)
    assert interval(0, 0, 50) == (0.0, 1.0)


def test_vectors_of_another_model_are_found_and_left_to_a_rebuild(scene: Scene) -> None:
    points = scene.points()
    scene.project.dense = HashDense(window=64)
    report = scene.audit(repair=True)
    (worst, *_) = report.classes
    assert (worst.name, worst.count, worst.repaired) == ("wrong_embedding", 6, 0)
    assert any("headwater rebuild" in said for said in report.repairs)
    scene.project.dense = HashDense()
    assert scene.points() == points


def test_what_the_command_prints_is_documented(scene: Scene, repository: Path, command: Command) -> None:
    text = (repository / "docs" / "audit.md").read_text()
    shape = json.loads(text.split("```json\n")[1].split("```")[0])
    scene.do(BY_NAME["orphans"])
    printed = command(3, "audit", "--json")
    assert printed.keys() == shape.keys()
    for name in ("sources", "classes", "sums"):
        assert printed[name][0].keys() == shape[name][0].keys()
    assert printed["classes"][0]["examples"][0].keys() == shape["classes"][0]["examples"][0].keys()
    sampled = command(0, "audit", "--sample", "3", "--seed", "4", "--json")
    assert sampled["sample"].keys() == shape["sample"].keys()
    assert sampled["sample"]["seed"] == 4
    for name in CLASSES:
        assert f"`{name}`" in text
    assert "audit.md" in (repository / "docs" / "commands.md").read_text()
    assert command(2, "audit", "--sample", "3", "--repair", "--json").keys() == {"error", "advice"}
    assert command(0, "audit", "--repair", "--json")["repairs"]
