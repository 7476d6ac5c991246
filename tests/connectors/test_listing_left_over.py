"""What a listing left in memory is not what an announced change is read from."""

from connectors.registry import build, not_older
from connectors.zendesk import ZendeskConnector
from headwater.model import PUBLIC, RawDocument
from headwater.settings import SourceSettings
from tests.connectors.services.local import serving
from tests.connectors.services.zendesk import EMAIL, TOKEN, Zendesk


def test_a_document_that_was_announced_is_asked_for_anew() -> None:
    service = Zendesk()
    service.put(1, "<p>As it was listed.</p>")
    with serving(service.answer) as server:
        service.server = server
        options = {
            "url": server.url, "email": EMAIL, "token": TOKEN, "locales": ["en-us"], "allow_private_addresses": True,
        }  # fmt: skip
        connector = build(SourceSettings(name="help", kind="zendesk", default_access=PUBLIC, options=options), None)
        assert isinstance(connector, ZendeskConnector)
        list(connector.scan())
        service.put(1, "<p>As it is now.</p>", updated_at="2026-01-03T00:00:00Z")
        found = not_older(connector, 0.0, "en-us/1").fetch("en-us/1")
    assert isinstance(found, RawDocument)
    assert b"As it is now." in found.content
