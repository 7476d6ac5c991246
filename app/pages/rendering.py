"""Pages that work anywhere: one file, no script, nothing loaded from elsewhere, every text escaped.

Documents are not trusted. Jinja2 escapes whatever is put into a page, and the page's own policy allows its one style
sheet (by hash) and nothing else, so that what might slip through is neither run nor loaded.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent / "templates"
_LINKED = ("http", "https", "file", "mailto")


def page(template: str, **values: Any) -> str:
    """A complete HTML document."""
    style = _style()
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    return _environment().get_template(template).render(style=style, policy=policy, **values)


@cache
def _style() -> str:
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"href": href, "percent": percent, "clean": clean}
    return environment


def href(uri: str) -> str:
    """The address if a link to it is harmless, else nothing: sources may cite `javascript:` or worse."""
    try:
        return clean(uri) if urlsplit(uri.strip()).scheme.lower() in _LINKED else ""
    except ValueError:
        return ""


def percent(value: float) -> str:
    """One decimal, as in 61.5%."""
    return f"{100 * value:.1f}%"


def clean(text: object) -> str:
    """Text without control characters, which HTML has no form for, and with "?" for what is not Unicode."""
    kept = "".join(c for c in str(text) if c in "\n\t" or (c >= " " and c != "\x7f"))
    return kept.encode("utf-8", "replace").decode("utf-8")
