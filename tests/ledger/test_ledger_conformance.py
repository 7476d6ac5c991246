"""What every ledger does, on every database in `conftest.database`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from headwater.errors import LeaseLostError, StateError
from headwater.ledger.base import Block, Commit, Failure, Intent, Likeness, SourceRow
from headwater.ledger.migrations import FIRST_GENERATION
from headwater.model import NOBODY, PUBLIC

ODD = "caf\udce9/\udcff\0\ud800x/näïve-\U0010f8ff\U0010f000-日本.md"


def intent(publication, epoch, generation=FIRST_GENERATION, new=("n1", "n2"), old=("o1",)):
    return Intent(publication=publication, generation=generation, epoch=epoch, new_ids=new, old_ids=old)


def test_a_new_ledger_stands_at_zero_and_keeps_its_identity(database):
    first, second = database.open(), database.open()
    assert first.identity() == second.identity() != ""
    assert (first.epoch(), first.generation(), first.open_publications()) == (0, FIRST_GENERATION, [])


def test_a_commit_is_seen_whole_by_everyone(database, ledger, me, row, event, publish):
    other = database.open()
    rows = row("a"), row("b", updated_at=None, access=NOBODY, meta={}), row(ODD, title=ODD, uri=ODD)
    done = publish(ledger, me, *rows, events=(event("a", epoch=1), event(ODD, reason=ODD, run=ODD)))
    assert other.epoch() == done.epoch == 1
    assert {r.id: r for r in other.documents(FIRST_GENERATION)} == {r.id: r for r in rows}
    assert [other.document(FIRST_GENERATION, "handbook", r.id) for r in rows] == list(rows)
    assert other.count(FIRST_GENERATION, "handbook") == 3
    assert other.history() == list(reversed(done.events))
    assert other.open_publications() == []


def test_a_commit_replaces_and_removes(ledger, me, row, publish):
    publish(ledger, me, row("a"), row("b"), row("c"))
    publish(ledger, me, row("b", version="2", chunks=9), removed=(("handbook", "a"), ("other", "c"), ("handbook", "z")))
    assert list(ledger.documents(FIRST_GENERATION)) == [row("b", version="2", chunks=9), row("c")]


def test_documents_are_found_together_by_source_and_id(ledger, me, row, publish):
    many = [row(f"d{number}") for number in range(1200)]
    publish(ledger, me, *many, row(ODD), row("d1", source="other"))
    wanted = [("handbook", r.id) for r in many[100:]] + [("handbook", ODD), ("other", "d1"), ("other", "d2")]
    found = ledger.documents_named(FIRST_GENERATION, wanted)
    assert found == {(r.source, r.id): r for r in [*many[100:], row(ODD), row("d1", source="other")]}
    assert ledger.documents_named("another", wanted) == ledger.documents_named(FIRST_GENERATION, []) == {}
    assert [ledger.count(FIRST_GENERATION, source) for source in ("handbook", "other", "none")] == [1201, 1, 0]
    assert ledger.count("another", "handbook") == 0


def test_a_document_that_is_both_removed_and_put_is_there(ledger, me, row, publish):
    publish(ledger, me, row("a"))
    publish(ledger, me, row("a", version="2"), removed=(("handbook", "a"),))
    assert ledger.document(FIRST_GENERATION, "handbook", "a") == row("a", version="2")


def test_numbers_are_never_used_again(database, ledger, me):
    numbers = [ledger.begin_publication(FIRST_GENERATION, me) for _ in range(3)]
    for number in numbers:
        ledger.abandon(number)
        ledger.forget_publication(number)
    assert ledger.open_publications() == []
    assert database.open().begin_publication(FIRST_GENERATION, me) > max(numbers)


def test_epochs_are_never_handed_out_again(database, ledger, me):
    first = ledger.next_epoch()
    number = ledger.begin_publication(FIRST_GENERATION, me)
    ledger.write_intent(intent(number, first))
    ledger.abandon(number)
    ledger.forget_publication(number)
    assert first < ledger.next_epoch() < database.open().next_epoch()
    assert ledger.epoch() == 0


def test_open_publications_tell_what_recovery_needs(ledger, me):
    staging, stamped, undone = (ledger.begin_publication(name, me) for name in ("g1", "g2", "g1"))
    many = tuple(f"00000000-0000-0000-0000-{n:012d}" for n in range(5000))
    plans = intent(stamped, ledger.next_epoch(), "g2", many, many[:10]), intent(undone, ledger.next_epoch())
    for plan in plans:
        ledger.write_intent(plan)
    assert ledger.abandon(undone)
    found = {p.number: p for p in ledger.open_publications()}
    assert [found[n].state for n in (staging, stamped, undone)] == ["staging", "intent", "undone"]
    assert [found[n].intent for n in (staging, stamped, undone)] == [None, *plans]
    assert [found[n].generation for n in (staging, stamped, undone)] == ["g1", "g2", "g1"]
    assert all(p.holder == me and abs(p.started_at - datetime.now(UTC)) < timedelta(minutes=1) for p in found.values())


def test_only_undone_publications_are_forgotten(ledger, me):
    number = ledger.begin_publication(FIRST_GENERATION, me)
    ledger.forget_publication(number)
    assert [p.number for p in ledger.open_publications()] == [number]


def test_an_intent_can_be_replaced_before_the_commit(ledger, me, row):
    number = ledger.begin_publication(FIRST_GENERATION, me)
    ledger.write_intent(intent(number, ledger.next_epoch()))
    later = ledger.next_epoch()
    ledger.write_intent(intent(number, later, new=("x",)))
    assert ledger.open_publications()[0].intent == intent(number, later, new=("x",))
    ledger.commit(Commit(publication=number, epoch=later, rows=(row("a"),)))
    assert ledger.epoch() == later


def test_an_undone_publication_does_not_commit(ledger, me, row, event):
    number, epoch = ledger.begin_publication(FIRST_GENERATION, me), ledger.next_epoch()
    ledger.write_intent(intent(number, epoch))
    assert ledger.abandon(number)
    late = Commit(publication=number, epoch=epoch, rows=(row("a"),), events=(event("a"),))
    for _ in range(2):
        with pytest.raises(LeaseLostError, match="undone"):
            ledger.commit(late)
        ledger.forget_publication(number)
    with pytest.raises(LeaseLostError, match="undone"):
        ledger.write_intent(intent(number, ledger.next_epoch()))
    assert (ledger.epoch(), list(ledger.documents(FIRST_GENERATION)), ledger.history()) == (0, [], [])


def test_a_committed_publication_stays_so(ledger, me, row, publish):
    done = publish(ledger, me, row("a"))
    assert ledger.abandon(done.publication) is False
    with pytest.raises(LeaseLostError, match="committed"):
        ledger.commit(done)
    assert list(ledger.documents(FIRST_GENERATION)) == [row("a")]
    assert ledger.abandon(999), "one that nobody knows can never commit"


def test_nothing_commits_without_an_intent(ledger, me, row):
    number, epoch = ledger.begin_publication(FIRST_GENERATION, me), ledger.next_epoch()
    with pytest.raises(LeaseLostError, match="staging"):
        ledger.commit(Commit(publication=number, epoch=epoch, rows=(row("a"),)))


def test_an_epoch_that_others_overtook_does_not_commit(ledger, me, row, publish):
    number, epoch = ledger.begin_publication(FIRST_GENERATION, me), ledger.next_epoch()
    ledger.write_intent(intent(number, epoch))
    publish(ledger, me, row("b"))
    with pytest.raises(LeaseLostError, match=f"epoch {epoch} "):
        ledger.commit(Commit(publication=number, epoch=epoch, rows=(row("a"),)))
    assert list(ledger.documents(FIRST_GENERATION)) == [row("b")]


def test_mistakes_of_the_caller_are_named(ledger, me, row):
    number, epoch = ledger.begin_publication(FIRST_GENERATION, me), ledger.next_epoch()
    with pytest.raises(ValueError, match="never handed out"):
        ledger.write_intent(intent(number, epoch + 1))
    with pytest.raises(ValueError, match="generation"):
        ledger.write_intent(intent(number, epoch, "other"))
    ledger.write_intent(intent(number, epoch))
    with pytest.raises(ValueError, match="intent"):
        ledger.commit(Commit(publication=number, epoch=ledger.next_epoch()))


def test_a_failed_commit_leaves_nothing(ledger, me, row, event):
    number, epoch = ledger.begin_publication(FIRST_GENERATION, me), ledger.next_epoch()
    ledger.write_intent(intent(number, epoch))
    broken = replace(event("b"), at=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="time zone"):
        ledger.commit(Commit(publication=number, epoch=epoch, rows=(row("a"),), events=(event("a"), broken)))
    assert (ledger.epoch(), list(ledger.documents(FIRST_GENERATION)), ledger.history()) == (0, [], [])
    ledger.commit(Commit(publication=number, epoch=epoch, rows=(row("a"),)))
    assert ledger.epoch() == epoch


def test_epoch_at_looks_back(ledger, me, publish):
    before = datetime.now(UTC)
    publish(ledger, me)
    between = datetime.now(UTC)
    publish(ledger, me)
    far = timezone(timedelta(hours=9))
    assert ledger.epoch_at(before - timedelta(seconds=1)) == 0
    assert ledger.epoch_at(between) == ledger.epoch_at(between.astimezone(far)) == 1
    assert ledger.epoch_at(datetime.now(UTC)) == 2


def test_generations_are_apart_and_switch_with_a_commit(ledger, me, row, publish):
    publish(ledger, me, row("a"))
    publish(ledger, me, row("a", version="2"), row("b"), generation="g2")
    assert (ledger.generation(), ledger.epoch()) == (FIRST_GENERATION, 2)
    assert ledger.versions(FIRST_GENERATION, "handbook") == {"a": ("1", "f" * 64)}
    publish(ledger, me, generation="g2", switch_to="g2")
    assert ledger.generation() == "g2"
    with pytest.raises(StateError, match="live"):
        ledger.drop_generation("g2")
    ledger.drop_generation(FIRST_GENERATION)
    assert [list(ledger.documents(g)) for g in (FIRST_GENERATION, "g2")] == [[], [row("a", version="2"), row("b")]]


def test_documents_of_one_source(ledger, me, row, publish):
    publish(ledger, me, row("a"), row("a", source="other"), row("b", source="other"))
    assert [r.id for r in ledger.documents(FIRST_GENERATION, "other")] == ["a", "b"]
    assert ledger.document(FIRST_GENERATION, "handbook", "b") is None
    assert ledger.versions(FIRST_GENERATION, "nobody") == {}


def test_documents_stay_as_of_the_first_row(database, ledger, me, row, publish):
    publish(ledger, me, *(row(f"{n:04d}") for n in range(2500)))
    reading = ledger.documents(FIRST_GENERATION)
    next(reading)
    gone = tuple(("handbook", f"{n:04d}") for n in range(1000, 2500))
    publish(database.open(), me, row("new"), removed=gone)
    assert sum(1 for _ in reading) == 2499
    assert len(ledger.versions(FIRST_GENERATION, "handbook")) == 1001


def test_a_reader_that_stops_half_way_is_in_nobodys_way(ledger, me, row, publish):
    publish(ledger, me, *(row(f"{n:04d}") for n in range(1500)))
    for _ in range(50):
        reading = ledger.documents(FIRST_GENERATION)
        next(reading)
        del reading
    publish(ledger, me, row("new"))
    assert ledger.document(FIRST_GENERATION, "handbook", "new") == row("new")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("setup.md", [("handbook", "setup.md"), ("handbook", "guide/setup.md"), ("other", "x-setup.md")]),
        ("guide/setup.md", [("handbook", "guide/setup.md")]),
        ("handbook/setup.md", [("handbook", "setup.md")]),
        ("other/x-setup.md", [("other", "x-setup.md")]),
        ("her/x-setup.md", []),
        ("SETUP.md", []),
        ("%", []),
        ("p.m_", []),
        (ODD, [("handbook", ODD)]),
        (ODD[3:], [("handbook", ODD)]),
        ("longer than any id that is known here" * 9, []),
        ("", []),
    ],
)
def test_find(ledger, me, row, publish, text, found):
    names = ("guide/setup.md", "setup.md", "setup.mdx", ODD)
    publish(ledger, me, *map(row, names), row("x-setup.md", source="other"))
    publish(ledger, me, row("setup.md"), generation="g2")
    assert [(r.source, r.id) for r in ledger.find(FIRST_GENERATION, text)] == found


def test_touch(ledger, me, row, publish, noon):
    publish(ledger, me, row("a"), row("b"), row(ODD), row("a", source="other"))
    later = noon + timedelta(days=1)
    ledger.touch(FIRST_GENERATION, "handbook", {"a": "1", ODD: ODD, "unknown": "7"}, later)
    ledger.touch(FIRST_GENERATION, "handbook", {}, later)
    assert {(r.source, r.id): r for r in ledger.documents(FIRST_GENERATION)} == {
        ("handbook", "a"): row("a", verified_at=later),
        ("handbook", ODD): row(ODD, version=ODD, verified_at=later),
        ("handbook", "b"): row("b"),
        ("other", "a"): row("a", source="other"),
    }


def test_set_access(ledger, me, row, publish):
    publish(ledger, me, row("a"), row("b"))
    ledger.set_access(FIRST_GENERATION, "handbook", "a", PUBLIC)
    ledger.set_access(FIRST_GENERATION, "handbook", "unknown", PUBLIC)
    assert list(ledger.documents(FIRST_GENERATION)) == [row("a", access=PUBLIC), row("b")]


def test_history_is_newest_first_and_narrowed(ledger, event):
    first = [event(str(n)) for n in range(3000)]
    ledger.record(iter(first))
    second = [event("1", source="other", at=first[0].at - timedelta(days=9)), event("1", outcome="removed")]
    ledger.record(second)
    assert ledger.history(limit=5000) == list(reversed(first + second))
    assert ledger.history(limit=2) == list(reversed(second))
    assert ledger.history(source="other") == second[:1]
    assert ledger.history(document="1") == [*reversed(second), first[1]]
    assert ledger.history(source="handbook", document="1") == [second[1], first[1]]
    ledger.record([])


def test_failures(ledger, me, noon):
    def failure(document, **changed):
        values = {"source": "s", "version": "1", "fingerprint": "f", "error": "BrokenFileError", "reason": "damaged"}
        values |= {"retriable": False, "attempts": 1, "first_at": noon, "last_at": noon, **changed}
        return Failure(document=document, **values)

    ledger.save_failures("g1", [failure("b"), failure(ODD), failure("a", source="t")])
    ledger.save_failures("g1", [failure("b", attempts=2, last_at=noon + timedelta(hours=1), retriable=True)])
    ledger.save_failures("g2", iter([failure("b")]))
    ledger.save_failures("g2", [])
    again = failure("b", attempts=2, last_at=noon + timedelta(hours=1), retriable=True)
    assert {f.document: f for f in ledger.failures("g1", "s")} == {"b": again, ODD: failure(ODD)}
    assert len(ledger.failures("g1")) == 3
    ledger.clear_failures("g1", [("s", "b"), ("s", "unknown"), ("s", ODD)])
    ledger.clear_failures("g1", [])
    assert ledger.failures("g1") == [failure("a", source="t")]
    ledger.drop_generation("g2")
    assert (ledger.failures("g2"), len(ledger.failures("g1"))) == ([], 1)


def test_sources(ledger, noon):
    plain = SourceRow(name="b", kind="folder", adhoc=True)
    full = SourceRow(
        name="a",
        kind="web",
        adhoc=False,
        documents=7,
        checkpoint=b"\0\xff",
        last_complete=noon,
        last_success=noon + timedelta(seconds=1),
        last_error=ODD,
    )
    ledger.save_source(plain)
    ledger.save_source(full)
    assert ledger.sources() == [full, plain]
    ledger.save_source(replace(full, checkpoint=None, last_error=""))
    ledger.forget_source("b")
    ledger.forget_source("unknown")
    assert ledger.sources() == [replace(full, checkpoint=None, last_error="")]


def test_blocks(ledger, noon):
    first, second = Block("s", "a", "wrong", noon), Block("s", ODD, ODD, noon)
    ledger.block(second)
    ledger.block(first)
    ledger.block(replace(first, reason="still wrong"))
    assert ledger.blocks() == [replace(first, reason="still wrong"), second]
    assert [ledger.unblock("s", ODD), ledger.unblock("s", ODD), ledger.unblock("t", "a")] == [True, False, False]
    assert [b.document for b in ledger.blocks()] == ["a"]


def test_runs(ledger):
    for n in range(5):
        ledger.save_run(f"run-{n}", {"n": n, "problems": [{"document": ODD}]})
    ledger.save_run("run-1", {"n": "again"})
    newest = {"run": "run-4", "n": 4, "problems": [{"document": ODD}]}
    assert ledger.runs(limit=1) == [newest]
    assert [run["n"] for run in ledger.runs()] == [4, 3, 2, "again", 0]


def test_what_was_learned_of_a_source(ledger):
    assert ledger.learned("help", "furniture") is None
    ledger.learn("help", "furniture", {"texts": ["Was this helpful?"]})
    ledger.learn("help", "furniture", {"texts": []})
    assert ledger.learned("help", "furniture") == {"texts": []}
    assert ledger.learned("notes", "furniture") is None
    ledger.forget_source("help")
    assert ledger.learned("help", "furniture") is None


def test_likenesses_are_of_live_documents_in_the_version_compared(ledger, me, row, publish):
    publish(ledger, me, row("a.md"), row("b.md"), row("c.md"))
    live = {document.id: document for document in ledger.documents(FIRST_GENERATION)}
    source = live["a.md"].source

    def like(id, cluster, canonical=False):
        return Likeness(
            source=source, document=id, publication=live[id].publication, signature=b"\0\1", cluster=cluster,
            canonical=canonical,
        )  # fmt: skip

    ledger.save_likenesses(FIRST_GENERATION, [like("a.md", "x", True), like("b.md", "x"), like("c.md", "")])
    assert [one.document for one in ledger.likenesses(FIRST_GENERATION)] == ["a.md", "b.md", "c.md"]
    pairs = [(source, id) for id in live]
    assert [one.document for one in ledger.clustered(FIRST_GENERATION)] == ["a.md", "b.md"]
    assert ledger.clustered(FIRST_GENERATION, ["y"]) == []
    assert ledger.alike(FIRST_GENERATION, pairs) == {(source, "a.md"): "x", (source, "b.md"): "x"}
    assert ledger.canonicals(FIRST_GENERATION, ["x", ""]) == {"x": (source, "a.md")}
    publish(ledger, me, row("a.md", publication=live["c.md"].publication + 7))
    assert [one.document for one in ledger.likenesses(FIRST_GENERATION)] == ["b.md", "c.md"]
    assert ledger.canonicals(FIRST_GENERATION, ["x"]) == {}
