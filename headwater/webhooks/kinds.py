"""Which service is read how. Pure: what is done with a notice is for others."""

import importlib
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, cast

from headwater.errors import ConfigError, MalformedError
from headwater.settings import WebhookSettings, did_you_mean
from headwater.webhooks.values import MOST_NAMED, Delivery, Notice

KINDS = ("github", "gitlab", "zendesk", "confluence", "generic")
LONGEST_DELIVERY_ID = 300


class Service(Protocol):
    """One module for each kind."""

    def authentic(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> None: ...
    def read(self, delivery: Delivery, settings: WebhookSettings) -> Notice: ...


def authentic(delivery: Delivery, settings: WebhookSettings, now: datetime) -> None:
    """UnauthenticError unless it was signed with one of the secrets, and not too long ago where that is signed too.

    ConfigError for a secret that is not set, or cannot be one.
    """
    secrets = [secret.reveal() for secret in settings.secrets]
    service(settings.kind).authentic(delivery, secrets, now)


def read(delivery: Delivery, settings: WebhookSettings) -> Notice:
    """What to look at; MalformedError, and no other, for what is not in the form that the service documents.

    Call it only with what is `authentic`.
    """
    notice = service(settings.kind).read(delivery, settings)
    if len(notice.delivery_id) > LONGEST_DELIVERY_ID:
        raise MalformedError(f"the delivery's id has more than {LONGEST_DELIVERY_ID} characters")
    if len(notice.looks) > MOST_NAMED + 1:
        raise MalformedError(f"the delivery names {len(notice.looks):,} things at once")
    return notice


def service(kind: str) -> Service:
    """Imported when it is asked for: most of them are never needed."""
    if kind not in KINDS:
        raise ConfigError(f"no deliveries of {kind!r} can be read{did_you_mean(kind, KINDS)}")
    return cast(Service, importlib.import_module(f"headwater.webhooks.{kind}"))
