"""Why a filter found nothing: values that no document carries, with the nearest that one does."""

from collections.abc import Iterable, Iterator

from headwater.ledger.base import DocumentRow
from headwater.metadata.payload import keyword, keywords
from headwater.metadata.schema import FILTERS, PASSAGE, Type
from headwater.metadata.versions import version_range
from headwater.retrieval.filters import EXACT, split_filter
from headwater.settings import nearest

_SHOWN = 8


def unmatched(expressions: Iterable[str], rows: Iterable[DocumentRow], asker: frozenset[str]) -> list[str]:
    """A sentence for every value after `=` that no document carries which the asker may read."""
    asked = [(name, value) for text in expressions for name, value in _words(text)]
    if not asked:
        return []
    present: dict[str, set[str]] = {name: set() for name, _ in asked}
    for row in rows:
        if row.access.admits(asker):
            for name, known in present.items():
                known.update(_of_row(name, row))
    return [_sentence(name, value, present[name]) for name, value in asked if _plain(name, value) not in present[name]]


def _words(expression: str) -> Iterator[tuple[str, str]]:
    name, operator, values = split_filter(expression)
    field = FILTERS[name]
    if operator == "=" and field.of != PASSAGE and field.type is not Type.DATE:
        # A version that is a number may lie within what a document says; a word has to be the same word.
        yield from ((name, value) for value in values if field.type is not Type.VERSION or not version_range(value))


def _of_row(name: str, row: DocumentRow) -> Iterable[str]:
    own = {"source": row.source, "document": row.id, "kind": row.kind}
    return (own[name],) if name in own else keywords(name, row.meta.get(name, ""))


def _plain(name: str, value: str) -> str:
    return value if name in EXACT else keyword(name, value)


def _sentence(name: str, value: str, present: set[str]) -> str:
    near = nearest(value, present)
    if near:
        return f"no document has {name}={value}; did you mean {near}?"
    some = ", ".join(sorted(present)[:_SHOWN])
    more = ", ..." if len(present) > _SHOWN else ""
    return f"no document has {name}={value}; there are {some}{more}" if some else f"no document states its {name}"
