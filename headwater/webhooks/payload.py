"""Reading JSON that anyone may have written: every mistake in it is a MalformedError, and nothing else."""

import json
from typing import Any, NoReturn

from headwater.errors import MalformedError
from headwater.webhooks.values import MOST_BYTES

LONGEST_ID = 2_000
_LONGEST_NUMBER = 20

Object = dict[str, Any]


def json_of(body: bytes) -> Any:
    """What a body says."""
    if len(body) > MOST_BYTES:
        raise MalformedError(f"the delivery has {len(body):,} bytes, which is more than any service sends")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        # Not the decoder's words: they may repeat what is in the body.
        raise MalformedError("the delivery is not JSON that can be read") from error


def json_object(body: bytes) -> Object:
    """A body whose JSON is an object."""
    found = json_of(body)
    return found if isinstance(found, dict) else wrong("the delivery is not a JSON object")


def wrong(message: str) -> NoReturn:
    raise MalformedError(message)


def inner(found: Object, name: str) -> Object:
    """An object within an object."""
    value = found.get(name)
    return value if isinstance(value, dict) else wrong(f"{name} is not an object")


def optional(found: Object, name: str) -> Object:
    """The same, {} where it is not there or null."""
    return {} if found.get(name) is None else inner(found, name)


def objects(found: Object, name: str) -> list[Object]:
    """A list of objects; none where it is not there or null."""
    values = found.get(name)
    values = [] if values is None else values
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        wrong(f"{name} is not a list of objects")
    return values


def text(found: Object, name: str) -> str:
    """A text; "" where it is not there or null."""
    value = found.get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else wrong(f"{name} is not a text")


def texts(found: Object, name: str) -> list[str]:
    """A list of texts, none of them too long for an id; none where it is not there or null."""
    values = found.get(name)
    values = [] if values is None else values
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        wrong(f"{name} is not a list of texts")
    if any(len(value) > LONGEST_ID for value in values):
        wrong(f"{name} holds a text of more than {LONGEST_ID:,} characters")
    return values


def number(found: Object, name: str) -> str:
    """The digits of a number, or of a text that is one; "" where it is not there or null."""
    value = found.get(name)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**_LONGEST_NUMBER:
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER:
        return value
    wrong(f"{name} is not a number")


def whole_number(found: Object, name: str) -> int:
    """0 where it is not there or null."""
    return int(number(found, name) or 0)
