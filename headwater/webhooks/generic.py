"""Any other system: Standard Webhooks, and JSONPaths to what a delivery is about.

Signatures: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, paths:
https://www.rfc-editor.org/rfc/rfc9535
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import jsonpath

from headwater.errors import MalformedError
from headwater.settings import WebhookSettings
from headwater.webhooks.payload import LONGEST_ID, json_of, wrong
from headwater.webhooks.signatures import check_standard
from headwater.webhooks.values import EVERYTHING, MOST_NAMED, Delivery, Look, Notice


def authentic(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """`webhook-id`, `webhook-timestamp` and `webhook-signature`."""
    check_standard(delivery, secrets, now)


def read(delivery: Delivery, settings: WebhookSettings) -> Notice:
    """A look at every document that a path leads to; at everything where the settings have no path."""
    payload, id = json_of(delivery.body), delivery.header("webhook-id")
    event = payload.get("type") if isinstance(payload, dict) else ""
    event = event if isinstance(event, str) else ""
    reason = event[:200] or "a webhook"
    if not (settings.documents or settings.access):
        return Notice(delivery_id=id, event=event, looks=(Look(what=EVERYTHING, reason=reason),))
    urgent = dict.fromkeys(_named(payload, settings.access, settings.template))
    found = dict.fromkeys((*urgent, *_named(payload, settings.documents, settings.template)))
    if len(found) > MOST_NAMED:
        much = Look(what=EVERYTHING, reason=f"{reason} that names {len(found):,} documents", access=bool(urgent))
        return Notice(delivery_id=id, event=event, looks=(much,))
    looks = tuple(Look(what="document", id=one, reason=reason, access=one in urgent) for one in found)
    return Notice(delivery_id=id, event=event, looks=looks, ignored="" if looks else "it names no document")


def _named(payload: Any, paths: Sequence[str], template: str) -> list[str]:
    return [template.replace("{}", _id(value)) for path in paths for value in _found(payload, path)]


def _found(payload: Any, path: str) -> list[Any]:
    if not isinstance(payload, dict | list):
        return []
    try:
        # Paths may lead to lists, or to what stands in them.
        found = _compiled(path).findall(payload)
    except (jsonpath.JSONPathError, RecursionError, ValueError) as error:
        raise MalformedError(f"{path} cannot be followed in the delivery") from error
    return [one for value in found for one in (value if isinstance(value, list) else [value]) if one is not None]


def _id(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= LONGEST_ID:
        return value
    wrong("a path leads to what can be no document's id")


@lru_cache(maxsize=256)
def _compiled(path: str) -> jsonpath.JSONPath | jsonpath.CompoundJSONPath:
    return jsonpath.compile(path)
