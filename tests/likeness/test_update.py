"""Clusters follow from what is live, whatever the order in which it came."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.likeness.update import Duplicates, duplicates, is_current, update
from headwater.model import RELEASE_NOTE
from tests.retrieval.desk import GENERATION, Desk, Paper, desk
from tests.support.state import scratch

PUBLIC = frozenset({"public"})
TEXT = " ".join(f"word{number}" for number in range(60))
OTHER = " ".join(f"other{number}" for number in range(60))
NEARLY = TEXT.replace("word30", "changed")
"""55 of 61 shingles are the same as in TEXT; of FURTHER and NEARLY as well, but of FURTHER and TEXT 52 of 64."""
FURTHER = NEARLY.replace("word10", "changed")


def paper(name: str, text: str, **facts: str) -> Paper:
    return Paper(name, tuple(text.split(" word40 ")) if facts.pop("cut", "") else (text,), PUBLIC, facts=facts)


@pytest.fixture(scope="module")
def counter() -> Iterator[Desk]:
    with scratch("likeness") as folder, desk("edge", folder) as made:
        yield made


def clusters(counter: Desk) -> list[tuple[set[str], str]]:
    """Members, and who stands for them."""
    found: dict[str, set[str]] = {}
    canonical = {}
    for one in counter.ledger.clustered(GENERATION):
        found.setdefault(one.cluster, set()).add(one.document)
        if one.canonical:
            canonical[one.cluster] = one.document
    assert found.keys() == canonical.keys()
    return sorted((members, canonical[name]) for name, members in found.items())


def refreshed(counter: Desk, **preferences: int) -> list[tuple[set[str], str]]:
    update(counter.ledger, counter.index, GENERATION, preferences)
    assert is_current(counter.ledger, GENERATION, preferences)
    return clusters(counter)


def test_documents_that_say_nearly_the_same_are_one_cluster(counter: Desk) -> None:
    counter.clear()
    counter.publish([paper("a", TEXT), paper("b", NEARLY), paper("c", OTHER)])
    assert refreshed(counter) == [({"a", "b"}, "a")]
    assert duplicates(counter.ledger, GENERATION) == {"desk": Duplicates(documents=1, clusters=1)}


def test_the_newest_version_stands_for_the_others(counter: Desk) -> None:
    counter.clear()
    counter.publish([paper("a", TEXT, version="2.9"), paper("b", TEXT, version="2.10"), paper("c", TEXT)])
    assert refreshed(counter) == [({"a", "b", "c"}, "b")]
    counter.publish([paper("c", TEXT, version="3")])
    assert refreshed(counter) == [({"a", "b", "c"}, "c")]


def test_a_link_that_goes_parts_a_cluster(counter: Desk) -> None:
    counter.clear()
    counter.publish([paper("a", TEXT), paper("b", NEARLY), paper("c", FURTHER)])
    assert refreshed(counter) == [({"a", "b", "c"}, "a")]
    counter.publish([paper("a", TEXT), paper("c", FURTHER)], only=True)
    assert refreshed(counter) == []
    counter.publish([paper("b", NEARLY)])
    assert refreshed(counter) == [({"a", "b", "c"}, "a")]
    counter.publish([paper("b", OTHER)])
    assert refreshed(counter) == []


def test_releases_that_read_the_same_are_no_duplicates(counter: Desk) -> None:
    counter.clear()
    notes = [paper(f"note{version}", "Bug fixes.", version=version) for version in ("1.0", "1.1")]
    counter.publish([replace(note, kind=RELEASE_NOTE) for note in notes])
    assert refreshed(counter) == []
    copy = replace(paper("copy", "Bug fixes.", version="1.1", title="note1.1"), kind=RELEASE_NOTE)
    counter.publish([copy])
    assert refreshed(counter) == [({"copy", "note1.1"}, "copy")]


def test_a_preference_that_changed_chooses_anew(counter: Desk) -> None:
    counter.clear()
    counter.publish([paper("a", TEXT), paper("b", TEXT)])
    refreshed(counter)
    assert not is_current(counter.ledger, GENERATION, {"desk": 1})
    assert refreshed(counter, desk=1) == [({"a", "b"}, "a")]


def test_nothing_is_imported_where_nothing_was_published() -> None:
    code = "import sys, flows.likeness; print([m for m in ('datasketch', 'scipy') if m in sys.modules])"
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert ran.stdout.strip() == "[]"


@dataclass(frozen=True, slots=True)
class Change:
    name: str
    text: str | None
    version: str = ""


edits = st.lists(st.integers(0, 59), max_size=3).map(
    lambda places: " ".join(f"new{n}" if n in places else f"word{n}" for n in range(60))
)
changes = st.lists(
    st.builds(
        Change,
        st.sampled_from("abcdefg"),
        st.none() | edits | st.just(OTHER),
        st.sampled_from(["", "1.0", "2.0"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(changes, min_size=1, max_size=5))
def test_kept_up_to_date_equals_made_anew(counter: Desk, rounds: list[list[Change]]) -> None:
    counter.clear()
    live: dict[str, Paper] = {}
    for round_ in rounds:
        last = {change.name: change for change in round_}
        for change in last.values():
            live.pop(change.name, None)
            if change.text is not None:
                live[change.name] = paper(change.name, change.text, version=change.version, cut="yes")
        changed = [live[name] for name in last if name in live]
        gone = [row.id for row in counter.ledger.documents(GENERATION) if row.id not in live]
        publisher = counter.publisher()
        publisher.stage([counter.prepared(one) for one in changed])
        publisher.publish(removed=[("desk", id) for id in gone])
        kept = refreshed(counter)
    names = {(one.document, one.cluster) for one in counter.ledger.clustered(GENERATION)}
    counter.clear()
    counter.publish(live.values())
    assert refreshed(counter) == kept
    assert {(one.document, one.cluster) for one in counter.ledger.clustered(GENERATION)} == names
