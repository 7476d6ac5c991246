"""The step of a run that finds near-duplicates, and what it says of them."""

from flows.workshop import Workshop
from headwater.errors import HeadwaterError
from headwater.likeness.update import Duplicates, duplicates, is_current, update

LEASE, LEASE_SECONDS, WAIT_SECONDS = "likeness", 60.0, 60.0


def refresh_duplicates(workshop: Workshop) -> list[str]:
    """Compare what was published with everything, where anything was; answers a sentence for each source concerned."""
    ledger, generation = workshop.ledger, workshop.generation
    preferences = {source.name: source.prefer for source in workshop.settings.sources}
    if is_current(ledger, generation, preferences):
        return []
    try:
        with ledger.lease(LEASE, workshop.holder, seconds=LEASE_SECONDS, wait=WAIT_SECONDS):
            update(ledger, workshop.index(generation), generation, preferences)
    except HeadwaterError as error:
        return [f"Near-duplicates were not looked for: {error}. The next run does."]
    return [_sentence(source, found) for source, found in duplicates(ledger, generation).items() if found.documents]


def _sentence(source: str, found: Duplicates) -> str:
    documents = "1 document says" if found.documents == 1 else f"{found.documents:,} documents say"
    stands = "another, which stands for it" if found.documents == 1 else "others, which stand for them"
    return f"{source}: {documents} nearly the same as {stands} in search ({found.clusters:,} clusters)"
