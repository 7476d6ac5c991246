"""Requests to Zendesk's Help Center API, and what they answer, checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from connectors.http.client import HttpSettings, Params, http
from connectors.websites.recent import Recent
from headwater.errors import TransientSourceError

Article: TypeAlias = dict[str, Any]
_PAGE = 100
_CHANGES_PAGE = 1_000

_segments: Recent[dict[int, Article]] = Recent(1_000)
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
        for page in self._pages(f"{locale}/articles", {"sort_by": "created_at", "sort_order": "asc"}, start):
            articles = [article for article in _checked(page.get("articles")) if locale_of(article) == locale]
            yield articles, _following(page)

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

    def segment(self, id: int) -> Article:
        """A user segment; {} for one that our credentials are not shown."""
        known = _segments.get(self)
        if known is None:
            known = {
                int(found["id"]): found
                for page in self._pages("user_segments")
                for found in page.get("user_segments") or ()
            }
            _segments.put(self, known)
        return known.get(id, {})

    def place(self, locale: str, section: int) -> str:
        """Names of a section's category and its own: `Billing/Invoices`."""
        known = _places.get((self, locale))
        if known is None:
            categories = {
                found.get("id"): str(found.get("name") or "")
                for page in self._pages(f"{locale}/categories")
                for found in page.get("categories") or ()
            }
            known = {
                int(found["id"]): f"{categories.get(found.get('category_id'), '')}/{found.get('name') or ''}"
                for page in self._pages(f"{locale}/sections")
                for found in page.get("sections") or ()
            }
            _places.put((self, locale), known)
        return known.get(section, "")

    def default_locale(self) -> str:
        default = self._get("locales").get("default_locale")
        if not isinstance(default, str) or not default:
            raise TransientSourceError(f"{self.url} does not name its default locale")
        return default.lower()

    def forget(self, locales: tuple[str, ...]) -> None:
        """Ask again for segments and places."""
        _segments.take(self)
        for locale in locales:
            _places.take((self, locale))

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

    def _object(self, found: object) -> Mapping[str, Any]:
        if not isinstance(found, dict):
            raise TransientSourceError(f"{self.url} answered in another form than its API documents")
        return found


def _following(page: Mapping[str, Any]) -> str:
    more = (page.get("meta") or {}).get("has_more")
    return str((page.get("links") or {}).get("next") or "") if more else ""


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
