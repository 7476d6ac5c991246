"""What every connector has to hold: subclass `ConnectorContract`, set `kind`, provide `bench`."""

import pickle
from typing import ClassVar

import pytest

from headwater.errors import GoneError, SkippableError
from headwater.model import NotModified, RawDocument, Ref
from tests.connectors.bench import Bench, ServedBench, fetched, hurried, listed_version, refs
from tests.connectors.trouble import TroubleContract

__all__ = ["Bench", "ConnectorContract", "ServedBench", "fetched", "hurried", "listed_version", "refs"]

ASKER = frozenset({"group:readers", "group:others", "user:ann@example.com"})


class ConnectorContract(TroubleContract):
    states_readers: ClassVar[bool] = True
    """Whether single documents of this source can say who may read them."""

    def test_empty_source_is_complete(self, bench: Bench) -> None:
        assert refs(bench.connector) == {}

    def test_listing_holds_every_document_once(self, bench: Bench) -> None:
        ids = {bench.put(f"page-{n}", f"Text {n}") for n in range(7)}
        assert len(ids) == 7
        assert refs(bench.connector).keys() == ids

    def test_listing_repeats_itself(self, bench: Bench) -> None:
        for n in range(5):
            bench.put(f"page-{n}", f"Text {n}")
        first = [item.id for item in bench.connector.scan() if isinstance(item, Ref)]
        second = [item.id for item in bench.connector.scan() if isinstance(item, Ref)]
        assert first == second

    def test_listing_and_fetch_agree(self, bench: Bench) -> None:
        id = bench.put("page", "Some text")
        raw = fetched(bench.connector, id)
        assert (raw.id, raw.source) == (id, bench.connector.name)
        assert raw.version == listed_version(bench.connector, id)
        assert b"Some text" in raw.content
        assert raw.uri
        assert raw.media_type
        assert raw.kind

    def test_known_version_is_confirmed(self, bench: Bench) -> None:
        id = bench.put("page", "Some text")
        version = fetched(bench.connector, id).version
        assert bench.connector.fetch(id, version) == NotModified(version)
        assert isinstance(bench.connector.fetch(id, "another"), RawDocument)

    def test_times_are_aware(self, bench: Bench) -> None:
        raw = fetched(bench.connector, bench.put("page", "Some text"))
        assert raw.updated_at is None or raw.updated_at.tzinfo is not None

    def test_changed_text_changes_the_version(self, bench: Bench) -> None:
        id = bench.put("page", "Text one")
        before = listed_version(bench.connector, id)
        assert bench.put("page", "Text two") == id
        assert listed_version(bench.connector, id) != before
        assert b"Text two" in fetched(bench.connector, id).content

    def test_changed_access_alone_changes_the_version(self, bench: Bench) -> None:
        id = bench.put("page", "Same text")
        before, raw = listed_version(bench.connector, id), fetched(bench.connector, id)
        bench.put("page", "Same text", readers="user:ann@example.com")
        after = fetched(bench.connector, id)
        assert (listed_version(bench.connector, id) != before) == self.states_readers
        assert (after.access != raw.access) == self.states_readers

    def test_default_readers_and_no_others(self, bench: Bench) -> None:
        access = fetched(bench.connector, bench.put("page", "Text")).access
        assert access.admits(frozenset({"group:readers"}))
        assert not access.admits(frozenset({"group:others"}))
        assert not access.admits(frozenset())

    @pytest.mark.parametrize("readers", ["everyone", "readers", "group:unheard-of", "group:", ""])
    def test_unknown_readers_are_nobody(self, bench: Bench, readers: str) -> None:
        raw = fetched(bench.connector, bench.put("page", "Text", readers=readers))
        assert raw.access.admits(ASKER) != self.states_readers
        assert bool(raw.meta.get("access_findings")) == self.states_readers

    def test_a_document_that_goes_between_listing_and_fetching(self, bench: Bench) -> None:
        """What the listing itself held may be handed out once; after that the document is gone."""
        id, other = bench.put("page", "Text"), bench.put("other", "Text")
        connector = bench.connector
        listed = refs(connector)[id]
        bench.remove(id)
        try:
            raw = fetched(connector, id)
        except GoneError:
            pass
        else:
            assert raw.version == listed
        with pytest.raises(GoneError):
            connector.fetch(id)
        assert refs(connector).keys() == {other}

    def test_removed_is_absent_then_gone(self, bench: Bench) -> None:
        id, other = bench.put("page", "Text"), bench.put("other", "Text")
        bench.remove(id)
        assert refs(bench.connector).keys() == {other}
        with pytest.raises(GoneError):
            bench.connector.fetch(id)

    def test_invented_ids_are_refused(self, bench: Bench) -> None:
        bench.put("page", "Text")
        for id in ("no-such-page.md", "", "../page.md", "/etc/passwd", "a\0b.md"):
            with pytest.raises(SkippableError):
                bench.connector.fetch(id)

    def test_pickled_it_lists_the_same(self, bench: Bench) -> None:
        bench.put("page", "Text")
        copy = pickle.loads(pickle.dumps(bench.connector))
        assert copy == bench.connector
        assert refs(copy) == refs(bench.connector)

    def test_repr_holds_no_secret(self, bench: Bench) -> None:
        assert not bench.secret or bench.secret not in repr(bench.connector)
