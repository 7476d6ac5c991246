"""What a form sent, and addresses that people are sent to."""

from collections.abc import Iterator, Mapping
from typing import Annotated, TypeAlias
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Depends, Request

from headwater.errors import MalformedError

MOST_FIELDS, MOST_BYTES = 2_000, 256 * 1024
FORM = "application/x-www-form-urlencoded"


class Sent(Mapping[str, str]):
    """By name the first value; `every` has them all."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._first = dict(reversed(pairs))

    def __getitem__(self, name: str) -> str:
        return self._first[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def every(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def numbers(self, name: str) -> list[int]:
        """MalformedError for what is no number of the ledger."""
        found = self.every(name)
        if not all(one.isascii() and one.isdecimal() and len(one) < 18 for one in found):
            raise MalformedError(f"{name} has to be a number")
        return [int(one) for one in found]


async def sent(request: Request) -> Sent:
    """Empty for a request without a form; MalformedError for any other kind of body."""
    body = await request.body()
    if not body:
        return Sent([])
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise MalformedError("this is no form")
    if len(body) > MOST_BYTES:
        raise MalformedError("this form is too long")
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise MalformedError("this form cannot be read") from None
    return Sent(pairs)


Fields: TypeAlias = Annotated[Sent, Depends(sent)]


def within(address: str, root: str) -> str:
    """The address if it is a page below `root` on this site, else `root`/: nobody is sent anywhere else."""
    plain = all(33 <= ord(letter) < 127 for letter in address) and "\\" not in address
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"{root}/"
    ours = parts.path == root or parts.path.startswith(f"{root}/")
    climbs = any(part in (".", "..") for part in parts.path.lower().replace("%2e", ".").split("/"))
    if not plain or parts.scheme or parts.netloc or not ours or climbs or "//" in parts.path:
        return f"{root}/"
    return address


def address(path: str, **named: object) -> str:
    """With these in its query, those that are empty left out."""
    query = urlencode({name: str(value) for name, value in named.items() if value not in ("", None)}, quote_via=quote)
    return f"{path}?{query}" if query else path
