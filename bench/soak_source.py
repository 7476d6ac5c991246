"""A help center over HTTP whose articles change, and which is in trouble now and then; it says what is true of it."""

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.connectors.services.local import Asked, LocalServer, Reply
from tests.connectors.services.zendesk import Zendesk

SEGMENTS = {"Everyone": "public", "Support": "group:support", "SRE": "group:sre"}
_WORDS = ("gateway", "queue", "key", "endpoint", "policy", "webhook", "proxy", "token", "payload", "event", "client")
_REST_SECONDS = 2.0
"""Between two edits of one article: the service tells times in seconds."""
TROUBLES = ("errors", "slow", "empty", "cut")


@dataclass
class HelpCenter:
    """Articles by number; every change answers the ids that a webhook would name."""

    articles: int
    seed: int = 7
    trouble: str = ""
    asked: int = 0
    failed: int = 0
    service: Zendesk = field(default_factory=Zendesk)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _edited: dict[int, float] = field(default_factory=dict)
    _versions: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.service.page = 100
        self._rng = random.Random(self.seed)
        self._segments = {name: self.service.segment(name, "custom") for name in SEGMENTS if name != "Everyone"}
        for number in range(self.articles):
            self._put(number, "Everyone" if number % 4 else "Support")

    def listen(self, server: LocalServer) -> None:
        self.service.server = server

    # what changes -----------------------------------------------------------------------------------------

    def change(self) -> tuple[str, list[str]]:
        """One change by chance: what it was, and whom it is about."""
        with self.lock:
            kind = self._rng.choices(("edit", "delete", "create", "readers", "rename"), (70, 7, 8, 10, 5))[0]
            number = self._any()
            if kind == "create":
                gone = [one for one in range(self.articles) if ("en-us", one) not in self.service.articles]
                number = self._rng.choice(gone) if gone else number
            elif number is None:
                return "nothing", []
            if number is None:
                return "nothing", []
            if kind == "delete":
                self.service.articles.pop(("en-us", number), None)
                self._edited[number] = time.monotonic()
            elif kind == "readers":
                self._put(number, self._rng.choice(list(SEGMENTS)), same=True)
            else:
                self._put(number, self._readers_of(number), title=f"Article {number} anew" if kind == "rename" else "")
            return kind, [f"en-us/{number}"]

    def _any(self) -> int | None:
        for _ in range(50):
            locale, number = self._rng.choice(list(self.service.articles))
            if locale and time.monotonic() - self._edited.get(number, -_REST_SECONDS) >= _REST_SECONDS:
                return number
        return None

    def _readers_of(self, number: int) -> str:
        known = self.service.articles.get(("en-us", number))
        ids = known["user_segment_ids"] if known else []
        return next((name for name, id in self._segments.items() if id in ids), "Everyone")

    def _put(self, number: int, readers: str, *, same: bool = False, title: str = "") -> None:
        version = self._versions[number] = self._versions.get(number, 0) + (not same)
        now = time.time()
        moment = datetime.fromtimestamp(int(now), UTC).isoformat()
        id = self._segments.get(readers)
        before = self.service.articles.get(("en-us", number))
        self.service.now = int(now)
        self.service.put(
            number,
            body(number, version),
            title=title or (before["title"] if before else f"Article {number}"),
            user_segment_id=id,
            user_segment_ids=[] if id is None else [id],
            updated_at=moment,
            edited_at=before["edited_at"] if same and before else moment,
        )
        self._edited[number] = time.monotonic()

    # answering --------------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply:
        trouble = self.trouble
        self.asked += 1
        if trouble in ("errors", "slow", "cut"):
            self.failed += 1
        if trouble == "errors":
            return Reply(500, b'{"error": "out of order"}')
        with self.lock:
            self.service.now = int(time.time())
            articles = self.service.articles
            if trouble == "empty" and asked.path.endswith("articles.json"):
                self.failed += 1
                self.service.articles = {}
            try:
                reply = self.service.answer(asked)
            finally:
                self.service.articles = articles
        if trouble == "slow":
            return Reply(reply.status, reply.body, reply.headers, slow=20.0)
        if trouble == "cut":
            return Reply(reply.status, reply.body, reply.headers, cut=True)
        return reply


def body(number: int, version: int) -> str:
    """HTML of 2 to 12 KB, the same for the same version; it names both."""
    rng = random.Random(f"{number}/{version}")
    parts = [f"<p>This is article{number} in version{version}of{number}.</p>"]
    for section in range(rng.randint(2, 5)):
        parts.append(f"<h2>{' '.join(rng.choices(_WORDS, k=3)).capitalize()} {section}</h2>")
        for _ in range(rng.randint(2, 4)):
            words = [f"{rng.choice(_WORDS)}{rng.randint(0, 400)}" for _ in range(rng.randint(40, 90))]
            parts.append(f"<p>{' '.join(words).capitalize()}.</p>")
    return "\n".join(parts)
