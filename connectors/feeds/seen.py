"""What a feed showed, as a token for the next listing."""

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Seen:
    """Entries by id with their version; `rules` is the digest of the settings that the versions depend on."""

    entries: dict[str, str] = field(default_factory=dict)
    validators: dict[str, str] = field(default_factory=dict)
    complete: bool = False
    rules: str = ""


def remembered(feeds: dict[str, Seen]) -> bytes:
    return json.dumps({url: asdict(seen) for url, seen in feeds.items()}, separators=(",", ":")).encode()


def recalled(token: bytes | None) -> dict[str, Seen]:
    """Empty for what is no such token: then every feed is read anew."""
    try:
        found = {url: Seen(**fields) for url, fields in json.loads(token or b"{}").items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}
    return {url: seen for url, seen in found.items() if _sound(seen)}


def _sound(seen: Seen) -> bool:
    return isinstance(seen.entries, dict) and isinstance(seen.validators, dict)
