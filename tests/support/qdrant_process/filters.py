"""Filters and points as Qdrant's REST API writes them, to those of the embedded engine."""

from collections.abc import Mapping, Sequence
from typing import Any

import qdrant_edge as edge

Body = Mapping[str, Any]


class UnknownError(Exception):
    """Something that this process does not answer; a real server may."""


def to_filter(body: Body | None) -> edge.Filter:
    """No filter matches everything, as there."""
    body = body or {}
    _only(body, "must", "must_not", "should")
    parts = {name: [_condition(one) for one in _listed(body[name])] for name in body if body[name] is not None}
    return edge.Filter(**parts)


def _condition(body: Body) -> Any:
    if "has_id" in body:
        _only(body, "has_id")
        return edge.HasIdCondition(set(body["has_id"]))
    if "key" not in body:
        return to_filter(body)
    _only(body, "key", "match", "range")
    if body.get("range") is not None:
        return edge.FieldCondition(body["key"], range=edge.RangeFloat(**body["range"]))
    match = body["match"]
    _only(match, "any", "value")
    found = edge.MatchAny(match["any"]) if "any" in match else edge.MatchValue(match["value"])
    return edge.FieldCondition(body["key"], match=found)


def to_point(body: Body) -> edge.Point:
    vectors = {
        name: edge.SparseVector(vector["indices"], vector["values"]) if isinstance(vector, Mapping) else vector
        for name, vector in (body.get("vector") or {}).items()
    }
    return edge.Point(body["id"], vectors, body.get("payload") or {})


def from_record(record: edge.Record, *, vectors: bool) -> Body:
    found: dict[str, Any] = {"id": str(record.id), "payload": record.payload}
    if vectors:
        stored = record.vector if isinstance(record.vector, dict) else {}
        found["vector"] = {name: _from_vector(vector) for name, vector in stored.items()}
    return found


def _from_vector(vector: Any) -> Any:
    if isinstance(vector, edge.SparseVector):
        return {"indices": list(vector.indices), "values": list(vector.values)}
    return list(vector)


def to_request(body: Body) -> edge.QueryRequest:
    """One search by the nearest vector, over a corpus for the inverse document frequency if one is given."""
    _only(body, "query", "using", "filter", "params", "limit", "with_payload")
    nearest = body["query"]["nearest"]
    if isinstance(nearest, Mapping):
        nearest = edge.SparseVector(nearest["indices"], nearest["values"])
    params = body.get("params") or {}
    _only(params, "exact", "idf")
    corpus = params.get("idf")
    idf = None if corpus is None else edge.IdfParams(corpus=to_filter(corpus["corpus"]))
    return edge.QueryRequest(
        limit=body["limit"],
        query=edge.Query.Nearest(nearest, using=body["using"]),
        filter=to_filter(body.get("filter")),
        params=edge.SearchParams(exact=params.get("exact"), idf=idf),
        with_payload=body.get("with_payload", False),
    )


def _listed(found: Any) -> Sequence[Any]:
    return found if isinstance(found, list) else [found]


def _only(body: Body, *known: str) -> None:
    unknown = [name for name in body if name not in known and body[name] is not None]
    if unknown:
        raise UnknownError(f"this process does not know {unknown}")
