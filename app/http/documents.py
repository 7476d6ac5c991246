"""`/v1/documents/{source}/{id}`: documents of systems that have no connector, kept when they are answered 202."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from app.http.auth import scoped
from app.http.document_state import DocumentState, state_of
from app.http.errors import BODIES, KEYED, Problem, RefusedError
from app.http.handed_over import LONGEST_ID, MOST_BYTES, Ordered, Said, Whole, checked_id, handed_over, moment
from app.http.node import Here, Node
from connectors.push import KIND, PushConnector
from headwater.clock import utc_now
from headwater.errors import ParseError, UnsupportedError
from headwater.ledger.keys import Deed, Key
from headwater.ledger.pushed import Pushed, is_late
from headwater.ledger.waiting import Ask
from headwater.model import RawDocument
from headwater.parsing.registry import media_type_of
from headwater.tracing import span

log = logging.getLogger("headwater.http")
router = APIRouter(prefix="/v1/documents", tags=["documents"], responses=KEYED)
Ingesting = Annotated[Key, Depends(scoped("ingest"))]
Reading = Annotated[Key, Depends(scoped("read"))]
Source = Annotated[str, Path(max_length=100, description="Name of a `[[source]]`")]
Id = Annotated[str, Path(max_length=LONGEST_ID, description="Any path; slashes are part of it")]

WAIT_SECONDS = 20.0
_FIRST_LOOK, _LAST_LOOK = 0.03, 0.3
_TAG = re.compile(r'(W/)?"([^"]*)"')
_REFUSED: dict[int | str, dict[str, Any]] = {
    **BODIES,
    404: {"model": Problem, "description": "There is no such source, or document"},
    409: {"model": Problem, "description": "The source is not of kind push; or a later write was kept already"},
    412: {"model": Problem, "description": "If-Match or If-None-Match does not hold"},
}
_PUT: dict[int | str, dict[str, Any]] = {
    **_REFUSED,
    413: {"model": Problem, "description": f"More than {MOST_BYTES:,} bytes, or than the request may have"},
    415: {"model": Problem, "description": "Of a kind that no parser reads"},
}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The bytes of a document, in its own media type; or JSON, which can say more of it",
        "content": {
            "application/json": {"schema": Whole.model_json_schema()},
            "*/*": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class Put(Said):
    """What the address of a document that comes as bytes may say of it."""

    wait: bool = Field(
        default=False, description=f"Answer 200 with the outcome when there is one within {WAIT_SECONDS:.0f} s"
    )


class Delete(Ordered):
    """What the address of a removal may say."""

    wait: bool = Field(default=False, description="As for PUT")


class Kept(BaseModel):
    """`version` is the entity tag; `findings` are sentences about what was said and cannot be taken as it was said."""

    status: str
    source: str
    document: str
    version: str
    findings: list[str] = []


@router.put(
    "/{source}/{id:path}",
    status_code=202,
    response_model=Kept,
    responses={200: {"model": DocumentState, "description": "With `wait`: what became of it"}, **_PUT},
    openapi_extra=_BODY,
)
async def put(
    source: Source, id: Id, said: Annotated[Put, Query()], request: Request, key: Ingesting, node: Here
) -> Response:
    """Keep a document in place of what is there; with 202 it is safe on disk, and searchable about a second later."""
    body, media_type = await request.body(), request.headers.get("content-type", "")

    def keep() -> tuple[Pushed, list[str]]:
        connector = _connector(node, source)
        beside = Said(**{name: getattr(said, name) for name in said.model_fields_set - {"wait"}})
        pushed = handed_over(
            source,
            checked_id(id),
            body=body,
            media_type=media_type,
            beside=beside,
            groups=node.settings.known_groups,
            by=key.id,
        )
        pushed = _readable(pushed, connector)
        raw = connector.document(pushed)
        _push(node, pushed, request, narrows=_narrows(node, raw))
        return pushed, _findings(raw)

    pushed, findings = await asyncio.to_thread(keep)
    tag = {"etag": f'"{pushed.version}"'}
    if said.wait and (state := await _settled(node, source, id)) is not None:
        return JSONResponse(state.model_dump(), 200, tag)
    kept = Kept(status="accepted", source=source, document=id, version=pushed.version, findings=findings)
    return JSONResponse(kept.model_dump(), 202, tag)


@router.delete(
    "/{source}/{id:path}",
    status_code=202,
    response_model=Kept,
    responses={200: {"model": DocumentState, "description": "With `wait`: what became of it"}, **_REFUSED},
)
async def delete(
    source: Source, id: Id, said: Annotated[Delete, Query()], request: Request, key: Ingesting, node: Here
) -> Response:
    """Take a document back; the same answer whether it was there or not. What is kept of it is the order of writes."""

    def keep() -> None:
        _connector(node, source)
        now = utc_now()
        gone = Pushed(
            source=source,
            document=checked_id(id),
            sequence=said.sequence,
            updated_at=moment(said.updated_at),
            by=key.id,
            pushed_at=now,
            removed_at=now,
        )
        _push(node, gone, request, narrows=True)

    await asyncio.to_thread(keep)
    if said.wait and (state := await _settled(node, source, id)) is not None:
        return JSONResponse(state.model_dump(), 200)
    return JSONResponse(Kept(status="accepted", source=source, document=id, version="").model_dump(), 202)


@router.get(
    "/{source}/{id:path}",
    response_model=DocumentState,
    responses={404: {"model": Problem, "description": "Nobody knows such a document"}},
)
def get(source: Source, id: Id, key: Reading, node: Here, response: Response) -> DocumentState:  # noqa: ARG001 - asked for its scope
    """How a document of any source stands; never its content."""
    found = state_of(node, source, id)
    if found is None:
        raise RefusedError(404, "there is no such document")
    if found.version:
        response.headers["etag"] = f'"{found.version}"'
    return found


def _connector(node: Node, source: str) -> PushConnector:
    configured = node.settings.source(source)
    if configured is None:
        raise RefusedError(404, "there is no such source")
    connector = node.opened.connector(configured) if configured.kind == KIND else None
    if not isinstance(connector, PushConnector):
        raise RefusedError(
            409, f"documents of source {source} come from elsewhere", "Put them to a source of kind push."
        )
    return connector


def _readable(pushed: Pushed, connector: PushConnector) -> Pushed:
    """With its media type as it is read; RefusedError for what no parser reads, or what its source leaves out."""
    if not connector.selection.takes(pushed.document):
        raise RefusedError(422, "include and exclude of this source leave this document out")
    try:
        media_type = media_type_of(pushed.document, pushed.content[:4096], pushed.media_type)
    except UnsupportedError as error:
        raise RefusedError(415, str(error), error.advice) from None
    except ParseError as error:
        raise RefusedError(422, str(error), error.advice) from None
    return replace(pushed, media_type=media_type)


def _narrows(node: Node, raw: RawDocument) -> bool:
    """Whether somebody may read it now who may not any more."""
    live = node.opened.ledger.document(node.opened.generation, raw.source, raw.id)
    return live is not None and live.access.takes_from(raw.access)


def _push(node: Node, pushed: Pushed, request: Request, *, narrows: bool) -> None:
    gone, delivery = pushed.removed_at is not None, uuid4().hex[:16]
    what = "document taken back" if gone else "document put"
    about = {"source": pushed.source, "document": pushed.document, "delivery": delivery}
    with span("delete" if gone else "put", of_delivery=delivery, **about):
        node.opened.ledger.push(
            pushed,
            check=_guard(pushed, request.headers),
            ask=Ask(source=pushed.source, document=pushed.document, reason=what, access=narrows),
            timing=node.inbox.timing,
            delivery=delivery,
            deed=Deed(at=pushed.pushed_at, who=pushed.by, what=what, target=f"{pushed.source}/{pushed.document}"[:300]),
        )
    node.worker.wake()
    log.info("a %s", what, extra=about)


def _guard(new: Pushed, headers: Mapping[str, str]) -> Callable[[Pushed | None], None]:
    """Raises RefusedError where the writer did not know what is there, or comes too late."""
    match, none_match = headers.get("if-match"), headers.get("if-none-match")

    def check(before: Pushed | None) -> None:
        version = before.version if before is not None and before.removed_at is None else None
        if match is not None and not _names(match, version, weak=False):
            raise RefusedError(412, "If-Match does not name what is there", "Read it again, then decide.")
        if none_match is not None and _names(none_match, version, weak=True):
            raise RefusedError(412, "If-None-Match names what is there")
        if before is not None and is_late(new, before):
            raise RefusedError(409, "a later write of this document was kept already", "Nothing is to be done.")

    return check


def _names(header: str, version: str | None, *, weak: bool) -> bool:
    if header.strip() == "*":
        return version is not None
    return version in {tag for is_weak, tag in _TAG.findall(header) if weak or not is_weak}


def _findings(raw: RawDocument) -> list[str]:
    found = [raw.meta.get(name, ()) for name in ("access_findings", "findings")]
    return [sentence for sentences in found if isinstance(sentences, tuple) for sentence in sentences]


async def _settled(node: Node, source: str, id: str) -> DocumentState | None:
    """None when nobody has looked at it within the time."""
    pause, until = _FIRST_LOOK, time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        await asyncio.sleep(pause)
        found = await asyncio.to_thread(state_of, node, source, id)
        if found is not None and found.state != "waiting":
            return found
        pause = min(_LAST_LOOK, pause * 1.3)
    return None
