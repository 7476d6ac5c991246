"""The tables of docs/sources.md, from what the connectors say: `python -m connectors.catalogue_page` writes them."""

import json
from pathlib import Path

from connectors.catalogue import Kind, Setting, kinds

PAGE = "docs/sources.md"
BEGIN, END = "<!-- made by python -m connectors.catalogue_page -->", "<!-- end of what is made -->"


def with_tables(text: str) -> str:
    """The page with everything between its two marks as it should be."""
    return text[: text.index(BEGIN)] + tables() + text[text.index(END) + len(END) :]


def tables() -> str:
    """What belongs between the marks, with them; kinds of other packages are left out."""
    ours = [one for one in kinds() if not one.package]
    overview = ["| kind | reads | readers | how changes are seen, and what it costs | what counts as removal |"]
    overview += ["|---|---|---|---|---|", *(_row(one) for one in ours)]
    parts = [BEGIN, "\n".join(overview), *(_settings(one) for one in ours), END]
    return "\n\n".join(parts)


def _row(one: Kind) -> str:
    about = one.about
    said = (f"`{one.kind}`", about.reads, about.permissions, about.changes, about.removals)
    return f"| {' | '.join(map(_cell, said))} |"


def _settings(one: Kind) -> str:
    lines = [f"### {one.kind}", "", "| setting | type | default | |", "|---|---|---|---|"]
    lines += [_setting(setting) for setting in one.settings]
    return "\n".join(lines)


def _setting(one: Setting) -> str:
    stated = "" if one.default in (None, "", [], {}) else f"`{json.dumps(one.default)}`"
    secret = " (may be a secret)" if one.secret else ""
    default = "required" if one.required else stated
    return f"| `{one.name}` | {_cell(one.type)}{secret} | {default} | {_cell(one.description)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    file = Path(PAGE)
    file.write_text(with_tables(file.read_text(encoding="utf-8")), encoding="utf-8")
