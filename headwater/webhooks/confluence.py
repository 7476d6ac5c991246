"""Confluence: pages, their attachments and labels, and who may read them.

Server and Data Center sign what they send: https://confluence.atlassian.com/doc/managing-webhooks-1021225606.html. On
Cloud, an automation rule sends a web request with a header that holds the secret:
https://support.atlassian.com/cloud-automation/docs/actions-in-confluence-automation/ (what it has to send is in
docs/webhooks.md). Webhooks of Connect apps, which Atlassian is giving up, are not read. Events and their fields:
https://developer.atlassian.com/cloud/confluence/modules/webhook/
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from headwater.settings import WebhookSettings
from headwater.webhooks.payload import Object, inner, json_object, number, objects, optional, text, wrong
from headwater.webhooks.signatures import check_hex, check_token
from headwater.webhooks.values import EVERYTHING, Delivery, Hint, Look, Notice

_SIGNATURE = "x-hub-signature"
_BEARER = "bearer "
_GONE = ("_removed", "_trashed", "_archived", "_deleted")
# What is above a page narrows who may read it, and its space does.
_MANY = (
    "page_moved", "page_children_reordered", "content_permissions_updated", "page_permissions_updated",
    "space_permissions_updated", "space_removed", "space_archived", "space_updated", "group_removed",
    "group_updated", "group_membership_updated",
)  # fmt: skip
_OF_PAGES = ("page", "content", "label", "attachment")


def authentic(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 - not signed: a time
    """`X-Hub-Signature`, as HMAC-SHA256; else `Authorization: Bearer` with the secret."""
    if delivery.header(_SIGNATURE):
        check_hex(delivery, _SIGNATURE, secrets)
        return
    given = delivery.header("authorization")
    check_token("authorization", given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else "", secrets)


def read(delivery: Delivery, settings: WebhookSettings) -> Notice:  # noqa: ARG001 - the same shape for every service
    """`event` (or `eventType`, `webhookEvent`) names the event; without one, what it is about is looked at anyway."""
    payload = json_object(delivery.body)
    event = next((found for name in ("event", "eventType", "webhookEvent") if (found := text(payload, name))), "")
    looks = _looks(payload, event)
    ignored = "" if looks else f"{event or 'an event without a name'} changes no document"
    return Notice(delivery_id=_id(delivery, payload), event=event, looks=looks, ignored=ignored)


def _id(delivery: Delivery, payload: Object) -> str:
    """The time is within what is signed, and so the same only when the same is sent again."""
    stamp = number(payload, "timestamp")
    return hashlib.sha256(delivery.body).hexdigest()[:40] if stamp else ""


def _looks(payload: Object, event: str) -> tuple[Look, ...]:
    if not event:
        return _unnamed(payload)
    if event in _MANY:
        return (Look(what=EVERYTHING, reason=event, access=True),)
    subject = event.partition("_")[0]
    if subject not in _OF_PAGES or event.endswith("_viewed"):
        return ()
    access = event.endswith(_GONE) or event == "page_restored"
    if subject == "attachment":
        return _attachments(payload, event, access=access)
    if subject == "label":
        found = optional(payload, "labeled") or optional(payload, "content") or optional(payload, "page")
        return (_page(found, event, access=False),) if found else ()
    return (_page(inner(payload, "page" if payload.get("page") else "content"), event, access=access),)


def _unnamed(payload: Object) -> tuple[Look, ...]:
    """It may have been anything, so it goes first."""
    event = "an event without a name"
    if payload.get("attachments") or payload.get("attachment"):
        return _attachments(payload, event, access=True)
    found = optional(payload, "page") or optional(payload, "content")
    return (_page(found, event, access=True),) if found else ()


def _page(found: Object, event: str, *, access: bool) -> Look:
    return Look(what="page", id=number(found, "id") or wrong("the page has no id"), reason=event, access=access)


def _attachments(payload: Object, event: str, *, access: bool) -> tuple[Look, ...]:
    # One that is removed or trashed is told alone.
    found = objects(payload, "attachments") or [inner(payload, "attachment")]
    parent = optional(payload, "attachedTo") or optional(found[0], "container") or optional(payload, "page")
    page = number(parent, "id")
    if not page:
        return (Look(what=EVERYTHING, reason=f"{event}, of a page that is not told", access=access),)
    hint = Hint(parent=page)
    return tuple(
        Look(what="attachment", id=id, reason=event, access=access, hint=hint)
        for one in found
        if (id := number(one, "id") or wrong("an attachment has no id"))
    )
