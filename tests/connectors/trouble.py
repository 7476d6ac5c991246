"""The part of the contract about sources that misbehave: every connector says the same of the same fault."""

import traceback
from collections.abc import Mapping
from typing import ClassVar

import pytest

from headwater.errors import CredentialError, FatalError, GoneError, HeadwaterError, TransientSourceError
from headwater.interfaces import Connector, Scanned
from headwater.model import Complete, Unreadable
from tests.connectors.bench import Bench, refs

REFUSED, ABSENT, PASSING = (401, 403), (404, 410), (429, 500, 503)
GARBLED = (b"", b'{"results": [{"id": 1, "ti', b'{"un": "heard"}', b"<html><p>Be right back.</html>", b"\xff\0")


class TroubleContract:
    """`unserved` says why nothing answers requests in this suite's source, so that nothing can answer them wrongly."""

    kind: ClassVar[str]
    unserved: ClassVar[str] = ""
    missing: ClassVar[type[HeadwaterError]] = GoneError
    """What a fetch says when the service answers 404: FatalError where documents have no address of their own."""
    statuses: ClassVar[tuple[int, ...]] = (*REFUSED, *ABSENT, *PASSING)
    """Those that the service can answer with."""
    empty_is_empty: ClassVar[str] = ""
    """Why an answer without content cannot be told from a source without documents."""

    @pytest.fixture
    def bench(self) -> Bench:
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _at_the_first_attempt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What may pass is tried once here: trying again has tests of its own, and takes its time."""
        monkeypatch.setattr("connectors.http.client._ATTEMPTS", 1)
        monkeypatch.setattr("connectors.remote_folder_fsspec._ATTEMPTS", 1)

    @pytest.fixture
    def served(self, bench: Bench) -> Bench:
        """A bench whose service can be broken."""
        return bench

    @classmethod
    def applies(cls, served: bool, parameters: Mapping[str, object]) -> bool:
        """Whether the source of this suite can have the fault of a test; `served`: one that its service has."""
        if not served:
            return True
        if cls.unserved or parameters.get("status", cls.statuses[0]) not in cls.statuses:
            return False
        return not cls.empty_is_empty or parameters.get("body") != b""

    def test_a_listing_that_breaks_off_is_not_complete(self, bench: Bench) -> None:
        for n in range(7):
            bench.put(f"page-{n}", f"Text {n}")
        bench.cut_listing()
        items, error = listed(bench.connector)
        assert not any(isinstance(item, Complete) for item in items)
        assert error is not None or any(isinstance(item, Unreadable) for item in items), "and says why"

    @pytest.mark.parametrize("status", [*REFUSED, *ABSENT, *PASSING])
    def test_a_status_is_the_right_error(self, served: Bench, status: int) -> None:
        id = served.put("page", "Text")
        served.break_with(status)
        items, error = listed(served.connector)
        assert not any(isinstance(item, Complete) for item in items)
        assert error is None or isinstance(error, of_listing(status)), repr(error)
        assert error is not None or of_listing(status).__name__ in [i.error for i in items if isinstance(i, Unreadable)]
        with pytest.raises(self.missing if status in ABSENT else of_listing(status)) as raised:
            served.connector.fetch(id)
        if status in REFUSED:
            assert raised.value.advice, "names the setting to fix"
        else:
            assert not isinstance(raised.value, CredentialError)

    @pytest.mark.parametrize("within_body", [False, True], ids=["no answer", "slow body"])
    def test_a_service_that_stalls_is_left_for_later(self, served: Bench, within_body: bool) -> None:
        id = served.put("page", "Text")
        connector = served.impatient
        served.stall(within_body=within_body)
        items, error = listed(connector)
        assert not any(isinstance(item, Complete) for item in items)
        assert isinstance(error, TransientSourceError) or "TransientSourceError" in [
            item.error for item in items if isinstance(item, Unreadable)
        ]
        with pytest.raises(TransientSourceError):
            connector.fetch(id)

    @pytest.mark.parametrize("body", GARBLED)
    def test_what_cannot_be_understood_is_no_listing_and_removes_nothing(self, served: Bench, body: bytes) -> None:
        id = served.put("page", "Text")
        served.garble(body)
        items, _ = listed(served.connector)
        assert not any(isinstance(item, Complete) for item in items)
        assert not isinstance(failed(served.connector, id), GoneError | CredentialError)

    def test_it_lists_as_before_once_its_service_is_well(self, served: Bench) -> None:
        for n in range(4):
            served.put(f"page-{n}", "Text")
        before = refs(served.connector)
        served.break_with(503)
        assert not any(isinstance(item, Complete) for item in listed(served.connector)[0])
        served.mend()
        assert refs(served.connector) == before

    def test_no_text_holds_the_secret(self, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
        """Neither what it shows of itself and of its documents, nor what it says when it is refused or fails."""
        caplog.set_level("DEBUG")
        id, connector = bench.put("page", "Text"), bench.connector
        texts = [repr(connector), str(connector), repr(list(connector.scan())), repr(connector.fetch(id))]
        for status in () if self.unserved else sorted({401, 403, 404, 500} & set(self.statuses)):
            bench.break_with(status)
            for error in (listed(connector)[1], failed(connector, id)):
                if error is not None:
                    texts += [repr(error), error.advice, *traceback.format_exception(error)]
        assert not bench.secret or not [text for text in (*texts, caplog.text) if bench.secret in text]


def of_listing(status: int) -> type[HeadwaterError]:
    return CredentialError if status in REFUSED else FatalError if status in ABSENT else TransientSourceError


def listed(connector: Connector) -> tuple[list[Scanned], HeadwaterError | None]:
    """What a listing shows before it ends, and the error that ends it."""
    items: list[Scanned] = []
    try:
        for item in connector.scan():
            items.append(item)
    except HeadwaterError as error:
        return items, error
    return items, None


def failed(connector: Connector, id: str) -> HeadwaterError | None:
    try:
        connector.fetch(id)
    except HeadwaterError as error:
        return error
    return None
