"""What sources state about their documents, at the end of a run: coverage, findings, and languages in the way."""

from collections import Counter
from collections.abc import Sequence

from flows.workshop import Workshop
from headwater.embedding.languages import MULTILINGUAL_MODEL, languages_of
from headwater.ingest.report import SourceReport
from headwater.metadata.survey import kept_survey, refreshed

FOREIGN_SHARE = 0.05
"""Of the chunks; above it, ingest says that the model does not know their language."""


def surveyed(workshop: Workshop, reports: Sequence[SourceReport]) -> list[str]:
    """Count again what changed, put it into the reports; sentences about what is required and not stated, and about
    languages that the model does not know."""
    if workshop.only is not None and workshop.target is not None:
        return []  # whoever fills that generation counts all of it in the end
    notes = [finding for report in reports if not report.error for finding in _surveyed(workshop, report)]
    return [*notes, *foreign_languages(workshop)]


def _surveyed(workshop: Workshop, report: SourceReport) -> list[str]:
    source = workshop.source(report.source)
    found = refreshed(
        workshop.ledger,
        workshop.generation,
        source.name,
        source.required,
        changed=bool(report.indexed or report.removed),
    )
    report.coverage = found.coverage()
    return found.findings(source.name)


def foreign_languages(workshop: Workshop) -> list[str]:
    """A sentence when too much is in languages that the embedding model does not know, naming the setting."""
    model = workshop.settings.embedding.model
    known = languages_of(model)
    if known is None:
        return []
    chunks: Counter[str] = Counter()
    for row in workshop.ledger.sources():
        found = kept_survey(workshop.ledger, row.name)
        if found is not None and found.generation == workshop.generation:
            chunks.update(found.languages)
    total = chunks.total()
    foreign = {language: count for language, count in chunks.items() if language and language not in known}
    if sum(foreign.values()) <= FOREIGN_SHARE * total:
        return []
    named = ", ".join(f"{language} {count:,}" for language, count in sorted(foreign.items(), key=lambda one: -one[1]))
    return [
        f"{sum(foreign.values()):,} of {total:,} chunks are in languages that the embedding model {model!r} does not "
        f"know ({named}): questions find them by their words alone. To change that: [embedding] model = "
        f'"{MULTILINGUAL_MODEL}" or another multilingual model, then headwater rebuild'
    ]
