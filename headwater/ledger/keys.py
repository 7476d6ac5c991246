"""Keys that others ask us with, and the account of what was done with them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a key may do; the secret itself is nowhere, `hash` is its SHA-256 in hex.

    It searches as `principals`; `may_impersonate`: as any that a request names. `used_at` is exact to the hour.
    """

    id: str
    name: str
    hash: str = field(repr=False)
    scopes: frozenset[str]
    principals: frozenset[str] = frozenset()
    may_impersonate: bool = False
    made_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One line of the account: `who` is the id of a key, or the command that a person typed at this machine.

    Never contents, questions or secrets.
    """

    at: datetime
    who: str
    what: str
    target: str = ""


class KeysLedger(Protocol):
    """The part of a ledger that knows keys; deeds are only ever added."""

    def add_key(self, key: Key) -> bool:
        """False, and nothing done, when a key has that id or name, revoked ones included."""
        ...

    def api_key(self, id: str) -> Key | None:
        """Revoked ones too."""
        ...

    def api_keys(self) -> list[Key]:
        """Revoked ones too, in the order in which they were made."""
        ...

    def revoke_key(self, id: str, at: datetime) -> bool:
        """False when there is none, or it was revoked before."""
        ...

    def note_key_used(self, id: str, at: datetime) -> None: ...
    def note_deed(self, deed: Deed) -> None: ...
    def deeds(self, who: str | None = None, limit: int = 100) -> list[Deed]:
        """Newest first."""
        ...
