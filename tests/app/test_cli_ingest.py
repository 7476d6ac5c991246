"""`ingest`, `remove`, `init`, `doctor`: outcomes, exit codes, and errors that say what to do next."""

import time
from pathlib import Path

import pytest

from tests.app.conftest import Headwater

SOURCE_KEYS = {
    "source", "indexed", "unchanged", "removed", "skipped", "failed", "quarantined", "chunks", "embedded", "reused",
    "seconds",
}  # fmt: skip


def only_source(ran: object) -> dict[str, int]:
    (source,) = ran.json["sources"]  # type: ignore[attr-defined]
    return source  # type: ignore[no-any-return]


def test_a_folder_needs_no_configuration_but_a_reader(headwater: Headwater, folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    refused = headwater("ingest", str(folder), "--direct", cwd=folder, home=home)
    assert refused.code == 2
    assert "--access public" in refused.said
    assert not home.exists()
    ran = headwater("ingest", str(folder), "--access", "public", "--direct", "--json", cwd=folder, home=home)
    assert ran.code == 0
    assert ran.json.keys() >= {"run", "epoch", "seconds", "sources", "problems"}
    assert only_source(ran).keys() >= SOURCE_KEYS
    assert only_source(ran)["indexed"] == 2
    found = headwater("search", "when are invoices sent", "--json", cwd=folder, home=home).json["passages"]
    assert [passage["document"] for passage in found] == ["billing.md"]


def test_an_adhoc_folder_never_touches_a_configured_source(headwater: Headwater, project: Path, folder: Path) -> None:
    home = project / "home"
    assert headwater("ingest", "--direct", cwd=project, home=home).code == 0
    other = project / "other"
    other.mkdir()
    (other / "billing.md").write_text("# Other\n\nAnother document of the same name.\n")
    assert headwater("ingest", str(other), "--access", "public", "--direct", cwd=project, home=home).code == 0
    counts = {
        s["source"]: s["documents"] for s in headwater("status", "--json", cwd=project, home=home).json["sources"]
    }
    assert counts["docs"] == 2
    assert sorted(counts.values()) == [1, 2]
    assert headwater("ingest", "--direct", "--json", cwd=project, home=home).json["notes"] == []


def test_the_second_run_does_nothing_and_an_edit_does_little(headwater: Headwater, project: Path, folder: Path) -> None:
    home = project / "home"
    headwater("ingest", "--direct", cwd=project, home=home)
    again = only_source(headwater("ingest", "--direct", "--json", cwd=project, home=home))
    assert (again["unchanged"], again["indexed"], again["embedded"]) == (2, 0, 0)
    (folder / "billing.md").write_text("# Billing\n\nInvoices are sent on the second day of each month.\n")
    edited = only_source(headwater("ingest", "--direct", "--json", cwd=project, home=home))
    assert (edited["unchanged"], edited["indexed"], edited["embedded"]) == (1, 1, 1)
    text = headwater("search", "invoices", "--json", cwd=project, home=home).json["passages"][0]["text"]
    assert "second day" in text


def test_a_dry_run_writes_nothing(headwater: Headwater, project: Path) -> None:
    home = project / "home"
    forecast = headwater("ingest", "--dry-run", "--json", cwd=project, home=home)
    assert only_source(forecast)["new"] == 2
    assert not home.exists()
    time.sleep(2.1)  # files this young would be looked at again for their age alone
    headwater("ingest", "--direct", cwd=project, home=home)
    config = project / "headwater.toml"
    config.write_text(config.read_text() + 'chunker = "fixed"\n')
    again = only_source(headwater("ingest", "--dry-run", "--json", cwd=project, home=home))
    assert (again["new"], again["changed"], again["reprocess"]) == (0, 0, 2)
    assert "reprocess" in headwater("ingest", "--dry-run", cwd=project, home=home).out


def test_a_broken_file_ends_in_exit_code_3_and_is_not_tried_again(
    headwater: Headwater, project: Path, folder: Path
) -> None:
    home = project / "home"
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing that a PDF should have")
    for _ in range(2):
        ran = headwater("ingest", "--direct", "--json", cwd=project, home=home)
        assert ran.code == 3
        assert only_source(ran)["failed"] == 1
        (problem,) = ran.json["problems"]
        assert problem["document"] == "broken.pdf"
        assert problem["outcome"] == "failed"
        assert problem["reason"]
    assert "broken.pdf" in headwater("status", cwd=project, home=home).out
    (folder / "broken.pdf").unlink()
    assert headwater("ingest", "--direct", cwd=project, home=home).code == 0
    assert headwater("status", "--json", cwd=project, home=home).json["failures"] == []


def test_one_document_can_be_refreshed_alone(headwater: Headwater, project: Path, folder: Path) -> None:
    home = project / "home"
    headwater("ingest", "--direct", cwd=project, home=home)
    for name in ("billing.md", "keys.md"):
        (folder / name).write_text((folder / name).read_text() + "\nOne more sentence.\n")
    ran = headwater("ingest", "docs", "--document", "billing.md", "--direct", "--json", cwd=project, home=home)
    assert only_source(ran)["indexed"] == 1
    (folder / "billing.md").unlink()
    ran = headwater("ingest", "docs", "--document", "billing.md", "--direct", "--json", cwd=project, home=home)
    assert only_source(ran)["removed"] == 1


def test_a_source_that_suddenly_lists_nothing_loses_nothing(headwater: Headwater, project: Path, folder: Path) -> None:
    home = project / "home"
    headwater("ingest", "--direct", cwd=project, home=home)
    for file in folder.iterdir():
        file.unlink()
    ran = headwater("ingest", "--direct", cwd=project, home=home)
    assert ran.code == 1
    assert "headwater remove --source docs" in ran.out
    assert headwater("search", "invoices", "--json", cwd=project, home=home).json["passages"]


def test_a_source_that_left_the_configuration_is_reported_and_kept(headwater: Headwater, project: Path) -> None:
    home = project / "home"
    headwater("ingest", "--direct", cwd=project, home=home)
    config = project / "headwater.toml"
    config.write_text(config.read_text().replace('name = "docs"', 'name = "handbook"'))
    ran = headwater("ingest", "--direct", "--json", cwd=project, home=home)
    assert any("headwater remove --source docs" in note for note in ran.json["notes"])
    removed = headwater("remove", "--source", "docs", "--json", cwd=project, home=home)
    assert len(removed.json["removed"]) == 2
    assert headwater("ingest", "--direct", "--json", cwd=project, home=home).json["notes"] == []


def test_a_blocked_document_stays_away_until_it_is_let_in(headwater: Headwater, project: Path) -> None:
    home = project / "home"

    def found() -> list[object]:
        return headwater("search", "invoices", "--json", cwd=project, home=home).json["passages"]  # type: ignore[no-any-return]

    headwater("ingest", "--direct", cwd=project, home=home)
    assert found()
    blocked = headwater("remove", "docs/billing.md", "--block", "wrong prices", "--json", cwd=project, home=home)
    assert blocked.json["removed"] == ["docs/billing.md"]
    assert not found()
    ran = headwater("ingest", "--direct", "--json", cwd=project, home=home)
    assert only_source(ran)["skipped"] == 1
    assert "wrong prices" in ran.json["problems"][0]["reason"]
    assert not found()
    assert headwater("remove", "docs/billing.md", "--unblock", cwd=project, home=home).code == 0
    headwater("ingest", "--direct", cwd=project, home=home)
    assert found()


def test_a_rebuild_changes_nothing_that_a_reader_sees(headwater: Headwater, project: Path) -> None:
    home = project / "home"
    headwater("ingest", "--direct", cwd=project, home=home)

    def answers() -> list[tuple[str, str]]:
        passages = headwater("search", "invoices", "--json", cwd=project, home=home).json["passages"]
        return [(passage["chunk"], passage["text"]) for passage in passages]

    before = answers()
    headwater("remove", "docs/keys.md", "--block", "later", cwd=project, home=home)
    rebuilt = headwater("rebuild", "--json", cwd=project, home=home)
    assert rebuilt.code == 0
    assert answers() == before
    found = headwater("status", "--json", cwd=project, home=home).json
    assert found["generation"] != "g1"
    assert found["sources"][0]["documents"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ingest", "nowhere", "--direct"], "neither a configured source nor a folder"),
        (["ingest", "--access", "public", "--direct"], "--access goes with a folder"),
        (["ingest", "docs", "docs", "--document", "x"], "one source"),
        (["ingest", "--no-such-option"], "No such option"),
        (["search"], "give a question"),
        (["remove"], "name a document"),
        (["show", "billing.md", "--config", "nowhere.toml"], "does not exist"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_a_sentence(
    headwater: Headwater, project: Path, arguments: list[str], said: str
) -> None:
    ran = headwater(*arguments, cwd=project, home=project / "home")
    assert ran.code == 2
    assert said in ran.said


def test_an_unknown_key_names_the_nearest(headwater: Headwater, project: Path) -> None:
    config = project / "headwater.toml"
    config.write_text(config.read_text().replace("default_access", "default_acess"))
    ran = headwater("ingest", "--direct", "--json", cwd=project, home=project / "home")
    assert ran.code == 2
    assert "default_access" in ran.json["error"]


def test_an_empty_index_says_what_to_do(headwater: Headwater, project: Path) -> None:
    ran = headwater("search", "anything", cwd=project, home=project / "home")
    assert ran.code == 0
    assert "headwater ingest" in ran.out


def test_init_writes_a_configuration_that_works(headwater: Headwater, tmp_path: Path) -> None:
    assert headwater("init", str(tmp_path), cwd=tmp_path).code == 0
    assert headwater("init", str(tmp_path), cwd=tmp_path).code == 2
    assert headwater("init", str(tmp_path), "--force", "--json", cwd=tmp_path).json["file"].endswith("headwater.toml")
    doctor = headwater("doctor", "--json", cwd=tmp_path, home=tmp_path / "home")
    names = {check["name"]: check["state"] for check in doctor.json["checks"]}
    assert names["settings"] == "ok"


def test_doctor_finds_nothing_wrong_with_a_good_set_up(headwater: Headwater, project: Path) -> None:
    ran = headwater("doctor", "--json", cwd=project, home=project / "home")
    assert ran.code == 0
    assert {check["name"] for check in ran.json["checks"]} >= {
        "settings", "state folder", "ledger", "index", "embedding model", "prefect", "source docs",
    }  # fmt: skip


def test_doctor_says_what_to_fix(headwater: Headwater, project: Path, folder: Path) -> None:
    folder.rename(project / "elsewhere")
    ran = headwater("doctor", cwd=project, home=project / "home")
    assert ran.code == 1
    assert "source docs" in ran.out
