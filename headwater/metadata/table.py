"""The schema as the table of docs/metadata.md: `python -m headwater.metadata.table` writes it there."""

import re
from pathlib import Path

from headwater.metadata.origins import Level
from headwater.metadata.schema import ALIASES, FIELDS, Field, Type

PAGE = Path("docs/metadata.md")
_PART = "<!-- {0}: python -m headwater.metadata.table -->\n{1}\n<!-- end of {0} -->"
_FROM = {
    Level.FRONT_MATTER: "YAML between `---` or TOML between `+++` at the head of a Markdown, text, reStructuredText or "
    "HTML file",
    Level.CONNECTOR: "what the place that the document comes from knows of it, such as the API of a wiki",
    Level.HEADER: "of a procedure: a table or lines such as `Owner: SRE` above its first section",
    Level.META_TAG: "`<meta name>`, `<html lang>`, `<time itemprop>`, `hreflang`",
    Level.JSON_LD: "`datePublished`, `dateModified`, `author`, `inLanguage`, `softwareVersion`, ...",
    Level.OPEN_GRAPH: "`og:` and `article:`",
    Level.PROPERTIES: "core properties of Office files, the information of a PDF, headers of a mail",
    Level.FILE: "what any other file holds, such as its first heading as title",
    Level.PATH_RULE: "`paths` of the `[[source]]`, the most specific rule first; the place of a translation",
    Level.FOLDER: "`.headwater.toml` in its folder, then in those above",
    Level.SOURCE: "`owner`, `product`, `audience`, `tags` and `language` of the `[[source]]`",
    Level.DERIVED: "from other fields",
    Level.DETECTED: "in the text: its language",
}


def schema_table() -> str:
    """One line for every field."""
    rows = [(f"`{f.name}`", f.type, f.about, _compared(f), _others(f)) for f in FIELDS]
    head = ("field", "type", "what", "`--filter`", "also read as")
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows))


def origins_list() -> str:
    """What counts before what."""
    return "\n".join(f"{number}. **{level}**: {_FROM[level]}" for number, level in enumerate(Level, start=1))


def with_tables(page: str) -> str:
    """The page with both of them as they are now."""
    for name, made in (("schema", schema_table()), ("order", origins_list())):
        before = re.search(rf"<!-- {name}: .*?<!-- end of {name} -->", page, re.DOTALL)
        page = page.replace(before[0], _PART.format(name, made)) if before else page
    return page


def _compared(field: Field) -> str:
    if not field.filter:
        return ""
    return "`=` `!=` `<` `<=` `>` `>=`" if field.type in (Type.DATE, Type.VERSION) else "`=` `!=`"


def _others(field: Field) -> str:
    return ", ".join(f"`{name}`" for name, meant in ALIASES.items() if meant == field.name)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
