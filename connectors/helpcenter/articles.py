"""What an article says, as a document has it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.helpcenter.api import locale_of
from connectors.policy import SourcePolicy
from connectors.readers import Mapped
from connectors.websites.documents import WebRead
from headwater.model import HELP, MetaValue

_FIELDS = (
    "title", "body", "html_url", "section_id", "label_names", "updated_at", "edited_at", "created_at", "source_locale",
    "outdated",
)  # fmt: skip


def id_of(article: Mapping[str, Any]) -> str:
    return f"{locale_of(article)}/{article['id']}"


def fields_of(article: Mapping[str, Any]) -> list[Any]:
    """Everything that reaches a document, but its readers."""
    return [article.get(name) for name in _FIELDS]


def web_read(article: Mapping[str, Any], place: str, readers: Mapped, policy: SourcePolicy) -> WebRead:
    """Without its versions; `place` is the path of its section."""
    stated: dict[str, MetaValue] = {"language": article["locale"]}
    if labels := tuple(str(label) for label in article.get("label_names") or ()):
        stated["tags"] = tuple(dict.fromkeys((*policy.tags, *labels)))
    if article.get("created_at"):
        stated["created"] = str(article["created_at"])
    original = str(article.get("source_locale") or article["locale"]).lower()
    if original != locale_of(article):
        stated["translation_of"] = f"{original}/{article['id']}"
    return WebRead(
        id=id_of(article),
        version="",
        uri=str(article.get("html_url") or ""),
        path=f"{place}/{article['id']}",
        media_type="text/html",
        content=f"<article>{article.get('body') or ''}</article>".encode(),
        title=str(article.get("title") or ""),
        kind=HELP,
        updated_at=_moment(article.get("edited_at") or article.get("updated_at")),
        stated=stated,
        readers=readers.access,
        readers_from="its user segments",
        unmapped=readers.unmapped,
    )


def _moment(stated: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(stated)) if stated else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None
