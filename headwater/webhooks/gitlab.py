"""GitLab: pushes, tags and releases.

Events and their fields: https://docs.gitlab.com/user/project/integrations/webhook_events/, headers, the secret token
and the signing token: https://docs.gitlab.com/user/project/integrations/webhooks/. A push lists the newest 20 commits,
and how many there are. Whether it was forced is not told, so everything is looked at after the paths that it names.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from headwater.settings import WebhookSettings
from headwater.webhooks.payload import Object, inner, json_object, text, wrong
from headwater.webhooks.pushes import addresses, branch_of, looks_of
from headwater.webhooks.signatures import STANDARD_PREFIX, check_standard, check_token
from headwater.webhooks.values import Delivery, Hint, Look, Notice

_ADDRESSES = ("git_http_url", "git_ssh_url", "web_url", "http_url", "ssh_url")
_NOBODY = "0" * 40


def authentic(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """A signing token (whsec_...) signs as Standard Webhooks does; a secret token comes as it is, in `X-Gitlab-Token`.

    What is signed is not taken for authentic by a token that came with it, where we have a signing token.
    """
    signing = [one for one in secrets if one.startswith(STANDARD_PREFIX)]
    if signing and delivery.header("webhook-signature"):
        check_standard(delivery, signing, now)
        return
    tokens = [one for one in secrets if not one.startswith(STANDARD_PREFIX)]
    check_token("x-gitlab-token", delivery.header("x-gitlab-token"), tokens)


def read(delivery: Delivery, settings: WebhookSettings) -> Notice:  # noqa: ARG001 - the same shape for every service
    """`object_kind` names the event."""
    payload = json_object(delivery.body)
    event, id = text(payload, "object_kind"), _id(delivery)
    if event in ("push", "tag_push"):
        looks = _push(payload)
    elif event == "release":
        looks = (_release(payload),)
    else:
        event = event or delivery.header("x-gitlab-event")
        return Notice(delivery_id=id, event=event, ignored=f"{event or 'an event without a name'} changes no document")
    return Notice(delivery_id=id, event=event, looks=looks, ignored="" if looks else "it is not about a branch")


def _id(delivery: Delivery) -> str:
    found = delivery.header("webhook-id") or delivery.header("idempotency-key")
    if found:
        return found
    # Before 17.4 there is only this, and webhooks that follow from each other share it.
    uuid = delivery.header("x-gitlab-event-uuid")
    return f"{uuid} {hashlib.sha256(delivery.body).hexdigest()[:32]}" if uuid else ""


def _push(payload: Object) -> tuple[Look, ...]:
    branch = branch_of(text(payload, "ref"))
    if not branch:
        return ()
    gone = text(payload, "after") == _NOBODY
    doubt = "the branch was deleted" if gone else "it may have been forced"
    return looks_of(payload, _hint(payload, branch), doubt=doubt)


def _release(payload: Object) -> Look:
    action, tag = text(payload, "action"), text(payload, "tag")
    return Look(
        what="release",
        id=tag or wrong("the release has no tag"),
        reason=f"a release: {action}",
        access=action == "delete",
        hint=_hint(payload, ""),
    )


def _hint(payload: Object, branch: str) -> Hint:
    project = inner(payload, "project")
    found = addresses(project, _ADDRESSES)
    return Hint(found or wrong("the project has no address"), branch, text(project, "default_branch"))
