"""Feeds over the network: whatever their format, page after page."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.feeds.entries import Feed, read_json_feed
from connectors.feeds.xml import read_xml_feed
from connectors.http.answer import Answer, conditional
from connectors.http.client import HttpSettings
from connectors.http.reach import shown
from connectors.websites.site import Site
from headwater.errors import FatalError, SkippableError, TransientSourceError


@dataclass(frozen=True, slots=True)
class FeedReader:
    """`most` are the pages or archives that are read of one feed; FatalError for what is no feed."""

    settings: HttpSettings
    most: int

    def walk(self, answer: Answer) -> Iterator[Feed]:
        """This page of the feed, then older ones, as far as they are named and wanted."""
        asked = {answer.url}
        while True:
            feed = self._read(answer)
            yield feed
            if not feed.next or feed.next in asked or len(asked) > self.most:
                return
            asked.add(feed.next)
            answer = self.get(feed.next)

    def _read(self, answer: Answer) -> Feed:
        try:
            if answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
                return read_json_feed(answer.body, answer.url)
            return read_xml_feed(answer)
        except SkippableError as error:
            raise FatalError(
                f"{shown(answer.url)} cannot be read as a feed: {error}", advice="Correct the url of this source."
            ) from error
        except TransientSourceError as error:
            raise TransientSourceError(f"{shown(answer.url)} cannot be read just now: {error}") from error

    def get(self, url: str, validators: dict[str, str] | None = None) -> Answer:
        """With validators of an earlier answer, maybe one without a body."""
        try:
            return Site(self.settings, respect_robots=False).get(url, conditional(validators or {}))
        except SkippableError as error:
            advice = error.advice or "Correct the url of this source."
            raise FatalError(f"the feed cannot be read: {error}", advice=advice) from error
