"""The part of Zendesk's Help Center API that articles and their readers are read by."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.services.local import Asked, LocalServer, Reply

EMAIL, TOKEN = "docs@example.com", "zd-s3cr3t"
_ALLOWED = "Basic " + base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()


@dataclass
class Zendesk:
    """`now` is the server's clock: changes are stamped with it."""

    articles: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    segments: dict[int, dict[str, Any]] = field(default_factory=dict)
    now: int = 1_000
    page: int = 3
    server: LocalServer | None = None

    def put(self, number: int, body: str, locale: str = "en-us", **fields: Any) -> None:
        article = {
            "id": number, "locale": locale, "source_locale": "en-us", "title": f"Article {number}", "body": body,
            "draft": False, "section_id": 7, "label_names": [], "user_segment_id": None, "user_segment_ids": [],
            "html_url": f"https://example.zendesk.com/hc/{locale}/articles/{number}", "outdated": False,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
            "edited_at": "2026-01-02T00:00:00Z",
            "changed": self.now,
        }  # fmt: skip
        self.articles[locale, number] = {**article, **fields}

    def segment(self, name: str, user_type: str = "signed_in_users", *, built_in: bool = False) -> int:
        for id, known in self.segments.items():
            if known["name"] == name:
                return id
        id = 9_000 + len(self.segments)
        self.segments[id] = {"id": id, "name": name, "user_type": user_type, "built_in": built_in}
        return id

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != _ALLOWED:
            return _json({"error": "Couldn't authenticate you"}, 401)
        path = asked.path.removeprefix("/api/v2/help_center/").removesuffix(".json")
        match path.split("/"):
            case ["locales"]:
                return _json({"locales": ["en-us", "de"], "default_locale": "en-us"})
            case ["user_segments"]:
                return self._paged(asked, "user_segments", list(self.segments.values()))
            case ["incremental", "articles"]:
                since = int(asked.query["start_time"])
                found = [article for article in self.articles.values() if article["changed"] >= since]
                return _json({"articles": found, "end_time": self.now, "next_page": None, "count": len(found)})
            case [_, "categories"]:
                return self._paged(asked, "categories", [{"id": 1, "name": "Billing"}])
            case [_, "sections"]:
                return self._paged(asked, "sections", [{"id": 7, "name": "Invoices", "category_id": 1}])
            case [locale, "articles"]:
                return self._paged(asked, "articles", [a for (of, _), a in self.articles.items() if of == locale])
            case [locale, "articles", number]:
                one = self.articles.get((locale, int(number)))
                return _json({"article": one}) if one else _json({"error": "RecordNotFound"}, 404)
            case _:
                return _json({"error": "InvalidEndpoint"}, 404)

    def _paged(self, asked: Asked, name: str, items: list[dict[str, Any]]) -> Reply:
        start = int(asked.query.get("page[after]", 0))
        size = min(self.page, int(asked.query["page[size]"]))
        more = start + size < len(items)
        assert self.server is not None
        following = f"{self.server.url}{asked.path}?page[size]={size}&page[after]={start + size}" if more else None
        meta = {"has_more": more, "after_cursor": str(start + size) if more else None}
        return _json({name: items[start : start + size], "meta": meta, "links": {"next": following}})


def _json(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})
