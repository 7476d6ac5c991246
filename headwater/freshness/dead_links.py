"""Links within a source to documents that it does not have."""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urldefrag, urlsplit

from headwater.freshness.directory import Directory, Name, plain_address
from headwater.freshness.document_findings import about
from headwater.freshness.values import Finding, FindingKind, Severity
from headwater.freshness.wording import counted

_EXAMPLES = 3
_PAGES = frozenset((".md", ".markdown", ".mdx", ".html", ".htm", ".xhtml", ".rst", ".txt", ".adoc", ".pdf", ".docx"))
"""What counts as a document where ids are paths; a link to anything else may be to what nobody wanted ingested."""
_INDEXES = ("index.md", "README.md", "readme.md", "index.html", "_index.md", "index.rst")


def dead_links(
    links: Iterable[tuple[str, str, str]],
    directory: Directory,
    listed_whole: frozenset[str],
    known: Iterable[Name] = (),
) -> Iterator[Finding]:
    """Of sources that were `listed_whole`; `known` are documents that are there, although they are not searchable."""
    places, nothing = _places((*directory.documents, *known)), _Place(frozenset())
    dead: dict[Name, list[str]] = {}
    for source, document, target in links:
        if source in listed_whole and _is_dead(target, source, places.get(source, nothing), directory):
            dead.setdefault((source, document), []).append(target)
    for name, targets in dead.items():
        one = directory.documents.get(name)
        if one is not None:
            shown = ", ".join(targets[:_EXAMPLES]) + (", ..." if len(targets) > _EXAMPLES else "")
            lead = "lead" if len(targets) > 1 else "leads"
            evidence = (
                f"{counted(len(targets), 'link')} in it {lead} to what is not among the source's documents: {shown}."
            )
            step = "Correct or remove the links, or include what they lead to."
            yield about(FindingKind.DEAD_LINK, Severity.NOTICE, one, evidence, step)


@dataclass(slots=True)
class _Place:
    """What a source of files has: ids, and the folders they are in."""

    ids: frozenset[str]
    folders: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.folders = frozenset(posixpath.dirname(id) for id in self.ids)


def _places(names: Iterable[Name]) -> dict[str, _Place]:
    ids: dict[str, set[str]] = {}
    for source, id in names:
        ids.setdefault(source, set()).add(id)
    return {source: _Place(frozenset(found)) for source, found in ids.items()}


def _is_dead(target: str, source: str, place: _Place, directory: Directory) -> bool:
    """Only what looks like a document beside others of this source: the rest may be there without being ingested."""
    if "://" in target:
        return _is_dead_page(target, source, directory)
    if target in place.ids:
        return False
    stem, suffix = posixpath.splitext(target)
    if suffix.lower() not in _PAGES:
        return False
    others = (*(stem + end for end in _PAGES), *(f"{stem}/{name}" for name in _INDEXES))
    return posixpath.dirname(target) in place.folders and not any(name in place.ids for name in others)


def _is_dead_page(target: str, source: str, directory: Directory) -> bool:
    suffix = posixpath.splitext(urlsplit(target).path)[1].lower()
    if directory.is_address(target) or (suffix and suffix not in _PAGES):
        return False
    parent = plain_address(posixpath.dirname(urldefrag(target).url.rstrip("/")))
    return parent in directory.page_folders(source)
