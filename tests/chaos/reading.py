"""A connector of the wiki, in this process or over HTTP, which notes what the service told it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from urllib.parse import quote, unquote

from connectors.http.client import HttpSettings, http
from connectors.http.reach import Reach
from headwater.errors import CredentialError, FetchError, GoneError, HeadwaterError, TransientSourceError
from headwater.interfaces import Scanned
from headwater.model import HELP, Access, Checkpoint, Complete, Gone, NotModified, RawDocument, Ref, Unreadable
from tests.chaos.troubles import AWAY, BROKEN, EMPTY, PATIENCE, troubled
from tests.chaos.wiki import TroubleError, Wiki
from tests.connectors.services.local import Asked, Reply

SOURCE = "wiki"
_ERRORS: dict[int, type[HeadwaterError]] = {
    404: GoneError, 410: GoneError, 403: CredentialError, 400: FetchError, BROKEN: FetchError, AWAY: FetchError,
}  # fmt: skip


class Service(Protocol):
    """Answers of the wiki, with our errors."""

    def listing(self, after: str, since: int | None) -> dict[str, Any]: ...

    def document(self, id: str) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Direct:
    """Calls the wiki as a function."""

    wiki: Wiki

    def listing(self, after: str, since: int | None) -> dict[str, Any]:
        return _translated(lambda: self.wiki.listing(after, since))

    def document(self, id: str) -> dict[str, Any]:
        return _translated(lambda: self.wiki.document(id))


def _translated(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except TroubleError as trouble:
        if trouble.status == EMPTY:
            return {}
        raise _ERRORS.get(trouble.status, TransientSourceError)(f"status {trouble.status}") from None


@dataclass(frozen=True)
class Remote:
    """Asks a server that answers with `served`."""

    url: str

    def listing(self, after: str, since: int | None) -> dict[str, Any]:
        query: dict[str, str | int] = {"after": after} | ({} if since is None else {"since": since})
        return self._asked("/pages", query)

    def document(self, id: str) -> dict[str, Any]:
        return self._asked(f"/pages/{quote(id)}", {})

    def _asked(self, path: str, query: dict[str, str | int]) -> dict[str, Any]:
        reach = Reach(frozenset({"127.0.0.1"}), True)
        settings = HttpSettings(reach=reach, rate=10_000, burst=10_000, seconds=PATIENCE)
        answer = http(settings).get(self.url + path, query)
        try:
            found: dict[str, Any] = json.loads(answer.body)
        except ValueError as error:
            raise FetchError(f"{path} is no JSON") from error
        return found


def served(wiki: Wiki, asked: Asked) -> Reply:
    """The wiki as a server."""
    id = unquote(asked.path.removeprefix("/pages").removeprefix("/"))
    since = asked.query.get("since")
    try:
        found = wiki.document(id) if id else wiki.listing(asked.query["after"], None if since is None else int(since))
    except TroubleError as trouble:
        return troubled(trouble.status)
    return Reply(body=json.dumps(found).encode())


@dataclass
class Said:
    """What the service told the connector in one run."""

    listed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    readers: dict[str, Access] = field(default_factory=dict)
    """Of each document, those that were stated last."""
    complete: bool = False


@dataclass(frozen=True)
class ChaosConnector:
    """`cursors`: a listing says where it can go on. `deltas`: it answers with changes alone where it can.

    `states_readers`: the listing tells them, else only the document does.
    """

    reads_permissions: ClassVar[bool] = True

    service: Service = field(repr=False)
    cursors: bool = True
    deltas: bool = True
    states_readers: bool = True
    absence_is_final: bool = False
    name: str = SOURCE
    said: Said = field(default_factory=Said, repr=False, compare=False)

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        token = json.loads(resume or b"{}")
        since, after, began = token.get("since"), token.get("after", ""), token.get("began")
        while True:
            found = self.service.listing(after, since)
            began = found["now"] if began is None else began
            for item in found["items"]:
                yield self._scanned(item)
            if found["next"] == "":
                break
            after = found["next"]
            if self.cursors and found["everything"]:
                since = None
                yield Checkpoint(json.dumps({"after": after, "began": began}).encode())
        if not found["whole"]:
            return
        if self.deltas or self.cursors:
            # Without changes alone, the next listing begins anew, whatever the last cursor of this one was.
            yield Checkpoint(json.dumps({"since": began}).encode() if self.deltas else b"")
        if found["everything"]:
            self.said.complete = True
            yield Complete()

    def _scanned(self, item: list[Any]) -> Scanned:
        match item:
            case ["gone", id]:
                self.said.gone.add(id)
                return Gone(id)
            case ["unreadable", id]:
                self.said.listed.add(id)
                return Unreadable(id, "TransientSourceError", "its readers cannot be asked for")
            case ["page", id, version, readers]:
                self.said.listed.add(id)
                access = _access(readers) if self.states_readers else None
                if access is not None:
                    self.said.readers[id] = access
                return Ref(id, version, access)
            case _:
                raise AssertionError(item)

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        try:
            found = self.service.document(id)
        except GoneError:
            self.said.gone.add(id)
            raise
        self.said.readers[id] = access = _access(found)
        if found["version"] == known:
            return NotModified(found["version"])
        return RawDocument(
            source=self.name,
            id=id,
            version=found["version"],
            uri=f"https://wiki.example.com/{id}",
            title="A page",
            kind=HELP,
            media_type="text/markdown",
            content=found["content"].encode(),
            updated_at=None,
            access=access,
        )


def _access(readers: dict[str, Any]) -> Access:
    return Access(frozenset(readers["allow"]), frozenset(readers["deny"]))
