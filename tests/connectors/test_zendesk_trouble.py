"""Answers of a help center that are whole in form and lack something all the same."""

import json
from collections.abc import Callable, Iterator

import pytest

from connectors.http.client import close_all
from headwater.errors import GoneError, TransientSourceError
from headwater.model import PUBLIC, NotModified
from tests.connectors.contract import fetched, refs
from tests.connectors.services.local import Asked, Reply, serving
from tests.connectors.services.zendesk import Zendesk
from tests.connectors.test_zendesk import source


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    made = Zendesk()
    with serving(made.answer) as server:
        made.server = server
        for number in range(7):
            made.put(number, "Text", user_segment_id=made.segment("Partners", "custom"))
        yield made
    close_all()


@pytest.mark.parametrize(
    "end",
    [
        {"meta": {"has_more": True}, "links": {"next": None}},
        {"meta": {"has_more": True}, "links": {}},
        {"meta": {"has_more": True}},
        {"meta": {}, "links": {"next": None}},
        {"meta": None},
        {},
    ],
)
def test_a_listing_that_does_not_say_where_it_goes_on_is_not_whole(zendesk: Zendesk, end: dict[str, object]) -> None:
    answer = json.dumps({"articles": [zendesk.articles["en-us", 0]], **end}).encode()
    assert zendesk.server is not None
    zendesk.server.faults.append(_for("/en-us/articles.json", Reply(body=answer)))
    with pytest.raises(TransientSourceError, match="where it goes on"):
        list(source(zendesk, locales=["en-us"]).scan())


@pytest.mark.parametrize("path", ["user_segments", "categories", "sections"])
@pytest.mark.parametrize("reply", [Reply(404), Reply(400), Reply(body=b"{}"), Reply(body=b'{"user_segments": null}')])
def test_what_is_beside_an_article_does_not_make_it_go(zendesk: Zendesk, path: str, reply: Reply) -> None:
    """Not for good, either: nothing is wrong with the article."""
    assert zendesk.server is not None
    zendesk.server.faults.append(_for(f"/{path}.json", reply))
    with pytest.raises(TransientSourceError):
        source(zendesk, access=PUBLIC).fetch("en-us/1")
    assert fetched(source(zendesk, access=PUBLIC), "en-us/1").access.allow == {"group:others"}


def test_what_an_earlier_listing_left_in_memory_is_not_read_after_the_next(zendesk: Zendesk) -> None:
    connector = source(zendesk, locales=["en-us"])
    refs(connector)
    del zendesk.articles["en-us", 1]
    assert "en-us/1" not in refs(connector)
    with pytest.raises(GoneError):
        connector.fetch("en-us/1")
    # What the last listing left is.
    assert zendesk.server is not None
    zendesk.server.asked.clear()
    assert not isinstance(connector.fetch("en-us/2"), NotModified)
    assert [asked.path for asked in zendesk.server.asked if "/articles/" in asked.path] == []


def _for(path: str, reply: Reply) -> Callable[[Asked], Reply | None]:
    return lambda asked: reply if asked.path.endswith(path) else None
