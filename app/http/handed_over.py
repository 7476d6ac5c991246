"""From a request to a document that is kept: what may be said with it, and what is refused."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.http.errors import RefusedError, said_of
from headwater.clock import utc_now
from headwater.ledger.pushed import Pushed, version_of
from headwater.metadata.dates import reachable
from headwater.metadata.schema import STATEABLE
from headwater.model import LONGEST_TITLE, MetaValue, principals
from headwater.settings import did_you_mean

LONGEST_ID, LONGEST_URI, LONGEST_NAME, MOST_NAMES = 1_000, 2_000, 320, 200
MOST_BYTES = 25 * 2**20
LARGEST = 2**63 - 1
_JSON = "application/json"
_UNFIT = re.compile("[\x00-\x1f\x7f\ufffd\ud800-\udfff]")
_FIELDS = (*STATEABLE, "kind")


def _uri(text: str) -> str:
    if text and not text.lower().startswith(("https://", "http://")):
        raise ValueError("has to be an address that begins with https:// or http://")
    return text


def _metadata(given: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in given:
        if name not in _FIELDS:
            raise ValueError(f"has {name[:60]!r}, which is no metadata of a document{did_you_mean(name, _FIELDS)}")
    return given


_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Text = Annotated[str, Field(max_length=10_000)]
_Number = Annotated[float, Field(allow_inf_nan=False)]


class Ordered(BaseModel):
    """What puts the writes of one document in order, wherever they overtake each other on their way."""

    model_config = ConfigDict(extra="forbid")

    sequence: int | None = Field(
        default=None, ge=0, le=LARGEST, description="A number that grows with each write; a lower one is refused"
    )
    updated_at: AwareDatetime | None = Field(
        default=None, description="When it changed; an older one is refused where there is no `sequence`"
    )


class Said(Ordered):
    """What may be said of a document beside its content."""

    title: str = Field(default="", max_length=LONGEST_TITLE)
    uri: Annotated[str, AfterValidator(_uri)] = Field(
        default="", max_length=LONGEST_URI, description="Where people read it; passages cite it"
    )
    allow: list[_Name] | None = Field(
        default=None,
        max_length=MOST_NAMES,
        description="Readers, within default_access: public, group:NAME, user:EMAIL",
    )
    deny: list[_Name] = Field(default=[], max_length=MOST_NAMES)


class Whole(Said):
    """A document as JSON: `content` is text, `content_base64` bytes; one of them has to be there."""

    content: str | None = None
    content_base64: str | None = None
    media_type: str = Field(default="", max_length=200, description="Without one, by the extension of its id")
    metadata: Annotated[
        dict[str, _Text | int | _Number | Annotated[list[_Text], Field(max_length=MOST_NAMES)]],
        AfterValidator(_metadata),
    ] = Field(default={}, description=f"Any of {', '.join(_FIELDS)}")

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.content is None) == (self.content_base64 is None):
            raise ValueError("exactly one of content and content_base64 has to be there")
        return self


def checked_id(id: str) -> str:
    """As it is kept; RefusedError for one that could be confused, or not be written down."""
    if not id.strip() or len(id) > LONGEST_ID or _UNFIT.search(id):
        raise RefusedError(422, f"an id has 1 to {LONGEST_ID} characters, none of them a control character")
    if id.startswith("/") or any(part in ("", ".", "..") for part in id.split("/")):
        raise RefusedError(422, "the parts of an id are not empty, . or ..")
    return id


def handed_over(
    source: str,
    id: str,
    *,
    body: bytes,
    media_type: str,
    beside: Said,
    groups: frozenset[str] | None,
    by: str,
) -> Pushed:
    """What a request hands over; `beside` is what its address says. RefusedError for what cannot be kept."""
    if media_type.partition(";")[0].strip().lower() == _JSON:
        return _from_json(source, id, body, beside, groups, by)
    if media_type.partition(";")[0].strip().lower() in (
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ):
        media_type = ""  # what programs say that do not know: then its id tells
    return _made(source, id, body, media_type, beside, {}, groups, by)


def _from_json(source: str, id: str, body: bytes, beside: Said, groups: frozenset[str] | None, by: str) -> Pushed:
    if beside.model_fields_set:
        raise RefusedError(422, "with JSON, everything is said in the body", "Leave it out of the address.")
    try:
        whole = Whole.model_validate_json(body)
    except ValidationError as error:
        raise RefusedError(422, said_of(error.errors()), "See /openapi.json.") from None
    content, stated = whole.content, whole.media_type
    if content is not None:
        data = content.encode()
        stated = stated and f"{stated.partition(';')[0].strip()}; charset=utf-8"
    else:
        try:
            data = base64.b64decode(whole.content_base64 or "", validate=True)
        except (binascii.Error, ValueError):
            raise RefusedError(422, "content_base64 is not base64") from None
    return _made(source, id, data, stated, whole, whole.metadata, groups, by)


def _made(
    source: str,
    id: str,
    content: bytes,
    media_type: str,
    said: Said,
    metadata: Mapping[str, Any],
    groups: frozenset[str] | None,
    by: str,
) -> Pushed:
    if len(content) > MOST_BYTES:
        raise RefusedError(413, f"a document may have {MOST_BYTES:,} bytes")
    made = Pushed(
        source=source,
        document=id,
        media_type=media_type,
        title=" ".join(said.title.split()),
        uri=said.uri,
        updated_at=moment(said.updated_at),
        sequence=said.sequence,
        allow=None if said.allow is None else _readers(said.allow, groups),
        deny=_readers(said.deny, groups),
        meta={name: _value(value) for name, value in metadata.items()},
        content=content,
        by=by,
        pushed_at=utc_now(),
    )
    return replace(made, version=version_of(made))


def moment(stated: datetime | None) -> datetime | None:
    """In UTC, and within the years that every time zone has."""
    return None if stated is None else reachable(stated).astimezone(UTC)


def _readers(texts: Iterable[str], groups: frozenset[str] | None) -> frozenset[str]:
    try:
        found = principals(texts)
    except ValueError as error:
        raise RefusedError(422, str(error)) from None
    for name in sorted(found):
        group = name.removeprefix("group:")
        if groups is not None and name != group and group not in groups:
            raise RefusedError(422, f"{name} is not under [groups]{did_you_mean(group, groups)}")
    return found


def _value(value: Any) -> MetaValue:
    found: MetaValue = tuple(value) if isinstance(value, list) else value
    return found
