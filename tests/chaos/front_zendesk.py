"""The wiki as a help center."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors import zendesk as read_by
from connectors.helpcenter import api
from connectors.registry import build
from headwater.interfaces import Connector
from headwater.model import NOBODY, PUBLIC, Access
from headwater.settings import SourceSettings
from tests.chaos.front import NAMES, Front, Kind, name_of, number_of
from tests.chaos.reading import SOURCE
from tests.chaos.troubles import PATIENCE
from tests.chaos.wiki import Page, Wiki
from tests.connectors.services.local import Asked, LocalServer, Reply
from tests.connectors.services.zendesk import EMAIL, TOKEN, Zendesk

SEGMENTS = {"SRE": "group:sre", "Support": "group:support", "Ann": "user:ann@example.com"}
_BEGAN, _TICK = 1_700_000_000, 100
"""Seconds: an edit is more than a minute after the one before, so that changes of a minute ago are not all of them."""
_PREFIX = "/api/v2/help_center/"


class ZendeskFront(Front):
    """Half of what is deleted becomes a draft."""

    def __init__(self, wiki: Wiki) -> None:
        super().__init__(wiki)
        self.service = Zendesk()
        self._segments = {SEGMENTS.get(name, ""): self.service.segment(name, "custom") for name in (*SEGMENTS, "Gone")}

    def time(self) -> float:
        return _BEGAN + _TICK * self.wiki.clock

    def serve(self, server: LocalServer) -> None:
        self.service.server = server

    def kind_of(self, asked: Asked) -> Kind:
        match asked.path.removeprefix(_PREFIX).removesuffix(".json").split("/"):
            case [_, "articles", number]:
                return Kind("document", name_of(number))
            case [_, "articles"]:
                return Kind("listing")
            case ["user_segments"]:
                return Kind("readers")
            case _:
                return Kind("other")

    def served(self, kind: Kind, asked: Asked) -> Reply:
        self.service.now = int(self.time())
        self.service.articles = {("en-us", number_of(name)): self._article(name) for name in NAMES}
        if kind.what == "listing" and not asked.path.endswith("incremental/articles.json"):
            return self._listed(asked)
        self.service.articles = {key: one for key, one in self.service.articles.items() if "filler" not in one}
        reply = self.service.answer(asked)
        if kind.what == "listing":
            self._note(json.loads(reply.body)["articles"])
        elif kind.what == "document" and reply.status == 200:
            self._note([json.loads(reply.body)["article"]], listed=False)
        elif kind.what == "document":
            self.said.gone.add(kind.id)
        return reply

    def _listed(self, asked: Asked) -> Reply:
        """Each page holds what is left of the same numbers, as the service's cursors do not shift."""
        reply, faults = self.service.answer(asked), self.wiki.faults
        found = json.loads(reply.body)
        number, last = int(asked.query.get("page[after]", 0)) // self.service.page, not found["meta"]["has_more"]
        names = {name_of(one["id"]) for one in found["articles"] if "filler" not in one}
        stops = faults.stops_at == number and not last
        self.wiki.note_listing(names - faults.unreadable, empty=faults.empty, stops=stops)
        hidden = set(NAMES) if faults.empty else faults.omitted
        found["articles"] = [self._shown(one) for one in found["articles"] if "filler" not in one]
        if last:
            again = sorted(faults.repeated & self.wiki.pages.keys())
            found["articles"] += [self.service.articles["en-us", number_of(name)] for name in again]
        found["articles"] = [one for one in found["articles"] if name_of(one["id"]) not in hidden]
        if stops:
            found["links"] = {"next": None}
        self.said.complete = last
        self._note([one for one in found["articles"] if not one["draft"]])
        return replace(reply, body=json.dumps(found).encode())

    def _shown(self, article: dict[str, Any]) -> dict[str, Any]:
        name = name_of(article["id"])
        if name in self.wiki.faults.repeated and name in self.wiki.before and not article["draft"]:
            return {**article, **self._fields(self.wiki.before[name])}
        return article

    def _article(self, name: str) -> dict[str, Any]:
        number, page = number_of(name), self.wiki.pages.get(name)
        draft = page is None and name in self.wiki.before and number % 2 == 1
        shown = page or (self.wiki.before[name] if draft else Page(0, (), NOBODY, 0))
        stated: dict[str, Any] = {"filler": True} if page is None and not draft else {}
        changed = _BEGAN + _TICK * self.wiki.changed.get(name, 0)
        made = Zendesk()
        fields = {**self._fields(shown), **stated, "draft": draft, "title": "A page", "changed": changed}
        made.put(number, **fields)
        return made.articles["en-us", number]

    def _fields(self, page: Page) -> dict[str, Any]:
        def moment(ticks: int) -> str:
            return datetime.fromtimestamp(_BEGAN + _TICK * ticks, UTC).isoformat()

        ids = [self._segments[name] for name in sorted(page.access.allow) if name in self._segments]
        ids = [] if page.access == PUBLIC else ids or [self._segments[""]]
        return {
            "body": "" if page.malformed else page.html,
            "user_segment_id": ids[0] if ids else None,
            "user_segment_ids": ids,
            "updated_at": moment(page.version),
            "edited_at": moment(page.revision),
        }

    def _note(self, articles: list[dict[str, Any]], *, listed: bool = True) -> None:
        for article in articles:
            name = name_of(article["id"])
            if article["draft"]:
                self.said.gone.add(name)
                continue
            if listed:
                self.said.listed.add(name)
            names = {id: name for name, id in self._segments.items()}
            stated = frozenset(names[id] for id in article["user_segment_ids"]) - {""}
            self.note_readers(name, Access(stated) if article["user_segment_ids"] else PUBLIC)

    def connector(self, url: str, *, deltas: bool) -> Connector:
        options = {
            "url": url, "email": EMAIL, "token": TOKEN, "locales": ["en-us"], "segments": SEGMENTS,
            "allow_private_addresses": True,
        }  # fmt: skip
        settings = SourceSettings(name=SOURCE, kind="zendesk", default_access=PUBLIC, options=options)
        made = build(settings, frozenset({"sre", "support"}))
        assert isinstance(made, read_by.ZendeskConnector)
        hurried = replace(made.settings, rate=10_000.0, burst=10_000, seconds=PATIENCE)
        return replace(made, settings=hurried, full_every=made.full_every if deltas else 0.0)

    def id_of(self, name: str) -> str:
        return f"en-us/{number_of(name)}"

    def forget(self) -> None:
        for kept in (read_by._articles, api._segments, api._places):
            kept.clear()
