"""`headwater keys` and `headwater inbox` as a person uses them."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.workshop import LEDGER_FILE
from headwater.errors import CredentialError, TransientSourceError
from headwater.inbox.inbox import Inbox
from headwater.keys.keys import authenticated, note
from headwater.ledger.base import Ledger
from headwater.ledger.open import open_ledger
from headwater.ledger.waiting import Ask
from tests.app.conftest import Headwater
from tests.app.test_commands_doc import check, shape_with, shapes

__all__ = ["shapes"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


@pytest.fixture
def ledger(home: Path) -> Ledger:
    return open_ledger(home / LEDGER_FILE)


def test_a_key_is_shown_once(headwater: Headwater, home: Path, tmp_path: Path, ledger: Ledger) -> None:
    made = headwater("keys", "add", "bot", "--scope", "search", "--as", "group:Support", cwd=tmp_path, home=home)
    assert made.code == 0
    token = made.out.strip()
    assert re.fullmatch(r"hwk_[0-9a-f]{12}_[\w-]{43}", token)
    assert token not in made.err
    key = authenticated(ledger, token)
    assert (key.name, key.scopes, key.principals) == ("bot", {"search"}, {"group:support"})
    shown = headwater("keys", "list", cwd=tmp_path, home=home)
    assert "bot" in shown.out
    assert token.rpartition("_")[2] not in shown.out
    assert token.encode() not in (home / LEDGER_FILE).read_bytes()
    assert headwater("keys", "revoke", "bot", cwd=tmp_path, home=home).code == 0
    assert "revoked" in headwater("keys", "list", cwd=tmp_path, home=home).out
    assert headwater("keys", "revoke", "bot", cwd=tmp_path, home=home).said.startswith("Error: key 'bot' is revoked")
    assert [deed.what for deed in ledger.deeds()] == ["keys revoke", "keys add"]


def test_who_did_what_can_be_read(
    headwater: Headwater, home: Path, tmp_path: Path, ledger: Ledger, shapes: list[dict[str, Any]]
) -> None:
    headwater("keys", "add", "bot", "--scope", "search", cwd=tmp_path, home=home)
    (key,) = ledger.api_keys()
    note(ledger, key.id, "search as", "group:support")
    printed = headwater("keys", "log", "--json", cwd=tmp_path, home=home).json
    check(printed, shape_with(shapes, "log"))
    assert [(line["name"], line["what"]) for line in printed["log"]] == [("bot", "search as"), ("", "keys add")]
    shown = headwater("keys", "log", "--who", "bot", cwd=tmp_path, home=home).out
    assert "group:support" in shown
    assert "keys add" not in shown
    assert "of nobody" in headwater("keys", "log", "--who", "nobody", cwd=tmp_path, home=home).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x"], "Missing option '--scope'"),
        (["x", "--scope", "everything"], "'everything' is not what a key may be for"),
        (["x", "--scope", "search", "--as", "support"], "'support' is not a principal"),
        (["x", "--scope", "read", "--as", "group:a"], "a key that may not search"),
        (["", "--scope", "read"], "a key needs a name"),
    ],
)
def test_wrong_use_is_explained(
    headwater: Headwater, home: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    ran = headwater("keys", "add", *arguments, cwd=tmp_path, home=home)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.said


def test_keys_as_documented(headwater: Headwater, home: Path, tmp_path: Path, shapes: list[dict[str, Any]]) -> None:
    made = headwater("keys", "add", "bot", "--scope", "read", "--json", cwd=tmp_path, home=home).json
    check(made, shape_with(shapes, "key", "scopes"))
    for arguments in (("keys",), ("keys", "list")):
        check(headwater(*arguments, "--json", cwd=tmp_path, home=home).json, shape_with(shapes, "keys"))
    assert headwater("keys", "--json", "list", cwd=tmp_path, home=home).code == 2
    check(
        headwater("keys", "revoke", made["id"], "--json", cwd=tmp_path, home=home).json, shape_with(shapes, "revoked")
    )


def announce(ledger: Ledger) -> None:
    """One row that waits, one that is in a pause, and one that is dead."""
    inbox = Inbox(ledger, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    asks = [
        Ask(source="docs", document=one, reason="a push to main", access=one == "dead.md")
        for one in ("", "a.md", "dead.md")
    ]
    inbox.receive("docs", "d-1", asks)
    later = Inbox(ledger, clock=lambda: datetime(2026, 1, 1, 1, tzinfo=UTC))
    rows = {row.document: row for row in later.take()}
    later.failed(rows["dead.md"], CredentialError("the source refused us", advice="Renew the token."))
    later.failed(rows["a.md"], TransientSourceError("the source is down"))
    later.postponed(rows[""], 60)


def test_the_inbox_shows_what_waits_and_what_failed(
    headwater: Headwater, home: Path, tmp_path: Path, ledger: Ledger, shapes: list[dict[str, Any]]
) -> None:
    assert headwater("inbox", cwd=tmp_path, home=home).out.startswith("0 waiting, 0 worked on, 0 failed for good")
    announce(ledger)
    shown = headwater("inbox", cwd=tmp_path, home=home).out
    assert "2 waiting, the oldest since 2026-01-01 00:00:00, 0 worked on, 1 failed for good" in shown
    assert "all of docs" in shown
    assert "docs/dead.md (1 attempts): CredentialError: the source refused us. Renew the token." in shown
    found = headwater("inbox", "--json", cwd=tmp_path, home=home).json
    check(found, shape_with(shapes, "waiting", "rows"))
    (dead,) = [row for row in found["rows"] if row["state"] == "dead"]
    ran = headwater("inbox", "replay", str(dead["id"]), "--json", cwd=tmp_path, home=home)
    assert ran.json == {"replayed": 1}
    assert headwater("inbox", "replay", "--all", "--json", cwd=tmp_path, home=home).json == {"replayed": 0}
    assert headwater("inbox", "drop", str(dead["id"]), "--json", cwd=tmp_path, home=home).json == {"dropped": 1}
    assert "Nothing was dropped" in headwater("inbox", "drop", str(dead["id"]), cwd=tmp_path, home=home).out
    for arguments in ((), ("1", "--all")):
        assert headwater("inbox", "replay", *arguments, cwd=tmp_path, home=home).code == 2
    assert headwater("inbox", "--json", "replay", "--all", cwd=tmp_path, home=home).code == 2
    assert [deed.what for deed in ledger.deeds()][-1] == "inbox replay"
