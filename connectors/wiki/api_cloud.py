"""Confluence Cloud: REST API v2, and v1 for what v2 does not tell (restrictions, people).

Spaces, pages, labels, attachments and folders: https://developer.atlassian.com/cloud/confluence/rest/v2/intro,
permissions of a space: https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-space-permissions, its
roles: https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-space-roles, restrictions:
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content-restrictions, many pages' restrictions,
labels and attachments at once: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content (search),
people: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-users

The listing (v2) says which pages there are. A search (v1) says for a hundred of them at once whom they are restricted
to; it may lag behind and leaves pages out, which are then asked about one by one. It does not tell of the pages above
them, so each restriction is taken from that page's own entry.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connectors.http.answer import Answer
from connectors.http.client import Params
from connectors.wiki.checked import (
    Asker,
    Json,
    all_restricted_to,
    attachment,
    attachments,
    group,
    in_order,
    labels,
    mapping,
    names_of,
    needed,
    number,
    restricted_to,
    text,
    user,
)
from connectors.wiki.model import ANYONE, GROUP, USER, Above, Attachment, Page, Reader, Space
from headwater.errors import (
    CredentialError,
    FatalError,
    GoneError,
    HeadwaterError,
    SkippableError,
    TransientSourceError,
)
from headwater.model import Unreadable

_MOST = 250
_SEARCH = 100
_DEEPEST = 200
_EXPAND = (
    "metadata.labels,children.attachment.version,"
    "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
)
_ANONYMOUS = frozenset(("anonymous", "anonymous-users"))
_COLLECTIONS = {"page": "pages", "folder": "folders", "whiteboard": "whiteboards", "database": "databases"} | {
    "embed": "embeds"
}


@dataclass(frozen=True, slots=True)
class _Known:
    """What a search says of a page; None where it does not say all of it."""

    labels: tuple[str, ...] | None
    attachments: tuple[Attachment, ...] | None
    readers: tuple[Reader, ...] | None


_UNKNOWN = _Known(None, None, None)
_ROOT = Above("", "")


@dataclass(frozen=True, slots=True)
class Cloud:
    ask: Asker

    def spaces(self, keys: Iterable[str]) -> list[Space]:
        if not (wanted := tuple(keys)):
            return [
                _space(found)
                for found in self.ask.paged("/api/v2/spaces", {"status": "current", "limit": _MOST}, "cursor")
            ]
        spaces = []
        for key in wanted:
            asked: Params = {"keys": key, "status": "current", "limit": _MOST}
            found = [_space(one) for one in self.ask.paged("/api/v2/spaces", asked, "cursor")]
            spaces += [space for space in found if space.key.lower() == key.lower()]
            if not spaces or spaces[-1].key.lower() != key.lower():
                raise FatalError(
                    f"there is no current space {key}, or the credentials do not show it",
                    advice="Correct spaces of this source, or let the account of its token read the space.",
                )
        return spaces

    def pages(self, space: Space) -> list[Page | Unreadable]:
        asked: Params = {"depth": "all", "status": "current", "limit": _MOST}
        listed = {text(one, "id"): one for one in self.ask.paged(f"/api/v2/spaces/{space.id}/pages", asked, "cursor")}
        known = self._searched(space) if listed else {}
        above = _Ancestors(self, listed)
        pages: list[Page | Unreadable] = []
        for id, one in listed.items():
            try:
                pages.append(self._page(one, space, above.of(one), known.get(id, _UNKNOWN)))
            except HeadwaterError as error:
                pages.append(Unreadable(id, type(error).__name__, error.in_full))
        return pages

    def page(self, id: str, listed: Page | None = None) -> tuple[Page, str]:
        found = self.ask.one(f"/api/v2/pages/{id}", {"body-format": "storage", "include-labels": "true"})
        if text(found, "status") != "current":
            raise GoneError(f"page {id} is not a current page")
        body = mapping(mapping(found.get("body")).get("storage")).get("value")
        # Whom it is restricted to is asked again: it may be why the page is asked for.
        known = _Known(labels(found.get("labels")), listed.attachments if listed else None, None)
        if listed is not None and text(found, "spaceId") == listed.space.id:
            space = listed.space
        else:
            space, listed = self._space_of(text(found, "spaceId")), None
        if listed is not None and str(found.get("parentId") or "") == (listed.ancestors or (_ROOT,))[-1].id:
            above = listed.ancestors
        else:
            above = _Ancestors(self, {}).of(found)
        return self._page(found, space, above, known), body if isinstance(body, str) else ""

    def restrictions(self, id: str) -> tuple[Reader, ...]:
        return all_restricted_to(self.ask, id)

    def space_readers(self, space: Space) -> tuple[Reader, ...]:
        found: list[Reader] = []
        for one in self.ask.paged(f"/api/v2/spaces/{space.id}/permissions", {"limit": _MOST}, "cursor"):
            operation = mapping(one.get("operation"))
            if operation.get("key") == "read" and operation.get("targetType") == "space":
                principal = mapping(one.get("principal"))
                found.append(_principal(text(principal, "type"), text(principal, "id")))
        return tuple(dict.fromkeys((*found, *self._in_roles(space))))

    def known(self, reader: Reader) -> Reader:
        if reader.name or reader.email or not reader.ids:
            return reader
        try:
            if reader.kind == USER:
                return user(self.ask.one("/rest/api/user", {"accountId": reader.ids[0]}))
            return group(self.ask.one("/rest/api/group/by-id", {"id": reader.ids[0]}))
        except (SkippableError, CredentialError):
            return reader

    def groups_of(self, user: Reader) -> frozenset[str]:
        try:
            found = self.ask.paged("/rest/api/user/memberof", {"accountId": user.ids[0], "limit": 200}, "start")
            return frozenset(id for one in found for id in group(one).ids)
        except (SkippableError, CredentialError):
            return frozenset()

    def download(self, page: Page, attachment: Attachment) -> Answer:
        return self.ask.answer(f"/rest/api/content/{page.id}/child/attachment/{attachment.id}/download")

    def _page(self, found: Json, space: Space, above: tuple[Above, ...], known: _Known) -> Page:
        id = text(found, "id")
        version, links = mapping(found.get("version")), mapping(found.get("_links") or {})
        with needed(f"labels, attachments and restrictions of page {id}"):
            names = self._labels(id) if known.labels is None else known.labels
            files = self._attachments(id) if known.attachments is None else known.attachments
            readers = self.restrictions(id) if known.readers is None else known.readers
        return Page(
            id=id,
            title=text(found, "title"),
            space=space,
            number=number(version),
            when=str(version.get("createdAt") or ""),
            created=str(found.get("createdAt") or ""),
            by=Reader(USER, (str(version["authorId"]),) if version.get("authorId") else ()),
            link=f"{self.ask.url}{links.get('webui') or f'/pages/viewpage.action?pageId={id}'}",
            ancestors=above,
            labels=names,
            attachments=files,
            readers=readers,
        )

    def _searched(self, space: Space) -> dict[str, _Known]:
        """By page; none where the search cannot be used, as by a token without that right."""
        key = space.key.replace('"', "")
        asked: Params = {"cql": f'space = "{key}" and type = page', "expand": _EXPAND, "limit": _SEARCH}
        known: dict[str, _Known] = {}
        try:
            for one in self.ask.paged("/rest/api/content/search", asked, "cursor"):
                read = mapping(one.get("restrictions") or {}).get("read")
                known[text(one, "id")] = _Known(
                    labels(mapping(one.get("metadata") or {}).get("labels")),
                    attachments(mapping(one.get("children") or {}).get("attachment")),
                    restricted_to(read),
                )
        except (SkippableError, CredentialError):
            return known
        return known

    def _labels(self, id: str) -> tuple[str, ...]:
        return names_of(list(self.ask.paged(f"/api/v2/pages/{id}/labels", {"limit": _MOST}, "cursor")))

    def _attachments(self, id: str) -> tuple[Attachment, ...]:
        asked: Params = {"status": "current", "limit": _MOST}
        found = self.ask.paged(f"/api/v2/pages/{id}/attachments", asked, "cursor")
        return in_order(attachment(one) for one in found)

    def _space_of(self, id: str) -> Space:
        with needed(f"space {id}"):
            found = self.ask.one(f"/api/v2/spaces/{id}")
        if text(found, "status") != "current":
            raise GoneError(f"space {id} is not a current space")
        return _space(found)

    def _in_roles(self, space: Space) -> Iterator[Reader]:
        """Those with a role in the space, each of which lets read it; sites without roles do not know the question."""
        try:
            for one in self.ask.paged(f"/api/v2/spaces/{space.id}/role-assignments", {"limit": _MOST}, "cursor"):
                principal = mapping(one.get("principal"))
                yield _principal(text(principal, "principalType").lower(), text(principal, "principalId"))
        except (SkippableError, CredentialError):
            return

    def above(self, id: str, kind: str) -> Json:
        """A content that a page lies below."""
        if kind not in _COLLECTIONS:
            raise GoneError(f"a page lies below {kind} {id}, of which the API does not tell")
        return self.ask.one(f"/api/v2/{_COLLECTIONS[kind]}/{id}")


class _Ancestors:
    """What pages lie below, each asked for once."""

    def __init__(self, wiki: Cloud, known: dict[str, Json]) -> None:
        self._wiki, self._known = wiki, dict(known)

    def of(self, page: Json) -> tuple[Above, ...]:
        found: list[Above] = []
        at = page
        while at.get("parentId"):
            id, kind = text(at, "parentId"), str(at.get("parentType") or "page")
            at = self._one(id, kind)
            found.append(Above(id, str(at.get("title") or ""), kind))
            if len(found) > _DEEPEST:
                raise TransientSourceError(f"page {page.get('id')} lies below more pages than can be told")
        return tuple(reversed(found))

    def _one(self, id: str, kind: str) -> Json:
        if id not in self._known:
            with needed(f"{kind} {id}, which pages lie below,"):
                self._known[id] = self._wiki.above(id, kind)
        return self._known[id]


def _space(found: Json) -> Space:
    return Space(text(found, "id"), text(found, "key"))


def _principal(kind: str, id: str) -> Reader:
    """Beside users and groups there are classes of people, such as all who signed in, named by their id."""
    if kind == "user":
        return Reader(USER, (id,))
    if kind == "group":
        return Reader(GROUP, (id,))
    return Reader(ANYONE) if id.lower() in _ANONYMOUS else Reader(GROUP, (id,), id)
