"""Parsing for one source: with its wishes, without what most of its pages repeat, which is learned here.

What is left out is a function of the set of documents alone: of all HTML pages that a complete listing names, those
200 with the smallest hashes of their ids are looked at. It is learned anew when one of them changed, came or went, so
that an index kept up to date leaves out what a new one would. A page that cannot be fetched for the moment takes part
as it was last seen, until a later run.
"""

import hashlib
import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Protocol

from headwater.errors import ParseError
from headwater.ingest.boilerplate import Boilerplate, Looks, Repeated, learn, looks_of
from headwater.ledger.base import Ledger
from headwater.model import CONTENT_VERSION, Document, RawDocument, digest

LEARNED, PAGES = "boilerplate", "boilerplate-pages"
"""Names in the ledger: what is left out, and the pages it was learned from."""
SAMPLED = 200
HTML = frozenset(("text/html", "application/xhtml+xml"))
_AHEAD = 16
_KEPT_BYTES = 3 * 2**20
"""Content of parsed pages that is kept for the run that follows; what is parsed of it takes several times that."""
_WORTH_A_TEXT = 0.25


class Parsing(Protocol):
    def submit(self, raw: RawDocument) -> Future[Document]: ...


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of the sample in one version; `looks` is None for what is no page, or cannot be read."""

    version: str
    looks: Looks | None


class SourceParsing:
    """`submit` gives documents as they are to be chunked; `mark` belongs to their fingerprint."""

    def __init__(
        self,
        parsing: Parsing,
        ledger: Ledger,
        source: str,
        *,
        parser: Callable[[str], str],
        may_be_page: Callable[[str], bool],
        wishes: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """`parser` is the fingerprint of a media type's parser; `may_be_page` tells by an id what may be HTML."""
        self._parsing, self._ledger, self._source = parsing, ledger, source
        self._parser, self._may_be_page = parser, may_be_page
        self._wishes = {name: selectors for name, selectors in (wishes or {}).items() if selectors}
        self._wished = digest(repr(sorted(self._wishes.items())))[:16] if self._wishes else ""
        self._kept: dict[str, tuple[RawDocument, Document]] = {}
        self.boilerplate = recall(ledger, source)

    def submit(self, raw: RawDocument) -> Future[Document]:
        """The future raises only ParseError."""
        wished = self._with_wishes(raw)
        done: Future[Document] = Future()
        kept = self._kept.pop(raw.id, None)
        if kept is not None and kept[0] == wished:
            done.set_result(self.boilerplate.without(kept[1]))
            return done
        inner = self._parsing.submit(wished)
        if not self.boilerplate.blocks or not _is_html(raw.media_type):
            return inner
        inner.add_done_callback(lambda result: self._settle(result, done))
        return done

    def parse(self, raws: Iterable[RawDocument]) -> Iterator[tuple[RawDocument, Document | ParseError]]:
        """Results in the order of `raws`, read a little ahead."""
        return _in_order((raw, self.submit(raw)) for raw in raws)

    def mark(self, media_type: str) -> str:
        """The parser's fingerprint, and what else decides how documents of this type come out here."""
        parts = [self._parser(media_type)]
        if _is_html(media_type):
            parts += [part for part in (self._wished, self.boilerplate.mark) if part]
        return " ".join(parts)

    def learn(self, listed: Mapping[str, str], get: Callable[[str], RawDocument | None]) -> bool:
        """Whether something else is left out from now on; `listed` is a complete listing, id to version.

        `get` fetches a document, its media type settled; None when it cannot at the moment.
        """
        mark = f"{self._parser('text/html')} {self._wished}"
        state = self._ledger.learned(self._source, PAGES) or {}
        known = _pages(state) if state.get("mark") == mark else {}
        wanted = {id: listed[id] for id in _sample(id for id in listed if self._may_be_page(id))}
        # Where the listing leaves the version open, only a look would tell, and that is for the run itself.
        missing = [id for id, version in wanted.items() if id not in known or version not in ("", known[id].version)]
        if not missing and known.keys() == wanted.keys():
            return False
        texts = dict(state.get("texts", {}))
        pages = {id: page for id, page in known.items() if id in wanted}
        pages |= self._looked_at(missing, get, texts)
        before = self.boilerplate.mark
        self._remember(pages, texts, mark)
        return self.boilerplate.mark != before

    def _remember(self, pages: Mapping[str, _Page], texts: Mapping[str, str], mark: str) -> None:
        looks = [page.looks for page in pages.values() if page.looks is not None]
        self.boilerplate = learn(looks, texts)
        counts: dict[str, int] = {}
        for page in looks:
            for key in page.words:
                counts[key] = counts.get(key, 0) + 1
        worth = {key: text for key, text in texts.items() if counts.get(key, 0) >= _WORTH_A_TEXT * len(looks)}
        blocks = {key: [one.text, one.pages] for key, one in self.boilerplate.blocks.items()}
        # In this order: stopped in between, the next run learns again.
        self._ledger.learn(self._source, LEARNED, {"blocks": blocks, "pages": self.boilerplate.pages})
        self._ledger.learn(self._source, PAGES, {"mark": mark, "texts": worth, "pages": _packed(pages)})

    def _looked_at(
        self, ids: Iterable[str], get: Callable[[str], RawDocument | None], texts: dict[str, str]
    ) -> dict[str, _Page]:
        """These pages, without those that cannot be fetched at the moment; their texts are added to `texts`."""
        found: dict[str, _Page] = {}
        room = _KEPT_BYTES

        def submitted() -> Iterator[tuple[RawDocument, Future[Document]]]:
            for id in ids:
                raw = get(id)
                if raw is not None and _is_html(raw.media_type):
                    raw = self._with_wishes(raw)
                    yield raw, self._parsing.submit(raw)
                elif raw is not None:
                    found[id] = _Page(_version(raw), None)

        for raw, result in _in_order(submitted()):
            if isinstance(result, ParseError):
                found[raw.id] = _Page(_version(raw), None)
                continue
            looks, said = looks_of(result)
            found[raw.id] = _Page(_version(raw), looks)
            texts |= said
            room -= len(raw.content)
            if room > 0:
                self._kept[raw.id] = (raw, result)
        return found

    def _with_wishes(self, raw: RawDocument) -> RawDocument:
        return replace(raw, wishes=self._wishes) if self._wishes and _is_html(raw.media_type) else raw

    def _settle(self, result: Future[Document], done: Future[Document]) -> None:
        if result.cancelled():
            done.cancel()
        if not done.set_running_or_notify_cancel():
            return
        error = result.exception()
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(self.boilerplate.without(result.result()))


def _is_html(media_type: str) -> bool:
    """Whatever its parameters, such as a charset."""
    return media_type.partition(";")[0] in HTML


def recall(ledger: Ledger, source: str) -> Boilerplate:
    """What was last learned of a source."""
    value = ledger.learned(source, LEARNED) or {}
    blocks = {str(key): Repeated(str(text), int(pages)) for key, (text, pages) in value.get("blocks", {}).items()}
    return Boilerplate(blocks, int(value.get("pages", 0)))


def _version(raw: RawDocument) -> str:
    """As a listing has it: of the content alone, where the source can tell."""
    return str(raw.meta.get(CONTENT_VERSION) or raw.version)


def _sample(ids: Iterable[str]) -> list[str]:
    return heapq.nsmallest(SAMPLED, ids, key=lambda id: hashlib.blake2b(id.encode(), digest_size=8).digest())


def _in_order(
    submitted: Iterable[tuple[RawDocument, Future[Document]]],
) -> Iterator[tuple[RawDocument, Document | ParseError]]:
    waiting: deque[tuple[RawDocument, Future[Document]]] = deque()
    for pair in submitted:
        waiting.append(pair)
        if len(waiting) > _AHEAD:
            raw, future = waiting.popleft()
            yield raw, _outcome(future)
    for raw, future in waiting:
        yield raw, _outcome(future)


def _outcome(future: Future[Document]) -> Document | ParseError:
    try:
        return future.result()
    except ParseError as error:
        return error


def _packed(pages: Mapping[str, _Page]) -> dict[str, Any]:
    return {
        id: [page.version, *((page.looks.title, dict(page.looks.words)) if page.looks else ("", None))]
        for id, page in pages.items()
    }


def _pages(state: Mapping[str, Any]) -> dict[str, _Page]:
    return {
        id: _Page(version, None if words is None else Looks(title, words))
        for id, (version, title, words) in state["pages"].items()
    }
