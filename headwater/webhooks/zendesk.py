"""Zendesk: articles that were published, unpublished or deleted.

Events and their fields: https://developer.zendesk.com/api-reference/webhooks/event-types/article-events/, headers:
https://developer.zendesk.com/documentation/webhooks/anatomy-of-a-webhook-request, signatures:
https://developer.zendesk.com/documentation/webhooks/verifying/. An update of a published article is published again.
"""

import base64
from collections.abc import Sequence
from datetime import datetime

from headwater.errors import UnauthenticError
from headwater.settings import WebhookSettings
from headwater.webhooks.payload import Object, json_object, number, optional, text, wrong
from headwater.webhooks.signatures import any_equal, check_time, signed, usable
from headwater.webhooks.values import Delivery, Hint, Look, Notice

_SIGNATURE = "x-zendesk-webhook-signature"
_EVENTS = "zen:event-type:"
_GONE = ("article.unpublished", "article.deleted", "article.archived")
_CHANGED = ("article.published", "article.created", "article.updated", "article.restored", "article.author_changed")


def authentic(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """`X-Zendesk-Webhook-Signature`: Base64 of the HMAC over the signature's timestamp and the body."""
    given, stamp = delivery.header(_SIGNATURE), delivery.header(f"{_SIGNATURE}-timestamp")
    if not (given and stamp):
        raise UnauthenticError(f"the delivery is not signed: it lacks {_SIGNATURE} or its timestamp")
    content = stamp.encode("utf-8", "surrogatepass") + delivery.body
    expected = [base64.b64encode(signed(content, secret.encode())).decode() for secret in usable(secrets)]
    if not any_equal([given], expected):
        raise UnauthenticError(f"{_SIGNATURE} does not fit: another secret, or another body")
    check_time(_moment(stamp), now)


def _moment(stamp: str) -> datetime:
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UnauthenticError(f"{_SIGNATURE}-timestamp is not a time with its zone")
    return found


def read(delivery: Delivery, settings: WebhookSettings) -> Notice:  # noqa: ARG001 - the same shape for every service
    """`type` names the event, and `id` the same event however often it is sent."""
    payload = json_object(delivery.body)
    event = text(payload, "type").removeprefix(_EVENTS)
    id = text(payload, "id") or delivery.header("x-zendesk-webhook-invocation-id")
    if event not in (*_GONE, *_CHANGED):
        return Notice(delivery_id=id, event=event, ignored=f"{event or 'an event without a name'} changes no document")
    return Notice(delivery_id=id, event=event, looks=(_article(payload, event),))


def _article(payload: Object, event: str) -> Look:
    id = number(optional(payload, "detail"), "id") or _subject(payload)
    return Look(
        what="article",
        id=id,
        reason=event,
        access=event in _GONE,
        hint=Hint(locale=text(optional(payload, "event"), "locale").lower()),
    )


def _subject(payload: Object) -> str:
    subject = text(payload, "subject").removeprefix("zen:article:")
    return number({"subject": subject}, "subject") if subject else wrong("the event names no article")
