"""What a crawl found out, as a token for the next one: with it, a page that has not changed sends no body again."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import fields

from connectors.websites.page import Page
from connectors.websites.reading import Look
from connectors.websites.versions import PageVersion

_FORMAT = 1
_MOST = 256 * 2**20
_PLAIN = tuple(field.name for field in fields(Page) if field.name != "links")


def remembered(looks: Mapping[str, Look]) -> bytes:
    """Addresses are written once, and links as numbers among them."""
    numbers: dict[str, int] = {}

    def number(where: str) -> int:
        return numbers.setdefault(where, len(numbers))

    pages = [
        [
            number(where),
            str(look.version),
            look.permanent,
            [getattr(look.page, name) for name in _PLAIN],
            [number(link) for link in look.page.links],
        ]
        for where, look in looks.items()
    ]
    return zlib.compress(json.dumps([_FORMAT, list(numbers), pages], separators=(",", ":")).encode())


def recalled(token: bytes | None) -> dict[str, Look]:
    """Empty for what is no such token: then everything is asked for anew."""
    if not token:
        return {}
    try:
        form, addresses, pages = json.loads(zlib.decompressobj().decompress(token, _MOST))
        return {addresses[page[0]]: _look(page, addresses) for page in pages} if form == _FORMAT else {}
    except (zlib.error, ValueError, TypeError, IndexError, RecursionError):
        return {}


def _look(page: list[object], addresses: list[str]) -> Look:
    _, version, permanent, plain, links = page
    read = PageVersion.read(str(version))
    if read is None or not isinstance(plain, list) or not isinstance(links, list):
        raise ValueError("not written by us")
    found = Page(**dict(zip(_PLAIN, plain, strict=True)), links=tuple(addresses[link] for link in links))
    return Look(found, read, bool(permanent))
