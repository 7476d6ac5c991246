"""Whether a delivery is from who knows the secret: constant-time, over the raw body, and fail closed."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from headwater.errors import ConfigError, UnauthenticError
from headwater.webhooks.values import Delivery

TOLERANCE = timedelta(minutes=5)
"""How far a signed time may be from now, either way: late enough for slow networks, too late for what was captured."""
STANDARD_PREFIX = "whsec_"
_UNIX = re.compile(r"\d{1,12}", re.ASCII)


def signed(content: bytes, secret: bytes) -> bytes:
    """HMAC-SHA256."""
    return hmac.new(secret, content, hashlib.sha256).digest()


def any_equal(given: Iterable[str], expected: Iterable[str]) -> bool:
    """Whether one of these is one of those; takes as long wherever they differ, and whichever they are."""
    rights = [one.encode("utf-8", "surrogatepass") for one in expected]
    lefts = [one.encode("utf-8", "surrogatepass") for one in given]
    return sum(hmac.compare_digest(left, right) for left in lefts for right in rights) > 0


def usable(secrets: Sequence[str]) -> list[str]:
    """Those that are not empty; UnauthenticError when there is none, since everyone knows the empty one."""
    found = [secret for secret in secrets if secret]
    if not found:
        raise UnauthenticError("no secret is set that deliveries could be signed with")
    return found


def check_hex(delivery: Delivery, header: str, secrets: Sequence[str]) -> None:
    """`sha256=` and the HMAC of the body in hex; UnauthenticError."""
    given = delivery.header(header)
    if not given:
        raise UnauthenticError(f"the delivery is not signed: it has no {header}")
    expected = ["sha256=" + signed(delivery.body, secret.encode()).hex() for secret in usable(secrets)]
    if not any_equal([given], expected):
        raise UnauthenticError(f"{header} does not fit: another secret, or another body")


def check_token(header: str, given: str, secrets: Sequence[str]) -> None:
    """The secret itself; UnauthenticError."""
    if not given:
        raise UnauthenticError(f"the delivery has no {header}")
    if not any_equal([given], usable(secrets)):
        raise UnauthenticError(f"{header} does not hold the secret")


def check_time(moment: datetime, now: datetime) -> None:
    """UnauthenticError when it is too far from now."""
    if abs(now - moment) > TOLERANCE:
        raise UnauthenticError(
            f"the delivery was signed at {moment.isoformat()}, too far from now",
            advice="If it was not captured and sent again, set the clock of this machine.",
        )


def check_standard(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """`webhook-id`, `webhook-timestamp` and `webhook-signature`, of which several may be given; UnauthenticError.

    A secret that begins with whsec_ is Base64 of the key, any other is the key itself.
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    id, stamp = delivery.header("webhook-id"), delivery.header("webhook-timestamp")
    given = delivery.header("webhook-signature")
    if not (id and stamp and given):
        raise UnauthenticError(
            "the delivery is not signed: it lacks webhook-id, webhook-timestamp or webhook-signature"
        )
    if not _UNIX.fullmatch(stamp):
        raise UnauthenticError("webhook-timestamp is not a number of seconds since 1970")
    content = f"{id}.{stamp}.".encode("utf-8", "surrogatepass") + delivery.body
    signatures = [one.removeprefix("v1,") for one in given.split(" ")[:20] if one.startswith("v1,")]
    expected = [base64.b64encode(signed(content, standard_key(secret))).decode() for secret in usable(secrets)]
    if not any_equal(signatures, expected):
        raise UnauthenticError("webhook-signature does not fit: another secret, or another body")
    # Only now: before, anyone could have written it, and would learn how our clock stands.
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise UnauthenticError(
            f"the delivery was signed at {stamp}, too far from now",
            advice="If it was not captured and sent again, set the clock of this machine.",
        )


def standard_key(secret: str) -> bytes:
    """The key of a secret as Standard Webhooks writes it; ConfigError when it is cut off or mistyped."""
    if not secret.startswith(STANDARD_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigError(
            f"a webhook secret that begins with {STANDARD_PREFIX} is not Base64 after it",
            advice="Copy the secret anew, whole.",
        ) from error
