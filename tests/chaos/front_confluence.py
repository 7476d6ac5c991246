"""The wiki as Confluence, Cloud or Data Center, in two spaces."""

import json
from dataclasses import replace
from typing import Any

from connectors import confluence as read_by
from connectors.registry import build
from connectors.wiki.restrictions import forget
from headwater.interfaces import Connector
from headwater.model import PUBLIC
from headwater.settings import SourceSettings
from tests.chaos.front import NAMES, Front, Kind, name_of, number_of
from tests.chaos.reading import SOURCE
from tests.chaos.troubles import PATIENCE
from tests.chaos.wiki import Wiki
from tests.connectors.services.confluence import ANN, EMAIL, TOKEN, Confluence
from tests.connectors.services.local import Asked, LocalServer, Reply

GROUPS = {"sre": "group:sre", "support": "group:support"}


class ConfluenceFront(Front):
    """A listing that ends early here looks whole, as nothing in it says how long it is."""

    def __init__(self, wiki: Wiki, *, cloud: bool) -> None:
        super().__init__(wiki)
        self.service = Confluence(cloud=cloud, spaces={"DOCS": 900, "OPS": 901})
        self.service.groups = {"sre": "g-1", "support": "g-2", "strangers": "g-3"}
        self.service.readers = {"DOCS": [("anonymous", "")], "OPS": [("anonymous", "")]}

    def serve(self, server: LocalServer) -> None:
        self.service.server = server

    def kind_of(self, asked: Asked) -> Kind:
        match asked.path.removeprefix("/wiki").removeprefix("/api/v2").removeprefix("/rest/api").strip("/").split("/"):
            case ["content", id, "restriction", *_]:
                return Kind("readers", name_of(id))
            case ["spaces" | "space", _, "permissions", *_]:
                return Kind("readers")
            case ["spaces", _, "pages"] | ["content"]:
                return Kind("listing")
            case ["content", "search"]:
                return Kind("search")
            case ["pages", id] | ["content", id]:
                return Kind("document", name_of(id))
            case _:
                return Kind("other")

    def served(self, kind: Kind, asked: Asked) -> Reply:
        for name in NAMES:
            self._put(name)
        faults = self.wiki.faults
        if kind.what in ("listing", "search"):
            self.service.pages = {
                number: page
                for number, page in self.service.pages.items()
                if not faults.empty and name_of(number) not in faults.omitted
            }
        # Whom these are restricted to is told neither by a search nor by a listing.
        self.service.unsearched = {number_of(name) for name in faults.unreadable}
        reply = self.service.answer(asked)
        if kind.what == "listing":
            reply = self._listed(reply, asked)
        if kind.what == "document" and reply.status == 404:
            self.said.gone.add(kind.id)
        elif kind.what == "document" and kind.id in faults.unreadable and not self.service.cloud:
            reply = replace(reply, body=json.dumps({**json.loads(reply.body), "restrictions": {}}).encode())
        elif kind.what in ("document", "readers") and reply.status == 200:
            self._note_readers(kind.id)
        elif kind.what == "search":
            for one in json.loads(reply.body)["results"]:
                self._note_readers(name_of(one["id"]))
        return reply

    def _listed(self, reply: Reply, asked: Asked) -> Reply:
        found, faults = json.loads(reply.body), self.wiki.faults
        start = int(asked.query.get("cursor", "c0")[1:]) if self.service.cloud else int(asked.query.get("start", 0))
        names = {name_of(one["id"]) for one in found["results"]}
        last = "next" not in found["_links"] and "Link" not in reply.headers
        stops = faults.stops_at == start // self.service.page and not last
        self.wiki.note_listing(names | faults.omitted, empty=faults.empty, stops=stops, repeats=False)
        if stops:
            found["_links"].pop("next", None)
            reply = replace(reply, headers={name: value for name, value in reply.headers.items() if name != "Link"})
        if not self.service.cloud:
            for one in found["results"]:
                if name_of(one["id"]) in faults.unreadable:
                    one["restrictions"] = {}
                else:
                    self._note_readers(name_of(one["id"]))
        self.said.listed |= names
        # The second space is listed last.
        self.said.complete = (last or stops) and ("901" in asked.path or asked.query.get("spaceKey") == "OPS")
        return replace(reply, body=json.dumps(found).encode())

    def _put(self, name: str) -> None:
        number, page = number_of(name), self.wiki.pages.get(name)
        self.service.pages.pop(number, None)
        self.service.restricted.pop(number, None)
        if page is None:
            return
        space = "OPS" if name.startswith("runbook") else "DOCS"
        body = "" if page.malformed else page.html
        self.service.put(number, body, title="A page", space=space, version=page.revision)
        if page.access != PUBLIC:
            allowed = sorted(page.access.allow) or ["group:strangers"]
            groups = tuple(one.removeprefix("group:") for one in allowed if one.startswith("group:"))
            users: tuple[dict[str, Any], ...] = (ANN,) if "user:ann@example.com" in allowed else ()
            self.service.restrict(number, groups=groups, users=users)

    def _note_readers(self, name: str) -> None:
        if name in self.wiki.pages:
            self.note_readers(name, self.wiki.pages[name].access)

    def connector(self, url: str, *, deltas: bool) -> Connector:
        cloud = self.service.cloud
        options = {
            "url": url + ("/wiki" if cloud else ""), "deployment": "cloud" if cloud else "server", "token": TOKEN,
            "email": EMAIL if cloud else "", "groups": GROUPS, "allow_private_addresses": True,
            "users": {} if cloud else {"ann": "user:ann@example.com"},
        }  # fmt: skip
        settings = SourceSettings(name=SOURCE, kind="confluence", default_access=PUBLIC, options=options)
        made = build(settings, frozenset(GROUPS))
        assert isinstance(made, read_by.ConfluenceConnector)
        return replace(made, settings=replace(made.settings, rate=10_000.0, burst=10_000, seconds=PATIENCE))

    def id_of(self, name: str) -> str:
        return str(number_of(name))

    def forget(self) -> None:
        read_by._listed.clear()
        forget()
