"""A folder of small documents in a ring of states; from each to the next, everything happens that can happen to one.

Every sentence says which document it belongs to, in which version and section, so that a person can read a failure;
the checks themselves compare with what a fresh index of the same folder holds.
"""

import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from headwater.model import PUBLIC_PRINCIPAL, Access

GROUPS = ("group:a", "group:b")
EVERYBODY = frozenset({PUBLIC_PRINCIPAL, *GROUPS})
ASKERS = (frozenset(GROUPS), frozenset({"group:a"}), frozenset({"group:b"}), frozenset[str]())
"""The first may read every document in every state; each of the others is shut out of some."""

_SUBJECTS = ("pumps", "valves", "ledgers", "tides", "locks", "sluices", "weirs", "gauges")


@dataclass(frozen=True, slots=True)
class Doc:
    """`readers` are a subset of EVERYBODY."""

    number: int
    path: str
    version: int
    sections: int
    readers: frozenset[str] = EVERYBODY

    @property
    def access(self) -> Access:
        return Access(self.readers)

    def is_renamed(self, other: "Doc") -> bool:
        """Whether the other has the same content under another name; a page states its readers in its content."""
        return self.text() == other.text() and self.path != other.path

    def text(self) -> str:
        parts = [self._section(k) for k in range(1, self.sections + 1)]
        if self.path.endswith(".html"):
            body = "".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in parts)
            return f"<html><head><title>Document {self.number}</title></head><body>{body}</body></html>"
        front = "" if self.readers == EVERYBODY else f"---\naccess: [{', '.join(sorted(self.readers))}]\n---\n\n"
        body = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in parts)
        return f"{front}# Document {self.number}\n\n{body}\n"

    def _section(self, k: int) -> tuple[str, str]:
        subject = _SUBJECTS[(self.number + k) % len(_SUBJECTS)]
        says = f"document {self.number} version {self.version} section {k} of {self.sections}"
        sentences = (f"About {subject} and {says}, sentence {n} of a few that differ." for n in range(1, 4))
        return f"Section {k}", " ".join(sentences)


State = Mapping[int, Doc]
"""By number, which a document keeps when it is renamed."""


def ring(length: int, *, documents: int = 12, seed: int = 1) -> list[State]:
    """States of one folder; the last is followed by the first."""
    chance = random.Random(seed)
    state = {n: Doc(n, _path(n), 0, chance.randint(1, 4), _readers(n)) for n in range(documents)}
    states: list[State] = [state]
    for version in range(1, length):
        state = _next(dict(state), version, chance)
        states.append(state)
    return states


def _path(number: int, name: str = "page") -> str:
    return f"{'guides' if number % 2 else 'notes'}/{name}-{number}.{'html' if number % 3 == 0 else 'md'}"


def _readers(number: int) -> frozenset[str]:
    return EVERYBODY if number % 4 or number % 3 == 0 else frozenset(GROUPS)


def _next(state: dict[int, Doc], version: int, chance: random.Random) -> State:
    numbers = sorted(state)
    chance.shuffle(numbers)
    edited, gone, renamed, others = numbers[:4], numbers[4:5], numbers[5:7], numbers[7:]
    for n in edited:
        state[n] = replace(state[n], version=version, sections=chance.randint(1, 5))
    for n in gone:
        del state[n]
    for n in renamed:
        state[n] = replace(state[n], path=_path(n, f"renamed-{version}"))
    # Only wider or only narrower: from one group to another leaves nobody in between, by design.
    texts = [n for n in others if state[n].path.endswith(".md")]
    for n in [n for n in texts if state[n].readers != EVERYBODY][:1]:
        state[n] = replace(state[n], readers=EVERYBODY)
    for n in [n for n in texts if state[n].readers == EVERYBODY][-1:]:
        state[n] = replace(state[n], readers=frozenset({chance.choice(GROUPS)}))
    new = 100 + version
    state[new] = Doc(new, _path(new), version, chance.randint(1, 4), _readers(new))
    return state


def write(root: Path, before: State | None, now: State) -> None:
    """Make the folder hold `now`; `before` is what it holds (None: whatever it is, it goes)."""
    if before is None:
        shutil.rmtree(root, ignore_errors=True)
        before = {}
    for number, doc in before.items():
        new = now.get(number)
        if new is None:
            (root / doc.path).unlink()
        elif new.path != doc.path:
            (root / new.path).parent.mkdir(parents=True, exist_ok=True)
            (root / doc.path).rename(root / new.path)
    for number, doc in now.items():
        old = before.get(number)
        if old is None or old.text() != doc.text():
            path = root / doc.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(doc.text())
