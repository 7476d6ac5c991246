"""Requests to Zendesk's Help Center API, and what they answer, checked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from connectors.http.client import HttpSettings, Params, http
from connectors.websites.recent import Recent
from headwater.errors import FatalError, GoneError, SkippableError, TransientSourceError

Article: TypeAlias = dict[str, Any]
_PAGE = 100
_CHANGES_PAGE = 1_000

_segments: Recent[dict[int, Mapping[str, Any]]] = Recent(1_000)
_places: Recent[dict[int, str]] = Recent(1_000)


@dataclass(frozen=True, slots=True)
class HelpCenter:
    """One help center; what changes seldom is asked for once in a quarter of an hour, or after `forget`."""

    url: str
    settings: HttpSettings

    def articles(self, locale: str, start: str = "") -> Iterator[tuple[list[Article], str]]:
        """Pages of all articles in this language, drafts among them, each with the address of the next, "" at the end.

        `start` is such an address. An article in another language stands for a translation that is missing.
        """
        try:
            for page in self._pages(f"{locale}/articles", {"sort_by": "created_at", "sort_order": "asc"}, start):
                articles = [article for article in _checked(page.get("articles")) if locale_of(article) == locale]
                yield articles, _following(page)
        except GoneError as error:
            raise self._absent(error) from error

    def article(self, locale: str, number: str) -> Article:
        return _checked([self._get(f"{locale}/articles/{number}").get("article")])[0]

    def changes(self, since: int) -> Iterator[Article] | None:
        """Articles that changed from `since` (seconds since 1970) on, of all locales; None when there are too many
        at one time to be told apart."""
        found: list[Article] = []
        start = since
        while True:
            page = self._get("incremental/articles", {"start_time": start})
            articles = _checked(page.get("articles"))
            found += articles
            if len(articles) < _CHANGES_PAGE:
                return iter(found)
            end = page.get("end_time")
            if not isinstance(end, int) or end <= start:
                return None
            start = end

    def segment(self, id: int) -> Mapping[str, Any]:
        """A user segment; {} for one that our credentials are not shown."""
        known = _segments.get(self)
        if known is None:
            with _needed("the user segments"):
                known = {found["id"]: found for found in self._all("user_segments", "user_segments")}
            _segments.put(self, known)
        return known.get(id, {})

    def place(self, locale: str, section: int) -> str:
        """Names of a section's category and its own: `Billing/Invoices`."""
        known = _places.get((self, locale))
        if known is None:
            with _needed("the sections"):
                categories = {
                    found["id"]: str(found.get("name") or "")
                    for found in self._all(f"{locale}/categories", "categories")
                }
                known = {
                    found["id"]: f"{categories.get(found.get('category_id'), '')}/{found.get('name') or ''}"
                    for found in self._all(f"{locale}/sections", "sections")
                }
            _places.put((self, locale), known)
        return known.get(section, "")

    def default_locale(self) -> str:
        try:
            default = self._get("locales").get("default_locale")
        except GoneError as error:
            raise self._absent(error) from error
        if not isinstance(default, str) or not default:
            raise TransientSourceError(f"{self.url} does not name its default locale")
        return default.lower()

    def forget(self, locales: tuple[str, ...]) -> None:
        """Ask again for segments and places."""
        _segments.take(self)
        for locale in locales:
            _places.take((self, locale))

    def _all(self, path: str, name: str) -> Iterator[Mapping[str, Any]]:
        """Everything of this name, each with its number as `id`."""
        for page in self._pages(path):
            listed = page.get(name)
            if not isinstance(listed, list) or not all(
                isinstance(found, dict) and isinstance(found.get("id"), int) for found in listed
            ):
                raise _another_form(path)
            yield from listed

    def _pages(self, path: str, params: Params | None = None, start: str = "") -> Iterator[Mapping[str, Any]]:
        page = self._next(start) if start else self._get(path, {"page[size]": _PAGE, **(params or {})})
        while True:
            yield page
            following = _following(page)
            if not following:
                return
            page = self._next(following)

    def _next(self, url: str) -> Mapping[str, Any]:
        return self._object(http(self.settings).get(url).json())

    def _get(self, path: str, params: Params | None = None) -> Mapping[str, Any]:
        return self._object(http(self.settings).get(f"{self.url}/api/v2/help_center/{path}.json", params).json())

    def _absent(self, error: GoneError) -> FatalError:
        """What a listing that is not there means: an address without a help center, or a language that it lacks."""
        return FatalError(
            f"the help center cannot be listed: {error}", advice="Correct url and locales of this source."
        )

    def _object(self, found: object) -> Mapping[str, Any]:
        if not isinstance(found, dict):
            raise _another_form(self.url)
        return found


@contextmanager
def _needed(what: str) -> Iterator[None]:
    """What has to be known of an article beside itself: without it the article fails for now, and does not go."""
    try:
        yield
    except SkippableError as error:
        raise TransientSourceError(f"{what} cannot be told just now: {error}", advice=error.advice) from error


def _following(page: Mapping[str, Any]) -> str:
    """Of the next page; a listing that does not say where it goes on, or that it ends, is not whole."""
    meta, links = page.get("meta"), page.get("links")
    more = meta.get("has_more") if isinstance(meta, dict) else None
    following = links.get("next") if isinstance(links, dict) else None
    if more is False:
        return ""
    if more is not True or not isinstance(following, str) or not following:
        raise TransientSourceError("a page of the listing does not say where it goes on")
    return following


def _another_form(where: str) -> TransientSourceError:
    return TransientSourceError(f"{where} answered in another form than its API documents")


def locale_of(article: Mapping[str, Any]) -> str:
    return str(article["locale"]).lower()


def _checked(articles: object) -> list[Article]:
    named = {"id": int, "locale": str, "draft": bool}
    if not isinstance(articles, list) or not all(
        isinstance(article, dict) and all(isinstance(article.get(name), kind) for name, kind in named.items())
        for article in articles
    ):
        raise TransientSourceError("the articles are not in the form that the API documents")
    return articles
