"""Keys and the account of what was done with them, on every database in `conftest.database`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from headwater.ledger.keys import Deed, Key


@pytest.fixture
def key(noon):
    return Key(
        id="abc", name="caf\udce9", hash="h" * 64, scopes=frozenset({"search", "read"}),
        principals=frozenset({"group:a"}), may_impersonate=True, made_at=noon,
    )  # fmt: skip


def test_keys_are_kept_as_given_and_never_replaced(ledger, key, noon):
    assert ledger.api_key("abc") is None
    assert ledger.add_key(key)
    assert not ledger.add_key(replace(key, name="another"))
    assert not ledger.add_key(replace(key, id="another"))
    assert ledger.api_key("abc") == key
    older = replace(key, id="old", name="old", made_at=noon - timedelta(days=1))
    assert ledger.add_key(older)
    assert ledger.api_keys() == [older, key]


def test_revoking_is_once_and_for_good(ledger, key, noon):
    ledger.add_key(key)
    ledger.note_key_used("abc", noon)
    assert ledger.revoke_key("abc", noon)
    assert not ledger.revoke_key("abc", noon + timedelta(days=1))
    assert not ledger.revoke_key("nobody", noon)
    assert ledger.api_key("abc") == replace(key, used_at=noon, revoked_at=noon)
    assert not ledger.add_key(replace(key, id="new")), "its name stays taken"


def test_deeds_are_only_ever_added(ledger, noon):
    deeds = [Deed(at=noon, who=f"k{number % 2}", what="search", target=str(number)) for number in range(6)]
    for deed in deeds:
        ledger.note_deed(deed)
    assert ledger.deeds() == deeds[::-1]
    assert ledger.deeds("k1", limit=2) == [deeds[5], deeds[3]]
