"""Which languages a question is looked for in."""

from headwater.ledger.base import Ledger
from headwater.metadata.survey import kept_survey


def languages_for(ledger: Ledger, asker: frozenset[str]) -> tuple[str, ...]:
    """Those of documents that someone with these principals may read, in a fixed order; () where none is known.

    Documents that nobody may see must not change what a question is: it would change the scores of the others.
    """
    generation = ledger.generation()
    surveys = (kept_survey(ledger, row.name) for row in ledger.sources())
    return tuple(
        sorted(
            {
                language
                for found in surveys
                if found is not None and found.generation == generation
                for language in found.languages_for(asker)
            }
        )
    )
