"""Answers of Confluence's APIs, checked: every surprise is an error that may pass, never an empty list."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from connectors.http.answer import Answer
from connectors.http.client import HttpSettings, Params, http
from connectors.wiki.model import GROUP, USER, Attachment, Reader
from headwater.errors import CredentialError, SkippableError, TransientSourceError

Json: TypeAlias = Mapping[str, Any]
_MOST_PAGES = 100_000
_READERS, _MOST_READERS = 100, 20_000


@dataclass(frozen=True, slots=True)
class Asker:
    """`url` is where the wiki begins, such as `https://example.atlassian.net/wiki`."""

    url: str
    settings: HttpSettings

    def answer(self, path: str, params: Params | None = None) -> Answer:
        return http(self.settings).get(f"{self.url}{path}", params)

    def one(self, path: str, params: Params | None = None) -> Json:
        return mapping(self.answer(path, params).json())

    def paged(self, path: str, params: Params, by: str) -> Iterator[Json]:
        """All results, page after page; of the address of the next page only `by` (cursor or start) is taken, so
        that it leads nowhere else."""
        position: dict[str, str] = {}
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            answer = self.answer(path, {**params, **position})
            page = mapping(answer.json())
            yield from (mapping(found) for found in listed(page.get("results")))
            following = mapping(page.get("_links") or {}).get("next") or answer.next_page
            if not following:
                return
            token = parse_qs(urlsplit(str(following)).query).get(by, [""])[-1]
            if not token or token in seen:
                raise TransientSourceError(f"{path} does not say where its listing goes on")
            seen.add(token)
            position = {by: token}
        raise TransientSourceError(f"the listing of {path} has no end")


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Part of what has to be known of a page: without it the page fails for now, and neither goes nor opens up."""
    try:
        yield
    except (SkippableError, CredentialError) as error:
        raise TransientSourceError(f"{what} cannot be told just now: {error}", advice=error.advice) from error


def mapping(found: object) -> Json:
    if not isinstance(found, dict):
        raise TransientSourceError("Confluence answered in another form than its API documents")
    return found


def listed(found: object) -> list[Any]:
    if not isinstance(found, list):
        raise TransientSourceError("Confluence answered in another form than its API documents")
    return found


def text(found: Json, name: str) -> str:
    """What has to be there."""
    value = found.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise TransientSourceError(f"Confluence left out {name}, which its API documents")
    return value


def number(found: object) -> int:
    value = mapping(found).get("number")
    if not isinstance(value, int):
        raise TransientSourceError("Confluence left out the number of a version, which its API documents")
    return value


def user(found: Json) -> Reader:
    ids = tuple(str(found[name]) for name in ("accountId", "userKey", "username") if found.get(name))
    name = str(found.get("displayName") or found.get("publicName") or "")
    return Reader(USER, ids, name, str(found.get("email") or "").lower())


def group(found: Json) -> Reader:
    ids = tuple(str(found[name]) for name in ("id", "name") if found.get(name))
    return Reader(GROUP, ids, str(found.get("name") or ""))


def restricted_to(found: object) -> tuple[Reader, ...] | None:
    """Of the restriction on reading that an answer holds; None where it does not hold all of it."""
    inner = found.get("restrictions") if isinstance(found, dict) else None
    if not isinstance(inner, dict):
        return None
    users, groups = _whole(inner.get("user"), user), _whole(inner.get("group"), group)
    return None if users is None or groups is None else (*users, *groups)


def _whole(found: object, read: Callable[[Json], Reader]) -> tuple[Reader, ...] | None:
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(results, list):
        return None
    counts = [found.get(name) for name in ("size", "totalSize") if name in found]
    if any(not isinstance(count, int) or count > len(results) for count in counts):
        return None
    limit = found.get("limit")
    if not isinstance(limit, int) or len(results) >= limit > 0:
        return None
    return tuple(read(mapping(one)) for one in results)


def all_restricted_to(asker: Asker, id: str) -> tuple[Reader, ...]:
    """Whom a content's own restriction lets read it, however many they are; () where it has none."""
    path, expand = f"/rest/api/content/{id}/restriction/byOperation/read", "restrictions.user,restrictions.group"
    readers: list[Reader] = []
    start = 0
    while start < _MOST_READERS:
        inner = mapping(asker.one(path, {"expand": expand, "start": start, "limit": _READERS}).get("restrictions"))
        users, groups = mapping(inner.get("user")), mapping(inner.get("group"))
        readers += [user(mapping(one)) for one in listed(users.get("results"))]
        readers += [group(mapping(one)) for one in listed(groups.get("results"))]
        limits = [limit for found in (users, groups) if isinstance(limit := found.get("limit"), int) and limit > 0]
        step = min([_READERS, *limits])
        if max(len(users["results"]), len(groups["results"])) < step:
            return tuple(dict.fromkeys(readers))
        start += step
    raise TransientSourceError(f"the restrictions of {id} have no end")


def labels(found: object) -> tuple[str, ...] | None:
    """Of everybody, not those that a person keeps for himself; None where they are not all there."""
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(results, list):
        return None
    limit, more = found.get("limit"), mapping(found.get("meta") or {}).get("hasMore")
    if more or (isinstance(limit, int) and len(results) >= limit > 0):
        return None
    return names_of(results)


def names_of(results: list[Any]) -> tuple[str, ...]:
    shared = [one for one in map(mapping, results) if str(one.get("prefix") or "global") in ("global", "team")]
    return tuple(sorted({text(one, "name") for one in shared}))


def attachments(found: object) -> tuple[Attachment, ...] | None:
    """Of v1 and Server answers; None where they are not all there, or lack their version."""
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(results, list):
        return None
    limit = found.get("limit")
    if not isinstance(limit, int) or len(results) >= limit > 0:
        return None
    if any("version" not in mapping(one) for one in results):
        return None
    return in_order(attachment(one) for one in results)


def attachment(found: Json) -> Attachment:
    about = {**mapping(found.get("metadata") or {}), **mapping(found.get("extensions") or {})}
    media = str(found.get("mediaType") or about.get("mediaType") or "")
    return Attachment(text(found, "id"), text(found, "title"), media, number(found.get("version")))


def in_order(found: Iterator[Attachment]) -> tuple[Attachment, ...]:
    return tuple(sorted(found, key=lambda one: (one.name, one.id)))
