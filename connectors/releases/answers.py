"""Answers of GitHub's API about releases, checked, and what they say of a document."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.http.answer import Answer
from headwater.errors import TransientSourceError
from headwater.model import MetaValue

_FIELDS = ("tag_name", "name", "body", "prerelease", "published_at", "html_url")


def fields_of(release: Mapping[str, Any]) -> str:
    """Everything that reaches a document."""
    return json.dumps([release.get(name) for name in _FIELDS])


def stated_by(release: Mapping[str, Any], product: str, tags: tuple[str, ...]) -> dict[str, MetaValue]:
    """The metadata of a release; `tags` are those of its source."""
    stated: dict[str, MetaValue] = {"version": str(release["tag_name"]), "product": product}
    author = release.get("author")
    if isinstance(author, dict) and author.get("login"):
        stated["author"] = str(author["login"])
    if release.get("prerelease"):
        stated["tags"] = (*tags, "prerelease")
    return stated


def releases_of(answer: Answer) -> list[dict[str, Any]]:
    found = answer.json()
    if not isinstance(found, list) or not all(is_release(release) for release in found):
        raise TransientSourceError("the listing of releases is not in the form that the API documents")
    return found


def is_release(found: object) -> bool:
    return isinstance(found, dict) and isinstance(found.get("tag_name"), str) and bool(found["tag_name"])


def title_of(release: Mapping[str, Any]) -> str:
    name, tag = str(release.get("name") or "").strip(), str(release["tag_name"])
    return name if tag.lstrip("v") in name else f"{name} ({tag})" if name else tag


def moment_of(stated: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(stated)) if stated else None
    except ValueError:
        return None


def web_of(api: str) -> str:
    """Where people read what the API at this address serves."""
    return "https://github.com" if api == "https://api.github.com" else api.removesuffix("/api/v3")
