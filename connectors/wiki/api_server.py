"""Confluence Server and Data Center: their REST API.

Content, expansions and spaces: https://docs.atlassian.com/ConfluenceServer/rest/latest, pages by start and limit:
https://developer.atlassian.com/server/confluence/pagination-in-the-rest-api/, restrictions:
https://developer.atlassian.com/server/confluence/rest/v1000/api-group-content-restrictions, permissions of a space
(from Data Center 9.1 on; older ones do not tell them):
https://developer.atlassian.com/server/confluence/rest/v1000/api-group-space-permissions
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

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
    listed,
    mapping,
    names_of,
    needed,
    number,
    restricted_to,
    text,
    user,
)
from connectors.wiki.model import ANYONE, GROUP, USER, Above, Attachment, Page, Reader, Space
from headwater.errors import CredentialError, FatalError, GoneError, HeadwaterError, SkippableError
from headwater.model import Unreadable

_MOST = 100
_EXPAND = (
    "version,history,ancestors,metadata.labels,children.attachment.version,"
    "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
)


@dataclass(frozen=True, slots=True)
class Server:
    ask: Asker

    def spaces(self, keys: Iterable[str]) -> list[Space]:
        if not (wanted := tuple(keys)):
            asked: Params = {"status": "current", "limit": _MOST}
            return [_space(found) for found in self.ask.paged("/rest/api/space", asked, "start")]
        spaces = []
        for key in wanted:
            try:
                found = self.ask.one(f"/rest/api/space/{quote(key, safe='')}")
            except GoneError:
                found = {"status": "gone"}
            if found.get("status", "current") != "current":
                raise FatalError(
                    f"there is no current space {key}, or the credentials do not show it",
                    advice="Correct spaces of this source, or let the account of its token read the space.",
                )
            spaces.append(_space(found))
        return spaces

    def pages(self, space: Space) -> list[Page | Unreadable]:
        asked: Params = {"spaceKey": space.key, "type": "page", "status": "current", "expand": _EXPAND, "limit": _MOST}
        found = {text(one, "id"): one for one in self.ask.paged("/rest/api/content", asked, "start")}
        pages: list[Page | Unreadable] = []
        for id, one in found.items():
            try:
                pages.append(self._page(one, space))
            except HeadwaterError as error:
                pages.append(Unreadable(id, type(error).__name__, error.in_full))
        return pages

    def page(self, id: str, listed: Page | None = None) -> tuple[Page, str]:  # noqa: ARG002 (the interface's)
        asked: Params = {"status": "current", "expand": f"{_EXPAND},body.storage,space"}
        found = self.ask.one(f"/rest/api/content/{id}", asked)
        space = mapping(found.get("space"))
        if text(found, "type") != "page" or text(found, "status") != "current":
            raise GoneError(f"{id} is not a current page")
        if space.get("status", "current") != "current":
            raise GoneError(f"page {id} is in a space that is not current")
        body = mapping(mapping(found.get("body")).get("storage")).get("value")
        return self._page(found, _space(space)), body if isinstance(body, str) else ""

    def restrictions(self, id: str) -> tuple[Reader, ...]:
        return all_restricted_to(self.ask, id)

    def space_readers(self, space: Space) -> tuple[Reader, ...]:
        path = f"/rest/api/space/{quote(space.key, safe='')}/permissions"
        found = [_subject(mapping(one)) for one in listed(self.ask.answer(path).json()) if _reads(mapping(one))]
        if any(_reads(mapping(one)) for one in listed(self.ask.answer(f"{path}/anonymous").json())):
            found.append(Reader(ANYONE))
        return tuple(dict.fromkeys(reader for reader in found if reader is not None))

    def known(self, reader: Reader) -> Reader:
        if reader.kind != USER or reader.name or not reader.ids:
            return reader
        try:
            return user(self.ask.one("/rest/api/user", {"key": reader.ids[0]}))
        except (SkippableError, CredentialError):
            return reader

    def groups_of(self, user: Reader) -> frozenset[str]:
        try:
            found = self.ask.paged("/rest/api/user/memberof", {"key": user.ids[0], "limit": 200}, "start")
            return frozenset(id for one in found for id in group(one).ids)
        except (SkippableError, CredentialError):
            return frozenset()

    def download(self, page: Page, attachment: Attachment) -> Answer:
        return self.ask.answer(f"/download/attachments/{page.id}/{quote(attachment.name, safe='')}")

    def _page(self, found: Json, space: Space) -> Page:
        id, links = text(found, "id"), mapping(found.get("_links") or {})
        version, history = mapping(found.get("version")), mapping(found.get("history") or {})
        names = labels(mapping(found.get("metadata") or {}).get("labels"))
        files = attachments(mapping(found.get("children") or {}).get("attachment"))
        readers = restricted_to(mapping(found.get("restrictions") or {}).get("read"))
        above = [mapping(one) for one in listed(found.get("ancestors"))]
        with needed(f"labels, attachments and restrictions of page {id}"):
            names = self._labels(id) if names is None else names
            files = self._attachments(id) if files is None else files
            readers = self.restrictions(id) if readers is None else readers
        return Page(
            id=id,
            title=text(found, "title"),
            space=space,
            number=number(version),
            when=str(version.get("when") or ""),
            created=str(history.get("createdDate") or ""),
            by=user(mapping(version.get("by") or {})),
            link=f"{self.ask.url}{links.get('webui') or f'/pages/viewpage.action?pageId={id}'}",
            ancestors=tuple(Above(text(one, "id"), str(one.get("title") or "")) for one in above),
            labels=names,
            attachments=files,
            readers=readers,
        )

    def _labels(self, id: str) -> tuple[str, ...]:
        return names_of(list(self.ask.paged(f"/rest/api/content/{id}/label", {"limit": 200}, "start")))

    def _attachments(self, id: str) -> tuple[Attachment, ...]:
        asked: Params = {"expand": "version", "limit": 200}
        return in_order(
            attachment(one) for one in self.ask.paged(f"/rest/api/content/{id}/child/attachment", asked, "start")
        )


def _space(found: Json) -> Space:
    return Space(text(found, "id"), text(found, "key"))


def _reads(permission: Json) -> bool:
    operation = mapping(permission.get("operation") or {})
    return operation.get("operationKey") == "read" and operation.get("targetType") == "space"


def _subject(permission: Json) -> Reader | None:
    """None for those who have no account to read with, and for what is told of nobody."""
    subject = mapping(permission.get("subject") or {})
    match subject.get("type"):
        case "group":
            name = str(subject.get("name") or subject.get("displayName") or "")
            return Reader(GROUP, (name,) if name else (), name)
        case "user" | "known":
            return user(subject)
        case "anonymous":
            return Reader(ANYONE)
        case _:
            return None
