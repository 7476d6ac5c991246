"""What a search asks of the few documents that it hands out, on every database in `conftest.database`."""

from datetime import timedelta

from headwater.ledger.base import Failure
from headwater.ledger.standing import Listing

ODD = "caf\udce9/\0\ud800x.md"


def failure(document, noon, **changed):
    values = {"source": "s", "version": "1", "fingerprint": "f", "error": "BrokenFileError", "reason": "damaged"}
    values |= {"retriable": False, "attempts": 1, "first_at": noon, "last_at": noon, **changed}
    return Failure(document=document, **values)


def test_failures_of_some_documents(ledger, noon):
    made = [failure(name, noon) for name in ("a", "b", ODD)] + [failure("a", noon, source="t")]
    ledger.save_failures("g1", made)
    ledger.save_failures("g2", [failure("c", noon)])
    names = [("t", "a"), ("s", ODD), ("s", "a"), ("s", "a"), ("s", "c"), ("u", "a")]
    assert ledger.failures_named("g1", names) == [made[0], made[2], made[3]]
    assert ledger.failures_named("g1", []) == []
    many = [failure(f"{number:04}", noon) for number in range(1_000)]
    ledger.save_failures("g3", many)
    assert ledger.failures_named("g3", [("s", one.document) for one in many]) == many


def test_the_newest_look_that_spoke_for_every_document(ledger, noon):
    looks = [("a", 1, True), ("a", 2, True), ("a", 3, False), ("b", 1, False), (ODD, 4, True)]
    for source, hour, vouched in looks:
        began = noon + timedelta(hours=hour)
        ledger.note_listing(
            Listing(source=source, run="r", began_at=began, ended_at=began, complete=True, vouched=vouched)
        )
    assert ledger.vouched(["a", "b", "c", ODD]) == {"a": noon + timedelta(hours=2), ODD: noon + timedelta(hours=4)}
    assert ledger.vouched([]) == {}
