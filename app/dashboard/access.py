"""Who may see a page, and who may change something on it."""

import logging
import math
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from app.dashboard.csrf import SAFE, check_origin, check_token
from app.dashboard.fields import Fields
from app.dashboard.frame import Dashboard, Home
from app.dashboard.session import COOKIE, Session
from app.http.errors import TooManyError
from headwater.errors import ForbiddenError, UnauthenticError
from headwater.keys.keys import Scope, note, require

log = logging.getLogger("headwater.dashboard")


def visiting(request: Request, home: Home, fields: Fields) -> Session:
    """UnauthenticError without a session of a good key; ForbiddenError for a POST that is not from one of our pages."""
    return _visit(request, home, fields, used=True)


def watching(request: Request, home: Home, fields: Fields) -> Session:
    """For what a page asks by itself, which keeps no session alive."""
    return _visit(request, home, fields, used=False)


def administering(request: Request, home: Home, visit: Annotated[Session, Depends(visiting)]) -> Session:
    """ForbiddenError for a key that may only look."""
    _allowed(request, home, visit, "administer")
    return visit


def searching(request: Request, home: Home, visit: Annotated[Session, Depends(visiting)]) -> Session:
    """ForbiddenError for a key that may not search."""
    _allowed(request, home, visit, "search")
    return visit


Visit: TypeAlias = Annotated[Session, Depends(visiting)]
SIGNED_IN = (Depends(visiting),)
Watching: TypeAlias = Annotated[Session, Depends(watching)]
Administering: TypeAlias = Annotated[Session, Depends(administering)]
Searching: TypeAlias = Annotated[Session, Depends(searching)]


def within_rate(wait: float) -> None:
    """TooManyError when there is anything to wait for."""
    if wait:
        raise TooManyError("too many requests", seconds=math.ceil(wait))


def recognise(request: Request, home: Dashboard, *, used: bool = False) -> Session:
    """The session of a good key, for the page and the log; UnauthenticError without one."""
    token = request.cookies.get(COOKIE, "")
    session = home.sessions.find(token, used=used) if token else None
    if session is None:
        raise UnauthenticError("nobody is signed in")
    key = home.node.opened.ledger.api_key(session.key.id)
    if key is None or key.revoked_at is not None:
        home.sessions.end(session)
        raise UnauthenticError(f"key {session.key.id} was revoked")
    session.key = key
    request.state.key, request.state.session = key.id, session
    return session


def _visit(request: Request, home: Dashboard, fields: Fields, *, used: bool) -> Session:
    session = recognise(request, home, used=used)
    ledger, key = home.node.opened.ledger, session.key
    within_rate(home.node.buckets.wait(key.id))
    _allowed(request, home, session, "read")
    if request.method not in SAFE:
        try:
            check_origin(request.headers)
            check_token(session.csrf, request.headers, fields)
        except ForbiddenError as error:
            log.warning("refused: %s", error, extra={"path": request.url.path[:300], "key": key.id})
            note(ledger, key.id, "refused", f"forged? {request.url.path}"[:300])
            raise
    return session


def _allowed(request: Request, home: Dashboard, session: Session, scope: Scope) -> None:
    try:
        require(session.key, scope)
    except ForbiddenError:
        note(home.node.opened.ledger, session.key.id, "refused", f"{scope}: {request.url.path}"[:300])
        raise
