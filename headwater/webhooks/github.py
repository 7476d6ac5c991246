"""GitHub: pushes and releases.

Events, their fields and headers: https://docs.github.com/en/webhooks/webhook-events-and-payloads, signatures:
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries. A push lists 2,048 commits at most
and in each 5,000 paths of a kind; GitHub Enterprise lists fewer.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs

from headwater.errors import MalformedError
from headwater.settings import WebhookSettings
from headwater.webhooks.payload import Object, inner, json_object, optional, text, wrong
from headwater.webhooks.pushes import addresses, branch_of, looks_of
from headwater.webhooks.signatures import check_hex
from headwater.webhooks.values import Delivery, Hint, Look, Notice

_ADDRESSES = ("clone_url", "ssh_url", "git_url", "html_url")
_FORM = "application/x-www-form-urlencoded"
_GONE = ("unpublished", "deleted")


def authentic(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 - not signed: a time
    """`X-Hub-Signature-256`; it is over the body as sent, also where that is a form."""
    check_hex(delivery, "x-hub-signature-256", secrets)


def read(delivery: Delivery, settings: WebhookSettings) -> Notice:  # noqa: ARG001 - the same shape for every service
    """`X-GitHub-Event` names the event, `X-GitHub-Delivery` the delivery, also when it is sent again."""
    event, id = delivery.header("x-github-event"), delivery.header("x-github-delivery")
    if event not in ("push", "release"):
        return Notice(delivery_id=id, event=event, ignored=f"{event or 'an event without a name'} changes no document")
    payload = _payload(delivery)
    looks = _push(payload) if event == "push" else _release(payload)
    return Notice(delivery_id=id, event=event, looks=looks, ignored="" if looks else "it is not about a branch")


def _payload(delivery: Delivery) -> Object:
    if delivery.header("content-type").partition(";")[0].strip().lower() != _FORM:
        return json_object(delivery.body)
    try:
        fields = parse_qs(delivery.body.decode("ascii"), strict_parsing=True, max_num_fields=10)
    except ValueError as error:
        raise MalformedError("the delivery is not a form that can be read") from error
    return json_object(fields["payload"][0].encode()) if "payload" in fields else wrong("the form has no payload")


def _push(payload: Object) -> tuple[Look, ...]:
    branch = branch_of(text(payload, "ref"))
    if not branch:
        return ()
    hint = _hint(payload, branch)
    doubt = next((f"the branch was {word}" for word in ("forced", "deleted", "created") if payload.get(word)), "")
    return looks_of(payload, hint, doubt=doubt)


def _release(payload: Object) -> tuple[Look, ...]:
    action, release = text(payload, "action"), inner(payload, "release")
    before = text(optional(optional(payload, "changes"), "tag_name"), "from")
    tags = dict.fromkeys(tag for tag in (text(release, "tag_name"), before) if tag)
    if not tags:
        wrong("the release has no tag_name")
    hint = _hint(payload, "")
    return tuple(
        Look(
            what="release", id=tag, reason=f"a release was {action}", access=action in _GONE or tag == before, hint=hint
        )
        for tag in tags
    )


def _hint(payload: Object, branch: str) -> Hint:
    repository = inner(payload, "repository")
    found = addresses(repository, _ADDRESSES)
    return Hint(found or wrong("the repository has no address"), branch, text(repository, "default_branch"))
