from collections.abc import Iterator

import pytest

from connectors.http.client import close_all
from connectors.registry import build
from headwater.errors import FatalError
from headwater.interfaces import Connector
from headwater.model import Access
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract, ServedBench
from tests.connectors.services.feed import FeedSite, Note
from tests.connectors.services.local import Asked, serving

PASSWORD = "s3cr3t-word"


class FeedBench(ServedBench):
    secret = PASSWORD

    def __init__(self, site: FeedSite) -> None:
        self.site, self.server = site, site.server
        source = SourceSettings(
            name="notes",
            kind="feed",
            default_access=Access(frozenset({"group:readers"})),
            options={
                "url": f"{site.url}/feed",
                "allow_private_addresses": True,
                "user": "ann",
                "password": PASSWORD,
                "requests_per_second": 1_000,
            },
        )
        self._connector = build(source, frozenset({"readers", "others"}))

    @property
    def connector(self) -> Connector:
        return self._connector

    def put(self, name: str, text: str, readers: str | None = None) -> str:
        self.site.notes[f"tag:example.com,2024:{name}"] = Note(f"Release {name}", f"<p>{text}</p>")
        return f"tag:example.com,2024:{name}"

    def remove(self, id: str) -> None:
        del self.site.notes[id]

    def cut_listing(self) -> None:
        self.site.size = 3
        super().cut_listing()

    def is_later_part(self, asked: Asked) -> bool:
        return "page" in asked.query


class TestFeedContract(ConnectorContract):
    """A feed that holds every entry: only of such a one does a listing end in `Complete`."""

    kind = "feed"
    states_readers = False
    missing = FatalError

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        site = FeedSite(complete=True)
        with serving(site.answer) as server:
            site.server = server
            yield FeedBench(site)
        close_all()
