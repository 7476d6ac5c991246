"""Who is signed in: a random token in a cookie, everything else here in memory."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from headwater.ledger.keys import Key

IDLE_SECONDS, LONGEST_SECONDS = 8 * 3600.0, 24 * 3600.0
MOST_SESSIONS = 1_000
COOKIE = "headwater-session"


@dataclass(slots=True)
class Session:
    """`key` is as it was when it was last looked up; `said` is shown on the next page and then forgotten."""

    id: str
    key: Key
    began: float
    seen: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    said: list[str] = field(default_factory=list)

    def may(self, scope: str) -> bool:
        return scope in self.key.scopes


class Sessions:
    """Known by a hash of their token, so that what is in memory opens nothing; `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: Key) -> str:
        """The token of a new session, which nobody knew before; the one unused longest makes room."""
        token, now = secrets.token_urlsafe(32), self._clock()
        session = Session(_hash(token), key, now, now)
        with self._lock:
            self._forget_ended(now)
            self._known[session.id] = session
            while len(self._known) > MOST_SESSIONS:
                self._known.popitem(last=False)
        return token

    def find(self, token: str, *, used: bool = True) -> Session | None:
        """None for none, or one that ended; `used` false for what a page asks by itself, which keeps none alive."""
        id, now = _hash(token), self._clock()
        with self._lock:
            session = self._known.get(id)
            if session is None:
                return None
            if _ended(session, now):
                del self._known[id]
                return None
            if used:
                session.seen = now
                self._known.move_to_end(id)
            return session

    def end(self, session: Session) -> None:
        with self._lock:
            self._known.pop(session.id, None)

    def _forget_ended(self, now: float) -> None:
        for id in [id for id, session in self._known.items() if _ended(session, now)]:
            del self._known[id]


def _ended(session: Session, now: float) -> bool:
    return now - session.seen > IDLE_SECONDS or now - session.began > LONGEST_SECONDS


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
