"""The part of GitHub's REST API that releases and changelogs are read by."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.connectors.services.local import Asked, LocalServer, Reply

TOKEN = "ghp_s3cr3t"


@dataclass
class Github:
    """One repository, `owner/name`; `page` releases a page at most, as the real one allows up to 100."""

    releases: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    page: int = 3
    server: LocalServer | None = None

    def publish(self, tag: str, body: str, **fields: Any) -> None:
        self.withdraw(tag)
        release = {
            "id": len(self.releases) + 1, "tag_name": tag, "name": tag, "body": body, "draft": False,
            "prerelease": False,
            "created_at": "2026-01-02T03:04:05Z", "published_at": "2026-01-02T03:04:05Z",
            "html_url": f"https://github.com/owner/name/releases/tag/{tag}", "author": {"login": "ann"},
        }  # fmt: skip
        self.releases.insert(0, {**release, **fields})

    def withdraw(self, tag: str) -> None:
        self.releases = [release for release in self.releases if release["tag_name"] != tag]

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _json({"message": "Bad credentials"}, 401)
        path = unquote(asked.path).removeprefix("/repos/owner/name")
        if path == asked.path:
            return _json({"message": "Not Found"}, 404)
        if path == "/releases":
            return self._listing(asked)
        if path.startswith("/releases/tags/"):
            tag = path.removeprefix("/releases/tags/")
            found = [r for r in self.releases if r["tag_name"] == tag and not r["draft"]]
            return _json(found[0]) if found else _json({"message": "Not Found"}, 404)
        file = self.files.get(path.removeprefix("/contents/"))
        return Reply(200, file) if file is not None else _json({"message": "Not Found"}, 404)

    def _listing(self, asked: Asked) -> Reply:
        page, size = int(asked.query.get("page", 1)), min(self.page, int(asked.query.get("per_page", 30)))
        assert self.server is not None
        headers = {}
        if page * size < len(self.releases):
            target = f"{self.server.url}/repos/owner/name/releases?per_page={size}&page={page + 1}"
            headers["Link"] = f'<{target}>; rel="next", <{target}>; rel="last"'
        return _json(self.releases[(page - 1) * size : page * size], headers=headers)


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})
