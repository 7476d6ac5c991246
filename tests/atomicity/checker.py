"""What a reader may see while a folder goes from one state to the next."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headwater.model import Access
from headwater.retrieval.search import Passage, Wish
from tests.atomicity.corpus import Doc, State

Texts = Mapping[str, tuple[str, ...]]
"""Path to the texts of its chunks, sorted, as a fresh index of that state has them."""

LIMIT = 400
"""More than all documents have chunks, so that every answer shows all that its asker may see."""
CHUNKS = Wish(limit=LIMIT, passage_tokens=0, duplicates=True)
WHOLES = Wish(limit=LIMIT, duplicates=True)
_SAYS = re.compile(r"document (\d+) version (\d+)")


def of_one_version(passages: Sequence[Passage]) -> list[str]:
    """Passages that were put together of chunks of several documents, or of several versions of one."""
    found = [(passage, set(_SAYS.findall(passage.text))) for passage in passages]
    return [f"{passage.document} as a whole mixes {sorted(says)}" for passage, says in found if len(says) > 1]


@dataclass(frozen=True, slots=True)
class Expected:
    """A state, and what a fresh index makes of it."""

    state: State
    texts: Texts


@dataclass(slots=True)
class Transition:
    """`check` names everything wrong with one answer; a transition from a state to itself allows no difference."""

    before: Expected
    after: Expected
    arrived: dict[frozenset[str], set[int]] = field(default_factory=lambda: defaultdict(set))
    """Documents that an asker has seen in their new form, which must not go back."""

    def check(self, passages: Sequence[Passage], asker: frozenset[str]) -> list[str]:
        if len(passages) >= LIMIT:
            return [f"{len(passages)} passages: the answer may be cut"]
        seen: dict[str, Counter[str]] = defaultdict(Counter)
        for passage in passages:
            seen[passage.document][passage.text] += 1
        problems = []
        for number in sorted({*self.before.state, *self.after.state}):
            old, new = self.before.state.get(number), self.after.state.get(number)
            paths = {doc.path for doc in (old, new) if doc is not None}
            found = {path: seen.pop(path) for path in paths if path in seen}
            if old is not None and new is not None and old.path != new.path and not old.is_renamed(new):
                # Nothing says that these two are the same document: each comes and goes by itself.
                problems += self._document(number, old, None, _only(found, old), asker)
                problems += self._document(number, None, new, _only(found, new), asker)
            else:
                problems += self._document(number, old, new, found, asker)
        problems += [f"{path} should not exist" for path in seen]
        return problems

    def _document(
        self, number: int, old: Doc | None, new: Doc | None, found: dict[str, Counter[str]], asker: frozenset[str]
    ) -> list[str]:
        name = f"document {number} for {sorted(asker)}"
        may = [doc for doc in (old, new) if doc is not None and doc.access.admits(asker)]
        if not found:
            must = old is not None and new is not None and _between(old, new).admits(asker)
            return [f"{name} is missing"] if must else []
        if len(found) > 1:
            return [f"{name} is there twice: {sorted(found)}"]
        if not may:
            return [f"{name} is forbidden"]
        [(path, texts)] = found.items()
        is_old = old is not None and old.path == path and texts == Counter(self.before.texts[path])
        is_new = new is not None and new.path == path and texts == Counter(self.after.texts[path])
        if not is_old and not is_new:
            return [f"{name} is neither its old nor its new version: {sorted(texts.elements())}"]
        if is_new and not is_old:
            self.arrived[asker].add(number)
        elif is_old and new is not None and not is_new and number in self.arrived[asker]:
            return [f"{name} went back to its old version"]
        return []


def _only(found: dict[str, Counter[str]], doc: Doc) -> dict[str, Counter[str]]:
    return {path: texts for path, texts in found.items() if path == doc.path}


def _between(old: Doc, new: Doc) -> Access:
    return old.access.narrowed_to(new.access)
