"""An index that was kept up to date, against one that was made anew of the same sources."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flows.workshop import Workshop
from headwater.index.query import AllOf, Condition, Not, OneOf
from headwater.ledger.base import DocumentRow
from headwater.model import RawDocument
from tests.ingest.library import ASKERS, QUESTIONS
from tests.support.compare import Key, answers, rows, visible, visible_of

SAME = ("content_hash", "fingerprint", "access", "chunks", "kind", "title", "uri", "updated_at", "meta")


@dataclass(frozen=True, slots=True)
class Kept:
    """A document of a source that left the configuration, as it was then: it stays searchable like this."""

    row: DocumentRow
    points: Counter[str]


def check_equal(workshop: Workshop, fresh: Workshop, forgotten: Mapping[Key, Kept]) -> None:
    """Points, rows, failures and answers; beside them, last good versions and what no source is configured for."""
    failing = _failing(fresh)
    assert {key: error for key, error in _failing(workshop).items() if key not in forgotten} == failing
    _check_rows(workshop, fresh, failing.keys() | forgotten.keys())
    _check_last_good(workshop, failing)
    others = visible_of(workshop, failing) + visible_of(workshop, forgotten)
    assert visible(workshop) == visible(fresh) + others
    if not others:
        assert _clusters(workshop) == _clusters(fresh)
    for key, kept in forgotten.items():
        assert rows(workshop)[key].content_hash == kept.row.content_hash
        assert visible_of(workshop, [key]) == kept.points
    # Passages that only one of the two has would take part in what the words of a question are worth.
    chosen = _without(failing, {row.source for row in rows(fresh).values()}) if others else ()
    assert answers(workshop, QUESTIONS, ASKERS, *chosen) == answers(fresh, QUESTIONS, ASKERS, *chosen)


def _clusters(workshop: Workshop) -> list[tuple[str, str, str, bool]]:
    """Documents that say nearly the same, and who stands for whom."""
    found = workshop.ledger.clustered(workshop.generation)
    return [(one.source, one.document, one.cluster, one.canonical) for one in found]


def _failing(workshop: Workshop) -> dict[Key, str]:
    return {(f.source, f.document): f.error for f in workshop.ledger.failures(workshop.generation)}


def _without(failing: Collection[Key], sources: Collection[str]) -> tuple[Condition, ...]:
    others = (Not(AllOf((OneOf("source", (s,)), OneOf("document", (d,))))) for s, d in failing)
    return (OneOf("source", tuple(sorted(sources))), *others)


def _check_rows(workshop: Workshop, fresh: Workshop, apart: Collection[Key]) -> None:
    kept = {key: row for key, row in rows(workshop).items() if key not in apart}
    made = rows(fresh)
    assert kept.keys() == made.keys()
    for key, row in made.items():
        for name in SAME:
            assert getattr(kept[key], name) == getattr(row, name), (key, name)


def _check_last_good(workshop: Workshop, failing: Collection[Key]) -> None:
    """The last good version of a document that fails now is read by nobody who may not read what is there now."""
    for source, id in failing:
        row = workshop.ledger.document(workshop.generation, source, id)
        raw = workshop.connector(workshop.source(source)).fetch(id)
        assert isinstance(raw, RawDocument)
        if row is not None:
            assert not [asker for asker in ASKERS if row.access.admits(asker) and not raw.access.admits(asker)]
