"""How owners are reached, and how much of that people may see: an address of a chat service is a secret."""

import re
from collections.abc import Mapping

from headwater.settings.secrets import Secret, references

_MAIL = re.compile(r"(?:mailto:)?[^\s@/:?]+@[^\s@/?]+\.[^\s@/?]+", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


def is_mail(contact: str) -> bool:
    """`mailto:docs@example.com`, or the bare address; not `mailto://`, which names a mail server."""
    return _MAIL.fullmatch(contact) is not None


def addresses(contacts: Mapping[str, str]) -> dict[str, Secret]:
    """By owner, those that a message can be sent to: mail, services, and what `${NAME}` stands for; no web pages."""
    return {name: Secret(text, f"[owners] {name}") for name, text in contacts.items() if _reachable(text)}


def shown(contact: str) -> str:
    """The contact without what may be secret in it."""
    scheme = _SCHEME.match(contact)
    if references(contact):
        return str(Secret(contact))
    if scheme is None or scheme[1].lower() in ("http", "https"):
        return contact
    return f"{scheme[1]}://***"


def _reachable(contact: str) -> bool:
    scheme = _SCHEME.match(contact)
    service = scheme is not None and scheme[1].lower() not in ("http", "https")
    return bool(references(contact)) or is_mail(contact) or service
