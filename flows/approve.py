"""What a run withheld, and a person's word that it may be done."""

from dataclasses import dataclass

from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.ingest.absence import APPROVED, WITHHELD


@dataclass(frozen=True, slots=True)
class Withheld:
    """Removals that wait; `live` is how many documents of the source were searchable then."""

    source: str
    documents: tuple[str, ...]
    live: int
    since: str


def withheld(workshop: Workshop, source: str | None = None) -> list[Withheld]:
    """Of one source, or of all."""
    names = [row.name for row in workshop.ledger.sources() if source in (None, row.name)]
    found = ((name, workshop.ledger.learned(name, WITHHELD) or {}) for name in names)
    return [
        Withheld(name, tuple(value["documents"]), int(value["live"]), str(value["since"]))
        for name, value in found
        if value.get("documents")
    ]


def approve(workshop: Workshop, source: str) -> Withheld:
    """Let the next run of `source` remove what was withheld, and nothing beyond it; ConfigError when nothing was."""
    for waiting in withheld(workshop, source):
        workshop.ledger.learn(source, APPROVED, {"documents": list(waiting.documents)})
        return waiting
    others = ", ".join(waiting.source for waiting in withheld(workshop)) or "no source"
    raise ConfigError(f"nothing of {source!r} is withheld", advice=f"Something waits for approval in: {others}.")
