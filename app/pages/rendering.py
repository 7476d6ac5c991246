"""Pages that work anywhere: one file, nothing loaded from elsewhere, every text escaped.

Documents are not trusted. Jinja2 escapes whatever is put into a page, and the page's own policy allows its one style
sheet and its one script, where it has one (both by hash), and nothing else, so that what might slip through is neither
run nor loaded.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent / "templates"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINKED = ("http", "https", "file", "mailto")


def page(template: str, *, sheet: str = "style.css", script: str = "", **values: Any) -> str:
    """A complete HTML document; `sheet` and `script` are files beside the template, which become part of it."""
    style, code = _beside(sheet), _beside(script) if script else ""
    policy = f"default-src 'none'; style-src {_hashed(style)}; base-uri 'none'; form-action 'none'"
    if code:
        policy += f"; script-src {_hashed(code)}"
    return _environment().get_template(template).render(style=style, script=code, policy=policy, **values)


@cache
def _beside(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


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
    return _CONTROL.sub("", str(text)).encode("utf-8", "replace").decode("utf-8")
