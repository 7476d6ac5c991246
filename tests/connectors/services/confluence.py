"""The parts of Confluence's APIs that pages and their readers are read by: Cloud (v2 with v1), and Data Center."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.services.local import Asked, LocalServer, Reply

EMAIL, TOKEN = "docs@example.com", "ATATT-s3cr3t"
_BASIC = "Basic " + base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
ANN = {
    "accountId": "acc-ann",
    "userKey": "key-ann",
    "username": "ann",
    "displayName": "Ann",
    "email": "ann@example.com",
}
Json = dict[str, Any]
_OTHERS = (("create", "page"), ("administer", "space"), ("read", "userProfile"))
"""What one may do in a space beside reading it."""


@dataclass
class Confluence:
    """One wiki with the spaces `spaces` (key to number); `page` results a page, whatever is asked for.

    `restricted`: content to {"user": [...], "group": [...]}, `readers`: space to (type, id) of who may read it;
    `users` by account id, `groups` name to id, `members` account id to group names, `folders` number to folder.
    `unsearched` pages are not in the search's index yet.
    """

    cloud: bool = True
    spaces: dict[str, int] = field(default_factory=lambda: {"DOCS": 900})
    statuses: dict[str, str] = field(default_factory=dict)
    pages: dict[int, Json] = field(default_factory=dict)
    folders: dict[int, Json] = field(default_factory=dict)
    restricted: dict[int, dict[str, list[Json]]] = field(default_factory=dict)
    readers: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    roles: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    users: dict[str, Json] = field(default_factory=lambda: {"acc-ann": dict(ANN)})
    groups: dict[str, str] = field(default_factory=lambda: {"confluence-users": "g-1"})
    members: dict[str, list[str]] = field(default_factory=dict)
    unsearched: set[int] = field(default_factory=set)
    page: int = 3
    nested: int = 25
    server: LocalServer | None = None

    def put(self, number: int, body: str, **fields: Any) -> None:
        """Create a page, or save it anew: its version counts up."""
        before = self.pages.get(number, {})
        made = {
            "title": f"Page {number}", "space": "DOCS", "parent": None, "status": "current", "labels": [],
            "attachments": {}, "by": "acc-ann",
        }  # fmt: skip
        version = before.get("version", 0) + 1
        self.pages[number] = {**made, **before, "body": body, "version": version, **fields}

    def restrict(self, content: int, *, users: tuple[Json, ...] = (), groups: tuple[str, ...] = ()) -> None:
        named = [{"type": "group", "name": name, "id": self.groups.get(name, f"g-{name}")} for name in groups]
        self.restricted[content] = {"user": [self._user(user) for user in users], "group": named}

    def answer(self, asked: Asked) -> Reply:
        expected = _BASIC if self.cloud else f"Bearer {TOKEN}"
        if asked.headers.get("authorization") != expected:
            return reply({"message": "Client must be authenticated to access this resource."}, 401)
        found = self._v2(asked) if asked.path.startswith("/wiki/api/v2/") else self._rest(asked)
        return found or reply({"statusCode": 404, "message": "Not found"}, 404)

    # Cloud, v2 ---------------------------------------------------------------------------------------------

    def _v2(self, asked: Asked) -> Reply | None:
        if not self.cloud:
            return None
        match asked.path.removeprefix("/wiki/api/v2/").split("/"):
            case ["spaces"]:
                keys = [asked.query["keys"]] if "keys" in asked.query else list(self.spaces)
                wanted = [key for key in keys if key in self.spaces and self._current(key)]
                return self._cursor(asked, [self._space(key) for key in wanted])
            case ["spaces", id]:
                key = next((key for key, number in self.spaces.items() if str(number) == id), None)
                return reply(self._space(key)) if key else None
            case ["spaces", id, "pages"]:
                assert asked.query["status"] == "current"
                listed = [n for n, page in self.pages.items() if self._listed(page) and self._in(page, id)]
                return self._cursor(asked, [self._page_v2(n) for n in listed])
            case ["spaces", id, "permissions"]:
                found = [_permission(*one) for one in self._of_space(id, self.readers)]
                others = [_permission("group", "g-writers", *other) for other in _OTHERS]
                return self._cursor(asked, [*others, *found])
            case ["spaces", id, "role-assignments"]:
                return self._cursor(asked, [_role(*one) for one in self._of_space(id, self.roles)])
            case ["pages", number]:
                if int(number) not in self.pages:
                    return None
                body = {"storage": {"representation": "storage", "value": self.pages[int(number)]["body"]}}
                found = {**self._page_v2(int(number)), "body": body if "body-format" in asked.query else {}}
                if "include-labels" in asked.query:
                    names = [_label(name) for name in self.pages[int(number)]["labels"]]
                    more = {"hasMore": len(names) > self.nested}
                    found["labels"] = {"results": names[: self.nested], "meta": more, "_links": {}}
                return reply(found)
            case ["pages", number, "labels"]:
                names = self.pages[int(number)]["labels"]
                return self._cursor(asked, [{"id": "1", "name": name, "prefix": "global"} for name in names])
            case ["pages", number, "attachments"]:
                return self._cursor(asked, [_file_v2(*one) for one in self.pages[int(number)]["attachments"].items()])
            case ["folders", number]:
                return reply(self.folders[int(number)]) if int(number) in self.folders else None
        return None

    def _page_v2(self, number: int) -> Json:
        page = self.pages[number]
        kind = "folder" if page["parent"] in self.folders else "page"
        return {
            "id": str(number), "status": page["status"], "title": page["title"],
            "spaceId": str(self.spaces[page["space"]]), "parentId": str(page["parent"]) if page["parent"] else None,
            "parentType": kind if page["parent"] else None, "authorId": "acc-ann", "createdAt": "2026-01-01T00:00:00Z",
            "version": {"number": page["version"], "createdAt": "2026-01-02T00:00:00Z", "authorId": page["by"]},
            "_links": {"webui": f"/spaces/{page['space']}/pages/{number}"},
        }  # fmt: skip

    # v1, and Data Center -----------------------------------------------------------------------------------

    def _rest(self, asked: Asked) -> Reply | None:
        prefix = "/wiki" if self.cloud else ""
        path = asked.path.removeprefix(f"{prefix}/")
        match path.split("/"):
            case ["rest", "api", "content", id, "restriction", "byOperation", "read"]:
                known = {*self.pages, *self.folders}
                return self._restriction(int(id), asked) if int(id) in known else None
            case ["rest", "api", "content", "search"] if self.cloud:
                key = asked.query["cql"].split('"')[1]
                found = [n for n, page in self.pages.items() if self._listed(page) and page["space"] == key]
                return self._cursor(asked, [self._content(n) for n in found if n not in self.unsearched])
            case ["rest", "api", "content", id, "child", "attachment", file, "download"] if self.cloud:
                return self._download(int(id), file)
            case ["rest", "api", "user"]:
                user = self._user_asked(asked)
                return reply(self._user(user)) if user else None
            case ["rest", "api", "user", "memberof"]:
                user = self._user_asked(asked)
                names = self.members.get(user["accountId"], []) if user else []
                return self._start(asked, [{"type": "group", "name": n, "id": self.groups.get(n, "")} for n in names])
            case ["rest", "api", "group", "by-id"] if self.cloud:
                name = next((name for name, id in self.groups.items() if id == asked.query["id"]), None)
                return reply({"type": "group", "name": name, "id": asked.query["id"]}) if name else None
            case _:
                return None if self.cloud else self._data_center(asked, path.split("/"))

    def _data_center(self, asked: Asked, path: list[str]) -> Reply | None:
        match path:
            case ["rest", "api", "space"]:
                return self._start(asked, [self._space(key) for key in self.spaces if self._current(key)])
            case ["rest", "api", "space", key]:
                return reply(self._space(key)) if key in self.spaces else None
            case ["rest", "api", "space", key, "permissions"]:
                named = [one for one in self.readers.get(key, []) if one[0] != "anonymous"]
                others = [_subject("group", "writers", *other) for other in _OTHERS]
                return reply([*others, *(_subject(*one) for one in named)])
            case ["rest", "api", "space", key, "permissions", "anonymous"]:
                return reply([_subject(*one) for one in self.readers.get(key, []) if one[0] == "anonymous"])
            case ["rest", "api", "content"]:
                listed = [n for n, page in self.pages.items() if self._listed(page)]
                found = [n for n in listed if self.pages[n]["space"] == asked.query["spaceKey"]]
                return self._start(asked, [self._content(n) for n in found])
            case ["rest", "api", "content", id]:
                if int(id) not in self.pages or not self._listed(self.pages[int(id)]):
                    return None
                body = {"storage": {"value": self.pages[int(id)]["body"], "representation": "storage"}}
                return reply(
                    {**self._content(int(id)), "body": body, "space": self._space(self.pages[int(id)]["space"])}
                )
            case ["rest", "api", "content", id, "child", "attachment"]:
                return self._start(asked, [_file(*one) for one in self.pages[int(id)]["attachments"].items()])
            case ["rest", "api", "content", id, "label"]:
                return self._start(asked, [_label(name) for name in self.pages[int(id)]["labels"]])
            case ["download", "attachments", id, name]:
                return self._download(int(id), name)
        return None

    def _content(self, number: int) -> Json:
        page, above = self.pages[number], []
        by = self._user(self.users[page["by"]])
        parent = page["parent"]
        while parent:
            one = self.pages.get(parent) or self.folders[parent]
            above.insert(0, {"id": str(parent), "title": one["title"], "type": "page"})
            parent = one.get("parent")
        files = [_file(*one) for one in page["attachments"].items()]
        found = {
            "id": str(number), "type": "page", "status": page["status"], "title": page["title"],
            "version": {"number": page["version"], "when": "2026-01-02T00:00:00.000Z", "by": by},
            "history": {"createdDate": "2026-01-01T00:00:00.000Z"},
            "metadata": {"labels": self._nested([_label(name) for name in page["labels"]])},
            "children": {"attachment": self._nested(files)},
            "restrictions": {"read": {"operation": "read", "restrictions": self._readers(number)}},
            "_links": {"webui": f"/spaces/{page['space']}/pages/{number}"},
        }  # fmt: skip
        return found if self.cloud else {**found, "ancestors": above}

    def _readers(self, content: int) -> Json:
        named = self.restricted.get(content, {})
        return {kind: self._nested(named.get(kind, [])) for kind in ("user", "group")}

    def _nested(self, items: list[Json]) -> Json:
        shown = items[: self.nested]
        return {"results": shown, "start": 0, "limit": self.nested, "size": len(shown)}

    def _restriction(self, content: int, asked: Asked) -> Reply:
        named, start, size = self.restricted.get(content, {}), int(asked.query.get("start", 0)), self.page
        parts = {
            kind: {"results": named.get(kind, [])[start : start + size], "start": start, "limit": size, "size": size}
            for kind in ("user", "group")
        }
        return reply({"operation": "read", "restrictions": parts})

    def _download(self, number: int, file: str) -> Reply | None:
        files = self.pages.get(number, {}).get("attachments", {})
        found = next((one for id, one in files.items() if file in (id, one["name"])), None)
        return Reply(200, found["content"], {"Content-Type": "application/octet-stream"}) if found else None

    def _space(self, key: str) -> Json:
        return {"id": str(self.spaces[key]), "key": key, "name": key, "status": self.statuses.get(key, "current")}

    def _user(self, user: Json) -> Json:
        """Data Center shows no e-mail address, Cloud no names that people sign in by."""
        shown = ("accountId", "displayName", "email") if self.cloud else ("userKey", "username", "displayName")
        return {"type": "known", **{name: user[name] for name in shown if name in user}}

    def _user_asked(self, asked: Asked) -> Json | None:
        if self.cloud:
            return self.users.get(asked.query.get("accountId", ""))
        return next((one for one in self.users.values() if one["userKey"] == asked.query.get("key")), None)

    def _current(self, key: str) -> bool:
        return self.statuses.get(key, "current") == "current"

    def _listed(self, page: Json) -> bool:
        return bool(page["status"] == "current")

    def _in(self, page: Json, space: str) -> bool:
        return str(self.spaces[page["space"]]) == space

    def _of_space(self, id: str, table: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
        return next((table.get(key, []) for key, number in self.spaces.items() if str(number) == id), [])

    def _cursor(self, asked: Asked, items: list[Json]) -> Reply:
        start = int(asked.query.get("cursor", "c0")[1:])
        size, headers = min(self.page, int(asked.query["limit"])), {}
        links: Json = {"base": "https://example.atlassian.net/wiki"}
        if start + size < len(items):
            following = f"{asked.path}?limit={size}&cursor=c{start + size}"
            headers["Link"] = f'<{following}>; rel="next"'
            # Some listings name the next page only in the header.
            links |= {"next": following} if not asked.path.endswith("/pages") else {}
        return reply({"results": items[start : start + size], "_links": links}, headers=headers)

    def _start(self, asked: Asked, items: list[Json]) -> Reply:
        start, size = int(asked.query.get("start", 0)), min(self.page, int(asked.query["limit"]))
        links = {"next": f"{asked.path}?limit={size}&start={start + size}"} if start + size < len(items) else {}
        found = items[start : start + size]
        return reply({"results": found, "start": start, "limit": size, "size": len(found), "_links": links})


def reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


def failing(path: str, status: int, times: int = 50) -> list[Callable[[Asked], Reply | None]]:
    """Faults: answer requests whose path contains this with this status."""
    return [lambda asked: Reply(status) if path in asked.path else None] * times


def _permission(kind: str, id: str, key: str = "read", target: str = "space") -> Json:
    operation = {"key": key, "targetType": target}
    principal = {"type": "role", "id": "anonymous-users"} if kind == "anonymous" else {"type": kind, "id": id}
    return {"id": "1", "principal": principal, "operation": operation}


def _role(kind: str, id: str) -> Json:
    return {"roleId": "r-1", "principal": {"principalType": kind.upper(), "principalId": id}}


def _subject(kind: str, id: str, key: str = "read", target: str = "space") -> Json:
    subject = {"group": {"name": id}, "user": {"userKey": id}}.get(kind, {})
    found = {"operation": {"operationKey": key, "targetType": target}}
    return {**found, "subject": {"type": kind, **subject}} if kind != "anonymous" else found


def _label(name: str) -> Json:
    return {"id": "1", "name": name, "prefix": "global"}


def _file(id: str, file: Json) -> Json:
    about = {"mediaType": "application/octet-stream", "fileSize": 1}
    return {"id": id, "title": file["name"], "version": {"number": file["version"]}, "extensions": about}


def _file_v2(id: str, file: Json) -> Json:
    return {
        "id": id, "title": file["name"], "status": "current", "mediaType": "application/octet-stream",
        "version": {"number": file["version"]},
    }  # fmt: skip
