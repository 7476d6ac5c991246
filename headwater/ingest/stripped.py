"""What parsers took out of documents, as the ledger keeps it and as people are told."""

from headwater.ingest.boilerplate import Boilerplate
from headwater.ingest.report import SourceReport
from headwater.model import Document, Meta

STRIPPED = "stripped"
_COMMENT = "comment"
_SHOWN = 3


def stripped_meta(document: Document) -> dict[str, tuple[str, ...]]:
    """For the ledger's row: one sentence for each kind of thing that had words; none, no key."""
    said = tuple(
        f"{one.what}: {one.words} word{'s' if one.words > 1 else ''}: {one.sample}"
        for one in document.stripped
        if one.words
    )
    return {STRIPPED: said} if said else {}


def has_hidden(meta: Meta) -> bool:
    """Whether words were hidden in the document from those who look at it; comments are no secret of an author."""
    said = meta.get(STRIPPED, ())
    return isinstance(said, tuple) and any(not one.startswith(f"{_COMMENT}:") for one in said)


def cleaning_notes(report: SourceReport, boilerplate: Boilerplate) -> list[str]:
    """Sentences for the report of a run that indexed something of this source."""
    notes = []
    if report.hidden:
        notes.append(
            f"{report.source}: text that its readers do not see was left out of {report.hidden:,} "
            f"document{'s' if report.hidden > 1 else ''}; `headwater lint {report.source}` says where"
        )
    if report.indexed and boilerplate.blocks:
        most = sorted(boilerplate.blocks.values(), key=lambda one: (-one.pages, one.text))
        shown = "; ".join(f"\u201c{one.text}\u201d on {one.pages} of {boilerplate.pages}" for one in most[:_SHOWN])
        more = f"; and {len(most) - _SHOWN} more" if len(most) > _SHOWN else ""
        count = f"{len(most)} block{'s' if len(most) > 1 else ''}"
        notes.append(f"{report.source}: {count} that most pages repeat left out ({shown}{more})")
    return notes
