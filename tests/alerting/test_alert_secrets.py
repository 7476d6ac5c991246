"""Addresses hold credentials: they turn up nowhere, whatever the receiver does."""

import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomlkit

from app.cli import run
from flows.alerts import try_addresses
from flows.workshop import Workshop
from headwater.errors import HeadwaterError
from headwater.settings import Settings, load
from headwater.settings.contacts import is_mail, shown
from tests.alerting.receiving import Hook, free_port, hook
from tests.support.hash_embedder import HashDense
from tests.support.state import scratch

WORD = "sw0rdf1sh"
FAULTS = {"none": 200, "refused": 403, "failing": 500, "redirected": 302}


@pytest.fixture
def room() -> Iterator[Hook]:
    with hook() as made:
        yield made


@pytest.fixture
def home() -> Iterator[Path]:
    with scratch("alert-secrets") as folder:
        (folder / "docs").mkdir()
        (folder / "docs" / "keys.md").write_text("---\nreview_by: 2025-04-01\nowner: team\n---\n# Keys\n\nText.\n")
        yield folder


def addresses(room: Hook) -> list[str]:
    """In the path, as a user's password, in a header, of a service, of nothing, and of a mail server that is away."""
    host = room.url.removeprefix("http://").removesuffix("/hook")
    return [
        f"json://{host}/{WORD}/hook",
        f"json://ann:{WORD}@{host}/hook?+X-Token={WORD}",
        f"form://127.0.0.1:{free_port()}/{WORD}",
        f"mailto://ann:{WORD}@127.0.0.1:{free_port()}/?mode=insecure&from=a@example.com",
        f"slack://{WORD}/{WORD}",
        f"{WORD}://{WORD}",
        "${ROOM}",
    ]


@pytest.fixture
def config(home: Path, room: Hook, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROOM", f"{room.address}/{WORD}/from-the-environment")
    file = home / "headwater.toml"
    source = {"name": "docs", "kind": "folder", "path": "docs", "default_access": ["public"]}
    alerts = {"to": addresses(room), "digest": "mon 09:00", "mail": f"mailto://ann:{WORD}@127.0.0.1:{free_port()}/"}
    owners = {"team": f"json://{WORD}@127.0.0.1:{free_port()}/", "other": f"slack://{WORD}/b/c"}
    file.write_text(tomlkit.dumps({"owners": owners, "alerts": alerts, "source": [source]}))
    return file


@pytest.mark.parametrize("fault", FAULTS)
def test_no_output_log_or_file_has_it(
    home: Path, config: Path, room: Hook, fault: str, capfdbinary: pytest.CaptureFixture[bytes],
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(Workshop, "dense", HashDense())
    # Of everything: what libraries print of an address, they print here.
    caplog.set_level(logging.DEBUG)
    room.status = FAULTS[fault]
    commands = [
        ["ingest", "--direct"],
        ["freshness", "--notify", "--json"],
        ["freshness", "--notify", "--html", str(home / "f.html")],
        *(["alerts", *options] for options in ([], ["--json"], ["--test"], ["--test", "--json"])),
        *(["status", "--json"], ["doctor"], ["lint", "docs"]),
    ]
    for command in commands:
        run([*command, "-c", str(config), "--home", str(home / "state")])
    out, err = capfdbinary.readouterr()
    asked = room.taken or room.refused
    assert any(WORD in str(one["path"]) for one in asked), "or the test would prove nothing"
    assert any(WORD in headers.get("x-token", "") for headers in room.headers)
    assert b"overdue review" in out
    assert WORD.encode() not in out, out.decode()
    assert WORD.encode() not in err, err.decode()
    said = [f"{record.name} {record.getMessage()} {record.args!r} {record.exc_text}" for record in caplog.records]
    assert [line for line in said if WORD in line] == []
    files = [file for file in home.rglob("*") if file.is_file() and file != config]
    assert [file for file in files if WORD.encode() in file.read_bytes()] == []
    assert {"ledger.db", "f.html"} <= {file.name for file in files}


def test_no_error_and_no_text_of_an_object_has_it(config: Path, home: Path) -> None:
    settings = load(config, home=home / "state")
    for thing in (settings, settings.alerts, *settings.alerts.to, settings.owners):
        assert WORD not in repr(thing)
        assert WORD not in f"{thing}"
    results = list(try_addresses(settings.alerts))
    errors = [error for _, _, error in results if error is not None]
    assert len(results) == 7
    assert len(errors) >= 4
    for error in errors:
        texts = [str(error), repr(error), error.advice, *traceback.format_exception(error)]
        assert [text for text in texts if WORD in text] == []


def test_owners_are_shown_without_what_is_secret(config: Path, home: Path) -> None:
    assert load(config, home=home).owners == {"team": "json://***", "other": "slack://***"}
    assert shown("mailto:docs@example.com") == "mailto:docs@example.com"
    assert shown("https://chat.example.com/team") == "https://chat.example.com/team"
    assert shown("slack://${A}/${B}/c") == "${A} and ${B}"
    assert shown(f"mailto://ann:{WORD}@mail.example.com") == "mailto://***"
    assert not is_mail(f"mailto://ann:{WORD}@mail.example.com")
    assert is_mail("docs@example.com")


@pytest.mark.parametrize(
    "text", [f'to = "{WORD}" = 1', f'to = ["${{{WORD}!}}"]', f'to = [["{WORD}"]]', f'mail = ["{WORD}"]']
)
def test_no_error_about_the_settings_has_it(home: Path, text: str) -> None:
    file = home / "broken.toml"
    file.write_text(f"[alerts]\n{text}\n")
    with pytest.raises(HeadwaterError) as caught:
        load(file)
    assert WORD not in str(caught.value)
    assert "alerts" in str(caught.value) or "TOML" in str(caught.value)


def test_one_address_that_is_broken_keeps_no_other_from_its_messages(config: Path, home: Path, room: Hook) -> None:
    settings: Settings = load(config, home=home / "state")
    results = list(try_addresses(settings.alerts))
    assert [error is None for _, _, error in results] == [True, True, False, False, False, False, True]
    assert [name for _, name, _ in results] == ["***", "*** 2", "*** 3", "*** 4", "*** 5", "*** 6", "${ROOM}"]
    assert json.dumps([str(error) for _, _, error in results if error]).count("did not take") == 2
