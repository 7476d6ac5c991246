"""What a run withheld, removals and publications, and a person's word that it may be done."""

from dataclasses import dataclass

from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.ingest.absence import APPROVED, WITHHELD
from headwater.ingest.doubts import WITHHELD as HELD


@dataclass(frozen=True, slots=True)
class Withheld:
    """What waits of a source: `documents` to be removed, `changes` to be published, each with its reason.

    `live` is how many documents of the source are searchable.
    """

    source: str
    documents: tuple[str, ...]
    changes: tuple[tuple[str, str], ...]
    live: int
    since: str


def withheld(workshop: Workshop, source: str | None = None) -> list[Withheld]:
    """Of one source, or of all."""
    names = [row.name for row in workshop.ledger.sources() if source in (None, row.name)]
    found = [_of_source(workshop, name) for name in names]
    return [waiting for waiting in found if waiting.documents or waiting.changes]


def _of_source(workshop: Workshop, name: str) -> Withheld:
    ledger, generation = workshop.ledger, workshop.generation
    removals = ledger.learned(name, WITHHELD) or {}
    held = [f for f in ledger.failures(generation, name) if f.reason.startswith(f"{HELD}:")]
    since = [str(removals["since"])] if removals.get("since") else []
    return Withheld(
        source=name,
        documents=tuple(removals.get("documents", ())),
        changes=tuple((failure.document, failure.reason) for failure in held),
        live=ledger.count(generation, name),
        since=min((*since, *(failure.first_at.isoformat() for failure in held)), default=""),
    )


def approve(workshop: Workshop, source: str) -> Withheld:
    """Let the next run of `source` do what was withheld, and nothing beyond it; ConfigError when nothing was."""
    for waiting in withheld(workshop, source):
        changed = [document for document, _ in waiting.changes]
        workshop.ledger.learn(source, APPROVED, {"documents": [*waiting.documents, *changed]})
        # What failed in a version is not tried again in it.
        workshop.ledger.clear_failures(workshop.generation, [(source, document) for document in changed])
        return waiting
    others = ", ".join(waiting.source for waiting in withheld(workshop)) or "no source"
    raise ConfigError(f"nothing of {source!r} is withheld", advice=f"Something waits for approval in: {others}.")
