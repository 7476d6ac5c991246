"""Keys of those who ask over the network: `hwk_ID_SECRET`, of which only a hash is kept.

The secret is 32 random bytes, so that SHA-256 is enough: there is nothing to guess that a slow hash would protect.
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html is about what people choose.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias, get_args

from headwater.clock import utc_now
from headwater.errors import ConfigError, ForbiddenError, HeadwaterError, UnauthenticError
from headwater.ledger.keys import Deed, Key, KeysLedger
from headwater.model import principals as canonical

Scope: TypeAlias = Literal["ingest", "search", "read", "administer"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""Announce and put documents; search as the key's principals; read the state of things; change it."""

PREFIX = "hwk"
USED_EVERY = timedelta(hours=1)
_SECRET_BYTES, _ID_BYTES = 32, 6
_TOKEN = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")
_NAME = re.compile(r"[^\s\x00-\x1f](?:[^\x00-\x1f]{0,98}[^\s\x00-\x1f])?")
_NOBODYS_HASH = hashlib.sha256(secrets.token_bytes(_SECRET_BYTES)).hexdigest()


def make(
    ledger: KeysLedger,
    name: str,
    scopes: Collection[str],
    *,
    principals: Collection[str] = (),
    may_impersonate: bool = False,
) -> tuple[Key, str]:
    """The key, and its text for whoever is to use it, which cannot be had again. ConfigError for what cannot be."""
    key, token = _new(name, scopes, principals, may_impersonate=may_impersonate)
    if not ledger.add_key(key):
        raise ConfigError(f"there is, or was, a key {name!r} already", advice="Give this one another name.")
    return key, token


def _new(name: str, scopes: Collection[str], readers: Collection[str], *, may_impersonate: bool) -> tuple[Key, str]:
    if not _NAME.fullmatch(name):
        raise ConfigError("a key needs a name of up to 100 characters", advice="Name what or who will use it.")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise ConfigError(
            f"{unknown[0]!r} is not what a key may be for" if unknown else "a key has to be for something",
            advice=f"Name any of {', '.join(SCOPES)}.",
        )
    try:
        named = canonical(readers)
    except ValueError as error:
        raise ConfigError(str(error), advice="For example: --as group:support.") from None
    if (named or may_impersonate) and "search" not in scopes:
        raise ConfigError("readers are named for a key that may not search", advice="Add the scope search.")
    id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    made = Key(
        id=id,
        name=name,
        hash=_hash(secret),
        scopes=frozenset(scopes),
        principals=named,
        may_impersonate=may_impersonate,
        made_at=utc_now(),
    )
    return made, f"{PREFIX}_{id}_{secret}"


def authenticated(ledger: KeysLedger, token: str) -> Key:
    """The key that this is the text of; UnauthenticError says the same whatever is wrong with it."""
    parts = _TOKEN.fullmatch(token)
    key = ledger.api_key(parts[1]) if parts else None
    # Compared in any case, so that the time it takes does not tell which keys there are.
    right = hmac.compare_digest(_hash(parts[2] if parts else ""), key.hash if key else _NOBODYS_HASH)
    if key is None or not right or key.revoked_at is not None:
        raise UnauthenticError(
            "no key, or none that is good", advice="Make one with headwater keys add, and send it as a bearer token."
        )
    _note_used(ledger, key, utc_now())
    return key


def _note_used(ledger: KeysLedger, key: Key, now: datetime) -> None:
    if key.used_at is None or now - key.used_at >= USED_EVERY:
        with suppress(HeadwaterError):  # a ledger that cannot be written now is no reason to refuse an answer
            ledger.note_key_used(key.id, now)


def require(key: Key, scope: Scope) -> None:
    """ForbiddenError unless the key was made for this; no scope includes another."""
    if scope not in key.scopes:
        raise ForbiddenError(f"key {key.id} is not for {scope}", advice=f"Make one with --scope {scope}.")


def asker(key: Key, named: Collection[str] | None = None) -> frozenset[str]:
    """Whom the key searches as: its own principals, or those that are `named` where it may impersonate.

    ForbiddenError for any other than its own, fewer of them too, since documents may deny some; and when it may not
    search. ConfigError for what is no principal.
    """
    require(key, "search")
    if named is None:
        return key.principals
    try:
        wanted = canonical(named)
    except ValueError as error:
        raise ConfigError(str(error), advice="Write public, group:NAME or user:EMAIL.") from None
    if not key.may_impersonate and wanted != key.principals:
        raise ForbiddenError(f"key {key.id} may not search as others", advice="Make one with --may-impersonate.")
    return wanted


def revoke(ledger: KeysLedger, name_or_id: str) -> Key:
    """From now on; ConfigError when no good key has that name or id."""
    found = next((key for key in ledger.api_keys() if name_or_id in (key.id, key.name)), None)
    if found is None or not ledger.revoke_key(found.id, utc_now()):
        was = "is revoked already" if found else "does not exist"
        raise ConfigError(f"key {name_or_id!r} {was}", advice="See: headwater keys list.")
    return found


def note(ledger: KeysLedger, who: str, what: str, target: str = "") -> None:
    """Add to the account of who did what: `who` is the id of a key, or a command. Never contents or secrets."""
    ledger.note_deed(Deed(at=utc_now(), who=who, what=what, target=target))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
