"""Sources that a test can change and break, and what is asked of them."""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

from connectors.http.client import HttpSettings
from headwater.interfaces import Connector
from headwater.model import Complete, RawDocument, Ref, Unreadable
from tests.connectors.services.local import Asked, LocalServer, Reply

IMPATIENT = 1.0
"""Seconds that a connector waits for its service while the service stalls."""


class Bench(ABC):
    """A real source that a test can change.

    Its settings let `group:readers` read by default; `[groups]` holds "readers" and "others".
    """

    secret: str = ""
    """A credential in the connector's settings, where it has one."""

    @property
    @abstractmethod
    def connector(self) -> Connector: ...

    @abstractmethod
    def put(self, name: str, text: str, readers: str | None = None) -> str:
        """Create or replace a document and return its id; `readers` is what the document itself states, if anything."""

    @abstractmethod
    def remove(self, id: str) -> None: ...

    @abstractmethod
    def cut_listing(self) -> None:
        """From now on, a listing of seven documents breaks off before all of them were shown."""

    def break_with(self, status: int) -> None:
        """From now on, the service answers everything with this status."""
        raise NotImplementedError

    def stall(self, *, within_body: bool) -> None:
        """From now on, the service takes longer than `IMPATIENT`: to begin its answers, or on the way through them."""
        raise NotImplementedError

    def garble(self, body: bytes) -> None:
        """From now on, the service answers everything with status 200 and this body."""
        raise NotImplementedError

    def mend(self) -> None:
        """The service is well again."""
        raise NotImplementedError

    @property
    def impatient(self) -> Connector:
        """The connector, waiting no longer than `IMPATIENT`."""
        return hurried(self.connector, seconds=IMPATIENT)


class ServedBench(Bench):
    """One behind a local server, which it breaks."""

    server: LocalServer | None = None

    @abstractmethod
    def is_later_part(self, asked: Asked) -> bool:
        """Whether this request is for a part of the listing after its first."""

    def cut_listing(self) -> None:
        self._server.trouble = lambda asked: Reply(500) if self.is_later_part(asked) else None

    def break_with(self, status: int) -> None:
        # Some services repeat in their errors what they were sent.
        self._server.trouble = lambda _: Reply(status, f'{{"error": "no {self.secret}"}}'.encode())

    def stall(self, *, within_body: bool) -> None:
        # Within a body every single wait is short enough, and all of them together are not.
        slow = IMPATIENT * 0.8 if within_body else IMPATIENT * 3
        self._server.trouble = lambda _: Reply(200, b"<html>" + b" " * 2**20, slow=slow)

    def garble(self, body: bytes) -> None:
        self._server.trouble = lambda _: Reply(200, body, {"Content-Type": "application/json"})

    def mend(self) -> None:
        self._server.trouble = None

    @property
    def _server(self) -> LocalServer:
        assert self.server is not None
        return self.server


def hurried(connector: Connector, **settings: Any) -> Connector:
    """Without the pauses that a real server is owed; the same where it asks no server by `connectors.http`."""
    known = getattr(connector, "settings", None)
    if not isinstance(known, HttpSettings):
        return connector
    found: Any = connector
    made: Connector = replace(found, settings=replace(known, rate=1_000.0, burst=1_000, **settings))
    return made


def refs(connector: Connector) -> dict[str, str]:
    """id -> version, of a listing that has to be complete."""
    items = list(connector.scan())
    assert items, "a complete listing ends in Complete"
    assert isinstance(items[-1], Complete)
    assert not any(isinstance(item, Unreadable | Complete) for item in items[:-1])
    found = [item for item in items if isinstance(item, Ref)]
    assert len({ref.id for ref in found}) == len(found), "ids are unique"
    return {ref.id: ref.version for ref in found}


def listed_version(connector: Connector, id: str) -> str:
    """As listed; where the listing leaves it open ("" asks for a look at the document), the one that a look shows."""
    return refs(connector)[id] or fetched(connector, id).version


def fetched(connector: Connector, id: str) -> RawDocument:
    raw = connector.fetch(id)
    assert isinstance(raw, RawDocument), "without a known version there is nothing to confirm"
    return raw
