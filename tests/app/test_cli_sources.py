"""`headwater sources`: what is connected, what can be, whether it works, and a new one in the file."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.catalogue import kinds
from connectors.http.client import close_all
from connectors.registry import CONNECTORS, build
from headwater.settings import load
from tests.app.conftest import Headwater
from tests.app.test_commands_doc import check as same_shape
from tests.connectors.services.local import once, serving
from tests.connectors.services.website import WebPage, Website, html
from tests.connectors.services.zendesk import EMAIL, TOKEN, Zendesk


@pytest.fixture(scope="module")
def shapes(repository: Path) -> list[dict[str, Any]]:
    text = (repository / "docs" / "commands.md").read_text().split("## sources")[1].split("\n## ")[0]
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    made = Zendesk()
    for number in range(1, 9):
        made.put(number, f"<p>Article {number}</p>")
    with serving(made.answer) as server:
        made.server = server
        yield made
    close_all()


@pytest.fixture
def center(tmp_path: Path, zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose configuration names the help center."""
    assert zendesk.server is not None
    monkeypatch.setenv("ZD_TOKEN", TOKEN)
    (tmp_path / "headwater.toml").write_text(
        '[groups]\ncustomers = "Customers"\n\n'
        f'[[source]]\nname = "help"\nkind = "zendesk"\nurl = "{zendesk.server.url}"\nemail = "{EMAIL}"\n'
        'token = "${ZD_TOKEN}"\nallow_private_addresses = true\ndefault_access = ["public"]\n'
        'segments = { Partners = "group:customers" }\nlocales = ["en-us"]\n'
    )
    return tmp_path


def test_the_list_of_sources(headwater: Headwater, project: Path, shapes: list[dict[str, Any]]) -> None:
    home = project / "home"
    (before,) = headwater("sources", "--json", cwd=project, home=home).json["sources"]
    assert before == {
        "source": "docs", "kind": "folder", "documents": 0,
        "last_success": None, "last_complete": None, "last_error": "",
    }  # fmt: skip
    assert not home.exists(), "looking begins no state"
    assert headwater("ingest", "--direct", cwd=project, home=home).code == 0
    found = headwater("sources", "--json", cwd=project, home=home).json
    same_shape(found, shapes[0])
    assert found["sources"][0]["documents"] == 2
    assert found["sources"][0]["last_success"]
    assert "docs" in headwater("sources", cwd=project, home=home).out


def test_a_failed_run_is_remembered(headwater: Headwater, project: Path) -> None:
    config = project / "headwater.toml"
    config.write_text(config.read_text().replace('path = "docs"', 'path = "nowhere"'))
    assert headwater("ingest", "--direct", cwd=project, home=project / "home").code == 1
    (found,) = headwater("sources", "--json", cwd=project, home=project / "home").json["sources"]
    assert "nowhere" in found["last_error"]
    assert found["last_success"] is None


def test_options_before_a_subcommand_are_refused(headwater: Headwater, project: Path) -> None:
    ran = headwater("sources", "--json", "kinds", cwd=project)
    assert ran.code == 2
    assert "after kinds" in ran.err


def test_kinds_lists_every_connector_with_its_settings(
    headwater: Headwater, tmp_path: Path, shapes: list[dict[str, Any]]
) -> None:
    found = headwater("sources", "kinds", "--json", cwd=tmp_path).json
    same_shape(found, shapes[1])
    by_kind = {one["kind"]: one for one in found["kinds"]}
    assert set(CONNECTORS) <= set(by_kind)
    token = next(one for one in by_kind["zendesk"]["settings"] if one["name"] == "token")
    assert token["secret"]
    assert not token["required"]
    text = headwater("sources", "kinds", "zendesk", cwd=tmp_path).out
    assert "user segments" in text
    assert "full_every (duration)" in text
    assert "Pages of a website" not in text


def test_an_unknown_kind_names_the_nearest(headwater: Headwater, project: Path) -> None:
    for command in ("kinds", "add"):
        ran = headwater("sources", command, "zendsk", cwd=project)
        assert ran.code == 2
        assert "did you mean zendesk?" in ran.err


def test_check_shows_documents_with_their_readers(
    headwater: Headwater, center: Path, zendesk: Zendesk, shapes: list[dict[str, Any]]
) -> None:
    home = center / "home"
    ran = headwater("sources", "check", "help", "--limit", "3", "--json", cwd=center, home=home)
    assert ran.code == 0, ran.err
    same_shape(ran.json, shapes[2])
    (found,) = ran.json["sources"]
    assert (found["listed"], found["listing"], len(found["documents"])) == (8, "complete", 3)
    first = found["documents"][0]
    assert (first["document"], first["title"], first["kind"]) == ("en-us/1", "Article 1", "help")
    assert first["updated"].startswith("2026-01-02")
    assert first["access"] == {"allow": ["public"], "deny": []}
    assert not home.exists()
    assert TOKEN not in ran.out + ran.err
    text = headwater("sources", "check", "--limit", "1", cwd=center, home=home).out
    assert "readable by public" in text
    assert "the listing is complete" in text


def test_check_stops_after_enough(headwater: Headwater, center: Path, zendesk: Zendesk) -> None:
    assert zendesk.server is not None
    zendesk.page = 2
    ran = headwater("sources", "check", "--most", "2", "--limit", "0", "--json", cwd=center, home=center / "home")
    (found,) = ran.json["sources"]
    assert (found["listed"], found["listing"]) == (2, "stopped")
    pages = [asked for asked in zendesk.server.asked if asked.path.endswith("/articles.json")]
    assert len(pages) <= 2, "of four"


def test_check_ends_with_3_for_readers_that_nobody_knows(headwater: Headwater, center: Path, zendesk: Zendesk) -> None:
    zendesk.put(2, "<p>Secret</p>", user_segment_id=zendesk.segment("Strangers", "custom"))
    ran = headwater("sources", "check", "--json", cwd=center, home=center / "home")
    assert ran.code == 3
    (found,) = ran.json["sources"]
    assert any("Strangers" in finding and "en-us/2" in finding for finding in found["findings"])
    assert any("nobody may read 1 of the 8" in finding for finding in found["findings"])
    assert found["documents"][1]["access"] == {"allow": [], "deny": []}


def test_check_ends_with_1_when_the_credentials_are_refused(
    headwater: Headwater, center: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZD_TOKEN", "wr0ng-token")
    ran = headwater("sources", "check", "--json", cwd=center, home=center / "home")
    assert ran.code == 1
    (found,) = ran.json["sources"]
    assert "401" in found["error"]
    assert "token" in found["advice"]
    assert "wr0ng-token" not in ran.out + ran.err
    monkeypatch.delenv("ZD_TOKEN")
    ran = headwater("sources", "check", cwd=center, home=center / "home")
    assert ran.code == 1
    assert "ZD_TOKEN, which is not set" in ran.out


def test_check_says_what_may_be_listed_and_not_read(headwater: Headwater, tmp_path: Path) -> None:
    site = Website()
    site.pages = {f"/{n}": WebPage(html(f"Text {n}")) for n in range(3)}
    with serving(site.answer) as server:
        site.server = server
        server.faults += [lambda asked: once(403)(asked) if asked.path == "/1" else None]
        (tmp_path / "headwater.toml").write_text(
            f'[[source]]\nname = "site"\nkind = "website"\nurl = "{site.url}/"\nallow_private_addresses = true\n'
            'default_access = ["public"]\n'
        )
        ran = headwater("sources", "check", "--json", cwd=tmp_path, home=tmp_path / "home")
    close_all()
    assert ran.code == 3
    (found,) = ran.json["sources"]
    assert found["listed"] == 3
    assert len(found["documents"]) == 2
    assert any("/1 refused our credentials (403)" in finding for finding in found["findings"])


def test_check_of_an_empty_folder_and_of_none(headwater: Headwater, project: Path, folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    assert headwater("sources", "check", cwd=project, home=project / "home").code == 3
    folder.rmdir()
    ran = headwater("sources", "check", cwd=project, home=project / "home")
    assert ran.code == 1
    assert "cannot be read" in ran.out
    assert headwater("sources", "check", "dogs", cwd=project, home=project / "home").code == 2


def test_check_leaves_the_ledger_as_it_was(headwater: Headwater, project: Path, folder: Path) -> None:
    home = project / "home"
    assert headwater("ingest", "--direct", cwd=project, home=home).code == 0
    before = headwater("status", "--json", cwd=project, home=home).json
    (folder / "new.md").write_text("# New\n\nText.\n")
    assert headwater("sources", "check", "--json", cwd=project, home=home).json["sources"][0]["listed"] == 3
    assert headwater("status", "--json", cwd=project, home=home).json == before


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_add_appends_a_block_that_loads(
    headwater: Headwater, project: Path, kind: str, shapes: list[dict[str, Any]]
) -> None:
    file = project / "headwater.toml"
    file.write_bytes(
        b"\xef\xbb\xbf# mine,  oddly   spaced\r\n" + file.read_bytes().replace(b"\n", b"\r\n") + b"# no newline"
    )
    before = file.read_bytes()
    ran = headwater("sources", "add", kind, "--json", cwd=project)
    assert ran.code == 0, ran.err
    same_shape(ran.json, shapes[3])
    after = file.read_bytes()
    assert after.startswith(before)
    assert b"\n" not in after[len(before):].replace(b"\r\n", b"")  # fmt: skip
    source = load(file).source(kind)
    assert source is not None
    assert source.default_access.allow == frozenset(), "nobody reads it until someone is named"
    assert "default_access" in ran.json["fill_in"]
    assert build(source, load(file).known_groups).name == kind
    described = next(one for one in kinds() if one.kind == kind)
    text = after.decode("utf-8-sig")
    for setting in described.settings:
        assert re.search(rf"^(# )?{setting.name} = ", text, re.MULTILINE), setting.name


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_the_lines_that_are_commented_out_are_settings_too(
    headwater: Headwater, project: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "headwater.toml"
    assert headwater("sources", "add", kind, "--name", "new", "--access", "group:sre", cwd=project).code == 0
    head, _, block = file.read_text().rpartition("[[source]]")
    described = next(one for one in kinds() if one.kind == kind)
    for setting in described.settings:
        if f"\n# {setting.name} = " not in block or setting.default in ("", None, [], {}):
            continue
        file.write_text(f"{head}[[source]]{block.replace(f'# {setting.name} = ', f'{setting.name} = ')}")
        source = load(file).source("new")
        assert source is not None
        assert source.default_access.allow == frozenset({"group:sre"})
        build(source, None)


def test_add_refuses_a_name_that_is_taken(headwater: Headwater, project: Path) -> None:
    before = (project / "headwater.toml").read_bytes()
    ran = headwater("sources", "add", "folder", "--name", "docs", cwd=project)
    assert ran.code == 2
    assert "--name" in ran.err
    ran = headwater("sources", "add", "folder", "--access", "everyone", cwd=project)
    assert ran.code == 2
    assert (project / "headwater.toml").read_bytes() == before


def test_add_twice_and_where_it_cannot(headwater: Headwater, project: Path, tmp_path: Path) -> None:
    assert headwater("sources", "add", "feed", cwd=project).code == 0
    assert headwater("sources", "add", "feed", cwd=project).code == 2
    assert headwater("sources", "add", "feed", "--name", "news", cwd=project).code == 0
    file = project / "headwater.toml"
    assert [one["name"] for one in tomllib.loads(file.read_text())["source"]] == ["docs", "feed", "news"]
    file.write_text('source = [{ name = "a", kind = "folder", path = "x", default_access = ["public"] }]\n')
    ran = headwater("sources", "add", "feed", cwd=project)
    assert ran.code == 2
    assert "[[source]] of its own" in ran.err
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    file.unlink()
    assert "headwater init" in headwater("sources", "add", "feed", cwd=nowhere).err
