"""Who asks: a key in `Authorization: Bearer`, what it is for, and how often."""

import logging
import math
from collections.abc import Callable
from typing import Annotated, TypeAlias

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.http.errors import TooManyError
from app.http.node import Here
from headwater.errors import ForbiddenError, UnauthenticError
from headwater.keys.keys import Scope, authenticated, note, require
from headwater.ledger.keys import Key

log = logging.getLogger("headwater.http")

_bearer = HTTPBearer(auto_error=False, description="A key that `headwater keys add` made.")
Credentials: TypeAlias = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


def known(request: Request, node: Here, credentials: Credentials) -> Key:
    """The key of a request, within its rate; UnauthenticError without a good one."""
    host = request.client.host if request.client else ""
    # Guessing is bounded by address; a good key is none the worse for it.
    _within(node.refused.wait(host, take=False))
    try:
        key = authenticated(node.opened.ledger, credentials.credentials if credentials else "")
    except UnauthenticError:
        node.refused.wait(host)
        raise
    request.state.key = key.id
    _within(node.buckets.wait(key.id))
    return key


def _within(wait: float) -> None:
    if wait:
        raise TooManyError("too many requests", seconds=math.ceil(wait))


def scoped(scope: Scope) -> Callable[[Request, Here, Key], Key]:
    """A dependency that answers the key, and refuses one that is not for `scope`."""

    def allowed(request: Request, node: Here, key: Annotated[Key, Depends(known)]) -> Key:
        try:
            require(key, scope)
        except ForbiddenError:
            note(node.opened.ledger, key.id, "refused", f"{scope}: {request.url.path}"[:300])
            raise
        return key

    return allowed
