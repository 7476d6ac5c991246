"""Keys: what they open, and that they are nowhere."""

import re
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.clock import told_by
from headwater.errors import ConfigError, ForbiddenError, StateError, UnauthenticError
from headwater.keys.keys import SCOPES, asker, authenticated, make, note, require, revoke
from headwater.ledger.base import Ledger
from headwater.ledger.open import open_ledger

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(tmp_path / "ledger.sqlite")


def test_a_key_opens_what_it_was_made_for(ledger: Ledger) -> None:
    made, token = make(ledger, "bot", ["search", "read"], principals=["group:Support"])
    key = authenticated(ledger, token)
    assert key.id == made.id
    for scope in SCOPES:
        if scope in ("search", "read"):
            require(key, scope)
        else:
            with pytest.raises(ForbiddenError, match=f"not for {scope}"):
                require(key, scope)


def test_the_secret_is_nowhere(ledger: Ledger, tmp_path: Path) -> None:
    made, token = make(ledger, "bot", ["read"])
    secret = token.rpartition("_")[2] if token.count("_") == 2 else token.split("_", 2)[2]
    assert secret not in repr(made)
    assert made.hash not in repr(made)
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_no_two_keys_are_alike(ledger: Ledger) -> None:
    tokens = {make(ledger, str(number), ["read"])[1] for number in range(50)}
    assert len(tokens) == len({token.split("_", 2)[2] for token in tokens}) == 50
    assert all(re.fullmatch(r"hwk_[0-9a-f]{12}_[\w-]{43}", token) for token in tokens)


def test_whatever_is_wrong_is_refused_in_the_same_words(ledger: Ledger) -> None:
    _, token = make(ledger, "bot", ["read"])
    _, other = make(ledger, "other", ["read"])
    _, gone = make(ledger, "gone", ["read"])
    revoke(ledger, "gone")
    id, secret = token.split("_", 2)[1:]
    wrong = ["", "hwk", token[:-1], token + "x", token.upper(), f" {token}", f"{token}\n", gone, "ünïcode", "\ud800",
             f"hwk_{id}_{other.split('_', 2)[2]}", f"hwk_{'0' * 12}_{secret}", "hwk_" + "x" * 100_000]  # fmt: skip
    said = set()
    for one in wrong:
        with pytest.raises(UnauthenticError) as caught:
            authenticated(ledger, one)
        said.add(str(caught.value))
    assert len(said) == 1
    assert authenticated(ledger, token).name == "bot"


def test_nobody_guesses(ledger: Ledger) -> None:
    id = make(ledger, "bot", ["read"])[0].id
    alphabet = string.ascii_letters + string.digits + "_-"

    @given(st.text() | st.from_regex(rf"hwk_{id}_[A-Za-z0-9_-]{{43}}", fullmatch=True) | st.text(alphabet, min_size=60))
    def attempt(token: str) -> None:
        with pytest.raises(UnauthenticError):
            authenticated(ledger, token)

    attempt()


def test_a_revoked_key_stays_revoked(ledger: Ledger) -> None:
    made, token = make(ledger, "bot", ["read"])
    assert revoke(ledger, made.id).name == "bot"
    for named in ("bot", made.id):
        with pytest.raises(ConfigError, match="is revoked already"):
            revoke(ledger, named)
    with pytest.raises(ConfigError, match="does not exist"):
        revoke(ledger, "nobody")
    with pytest.raises(ConfigError, match="there is, or was, a key 'bot'"):
        make(ledger, "bot", ["read"])
    with pytest.raises(UnauthenticError):
        authenticated(ledger, token)


def test_readers_come_from_the_key(ledger: Ledger) -> None:
    key, _ = make(ledger, "bot", ["search"], principals=["group:support", "user:A@example.com"])
    own = frozenset({"group:support", "user:a@example.com"})
    assert asker(key) == own
    assert asker(key, ["user:a@example.com", "GROUP:support"]) == own
    for named in ([], ["group:support"], ["group:board"], [*own, "group:board"]):
        with pytest.raises(ForbiddenError, match="may not search as others"):
            asker(key, named)
    front, _ = make(ledger, "front", ["search"], principals=["group:a"], may_impersonate=True)
    assert asker(front) == {"group:a"}
    assert asker(front, ["group:board"]) == {"group:board"}
    assert asker(front, []) == frozenset()
    with pytest.raises(ConfigError, match="is not a principal"):
        asker(front, ["board"])
    reader, _ = make(ledger, "reader", ["read"])
    with pytest.raises(ForbiddenError, match="not for search"):
        asker(reader)


def test_last_use_is_written_once_an_hour(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    made, token = make(ledger, "bot", ["read"])
    written: list[datetime] = []
    real: Callable[[str, datetime], None] = ledger.note_key_used
    monkeypatch.setattr(ledger, "note_key_used", lambda id, at: (written.append(at), real(id, at)))
    for minutes in (0, 1, 59, 60, 61, 200):
        with told_by(lambda minutes=minutes: NOON + timedelta(minutes=minutes)):
            authenticated(ledger, token)
    assert written == [NOON + timedelta(minutes=minutes) for minutes in (0, 60, 200)]
    found = ledger.api_key(made.id)
    assert found is not None
    assert found.used_at == written[-1]


def test_a_ledger_that_cannot_be_written_still_lets_in(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = make(ledger, "bot", ["read"])

    def full(id: str, at: datetime) -> None:
        raise StateError("the disk is full")

    monkeypatch.setattr(ledger, "note_key_used", full)
    assert authenticated(ledger, token).name == "bot"


def test_the_account_is_kept_in_order(ledger: Ledger) -> None:
    for number in range(5):
        note(ledger, f"key-{number % 2}", "search", str(number))
    assert [deed.target for deed in ledger.deeds()] == ["4", "3", "2", "1", "0"]
    assert [deed.target for deed in ledger.deeds("key-1", limit=1)] == ["3"]
