"""The kinds of files that are documents, by suffix; what is really in them is for the parser to find out."""

from headwater.parsing.templates import without_template_suffix

MEDIA_TYPES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".mdx": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".txt": "text/plain",
    ".rst": "text/x-rst",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".eml": "message/rfc822",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".docm": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".pptm": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xlsm": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FRONT_MATTER = frozenset((".md", ".markdown", ".mdx", ".txt", ".rst", ".html", ".htm", ".xhtml"))
"""Suffixes of files that may begin with front matter."""


def suffix_of(name: str) -> str:
    """With its dot, in lower case; "" for a name without one; that of the document where the file is a template."""
    name = without_template_suffix(name)
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""
