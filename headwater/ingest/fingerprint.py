"""The processing fingerprint: when it differs from the stored one, the document is processed again."""

from collections.abc import Callable

from headwater.model import digest

METADATA_POLICY = "2"
"""Raised whenever the same document would come out with other metadata or another payload."""

_SEPARATOR = " "


def fingerprints(
    parser: Callable[[str], str], chunker: Callable[[str], str], embedding: str, policy: str = ""
) -> Callable[[str, str], str]:
    """Media type and kind to `"media kind hash"`: it names its own inputs, so a stored one can be checked alone.

    `policy` stands for what the source's settings ask of metadata.
    """
    known: dict[tuple[str, str, str], str] = {}

    def fingerprint(media_type: str, kind: str) -> str:
        # What is said of the parser may change in a run, with what is learned of the source.
        key = (media_type, kind, parser(media_type))
        if key not in known:
            parts = (key[2], chunker(kind), embedding, METADATA_POLICY, policy)
            known[key] = _SEPARATOR.join((media_type, kind, digest(*parts)[:16]))
        return known[key]

    return fingerprint


def is_current(stored: str, fingerprint: Callable[[str, str], str]) -> bool:
    """Whether a document with this stored fingerprint would be processed the same way today."""
    parts = stored.split(_SEPARATOR)
    return len(parts) == 3 and stored == fingerprint(parts[0], parts[1])
