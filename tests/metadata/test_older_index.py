"""An index that was made before a field could be filtered on gets its payload index when it is opened."""

import json
from pathlib import Path

import pytest
import qdrant_edge as edge

from headwater.index import edge_engine
from headwater.index.base import INTEGER_FIELDS, KEYWORD_FIELDS
from headwater.index.edge import EdgeStore

NEW = ("version_from", "version_to", "effective", "section")


def schema_of(folder: Path) -> set[str]:
    shard = edge.EdgeShard.load(str(folder))
    try:
        return set(shard.info().payload_schema)
    finally:
        shard.close()


def test_missing_payload_indexes_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr(edge_engine, "INTEGER_FIELDS", tuple(name for name in INTEGER_FIELDS if name not in NEW))
        older.setattr(edge_engine, "KEYWORD_FIELDS", tuple(name for name in KEYWORD_FIELDS if name not in NEW))
        store = EdgeStore(tmp_path / "index")
        store.open("g1", dimensions=4)
        store.close()
    before = schema_of(tmp_path / "index" / "g1")
    assert not before & set(NEW)
    store = EdgeStore(tmp_path / "index")
    index = store.open("g1", dimensions=4)
    index.flush()
    store.close()
    assert schema_of(tmp_path / "index" / "g1") == {*KEYWORD_FIELDS, *INTEGER_FIELDS}
    assert json.loads((tmp_path / "index" / "g1" / "edge_config.json").read_text())
