"""The same sweep and the same repair through the adapter of a Qdrant server."""

from pathlib import Path

from headwater.audit.examine import examine
from headwater.audit.mend import Mended, Mender
from headwater.audit.points import everything, sweep
from headwater.index.base import IndexIdentity, Point
from headwater.index.memory import MemoryStore
from headwater.index.points import point_id, point_ids
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.model import PUBLIC, Access
from headwater.publishing.publisher import Publisher
from tests.publishing.conftest import DIMENSIONS, SOURCE, document

SRE = Access(frozenset({"group:sre"}))


def test_on_a_server(tmp_path: Path) -> None:
    store, ledger, holder = MemoryStore(), open_ledger(tmp_path / "ledger.db"), this_process("test")
    generation = ledger.generation()
    index = store.open(generation, dimensions=DIMENSIONS)
    index.write_identity(IndexIdentity(ledger.identity(), "e", DIMENSIONS))
    publisher = Publisher(index, ledger, generation=generation, holder=holder, index_of=lambda _: index)
    publisher.stage([document("a", "one", "two", "three"), document("b", "four", "five", access=SRE)])
    publisher.publish()
    publisher.stage([document("c", "six", "seven")])
    publisher.publish()
    before = {point.id: dict(point.payload) for point in index.scroll(everything(None))}
    rows = {row.id: row for row in ledger.documents(generation)}
    ids = {id: point_ids(row.publication, SOURCE, id, row.chunks) for id, row in rows.items()}
    assert not sweep(index, ledger, generation, None, print).suspects

    index.set_access(ids["b"][:1], PUBLIC)
    index.stamp(ids["a"][1:], to=1)
    index.stamp(ids["c"][:1], from_=10**9)
    (point,) = index.retrieve(ids["c"][1:], vectors=True)
    assert point.dense is not None
    assert point.sparse is not None
    ghost = point_id(1, SOURCE, "ghost", 0)
    payload = {**point.payload, "document": "ghost", "publication": 1, "position": 0}
    index.upsert([Point(ghost, point.dense, point.sparse, payload)])

    found = sweep(index, ledger, generation, SOURCE, print)
    assert {id for _, id in found.suspects} == {"a", "b", "c", "ghost"}
    assert found.points == found.counted == 8
    mender, mended = Mender(index, ledger, generation, holder, lambda _: index), Mended()
    mender.refuse_older_ledger()
    mender.close_leaks([(SOURCE, "b")], mended)
    mender.set_right(sorted(found.suspects), mended)
    mender.delete_hidden()
    assert mended == Mended(narrowed=1, stamped=3, deleted=1)
    assert {point.id: dict(point.payload) for point in index.scroll(everything(None))} == before
    assert not sweep(index, ledger, generation, None, print).suspects
    assert not any(one.findings for one in examine(index, ledger, generation, [(SOURCE, id) for id in rows]))
    ledger.close()
    store.close()
