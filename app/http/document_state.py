"""How one document stands: what is kept of it, what is searchable, what went wrong."""

from typing import Literal, TypeAlias

from pydantic import BaseModel

from app.http.node import Node
from connectors.push import PushConnector
from headwater.ledger.base import DocumentRow, Failure
from headwater.ledger.pushed import Pushed
from headwater.ledger.waiting import DEAD, Waiting
from headwater.model import Quarantined

State: TypeAlias = Literal["waiting", "searchable", "failed", "quarantined", "blocked", "removed"]


class DocumentState(BaseModel):
    """`version` is what was put last, `searchable` whether that is what is found; other sources have no `version`.

    `state` is `waiting` until it was looked at. `reason` says what is in the way. `epoch` is that of the newest
    publication that it was in; `findings` are sentences about what was put that could not be taken as it was said.
    """

    source: str
    document: str
    state: State
    reason: str = ""
    version: str = ""
    searchable: bool = False
    chunks: int = 0
    epoch: int = 0
    changed_at: str | None = None
    findings: list[str] = []


def state_of(node: Node, source: str, id: str) -> DocumentState | None:
    """None for what nobody knows."""
    ledger, generation = node.opened.ledger, node.opened.generation
    waiting, kept = ledger.waiting_of(source, id), ledger.pushed(source, id)
    live = ledger.document(generation, source, id)
    failure = next(iter(ledger.failures_named(generation, [(source, id)])), None)
    block = next((one.reason for one in ledger.blocks() if (one.source, one.document) == (source, id)), None)
    past = ledger.history(source, id, limit=20)
    if not (waiting or kept or live or failure or block is not None or past):
        return None
    current = live is not None and _is_current(node, live, kept)
    state, reason = _standing(waiting, failure, block, kept, live, current=current)
    return DocumentState(
        source=source,
        document=id,
        state=state,
        reason=reason,
        version=kept.version if kept is not None and kept.removed_at is None else "",
        searchable=current,
        chunks=live.chunks if live is not None else 0,
        epoch=next((event.epoch for event in past if event.epoch), 0),
        changed_at=past[0].at.isoformat() if past else None,
        findings=_findings(live),
    )


def _standing(
    waiting: Waiting | None,
    failure: Failure | None,
    block: str | None,
    kept: Pushed | None,
    live: DocumentRow | None,
    *,
    current: bool,
) -> tuple[State, str]:
    told = kept is not None and current  # whatever waits was put before, or is being finished
    if waiting is not None and waiting.state != DEAD and not told:
        return "waiting", waiting.error
    if block is not None:
        return "blocked", block
    if failure is not None:
        return "quarantined" if failure.error == Quarantined.__name__ else "failed", failure.reason
    if current and (told or waiting is None):
        return "searchable", ""
    if waiting is not None:
        return "failed", waiting.error
    gone = kept.removed_at is not None if kept is not None else live is None
    return ("removed", "") if gone and live is None else ("waiting", "the next run looks at it")


def _is_current(node: Node, live: DocumentRow, kept: Pushed | None) -> bool:
    if kept is None:
        return True
    configured = node.settings.source(kept.source)
    connector = node.opened.connector(configured) if configured is not None else None
    if kept.removed_at is not None or not isinstance(connector, PushConnector):
        return False
    return live.version == connector.version(kept.version)


def _findings(live: DocumentRow | None) -> list[str]:
    found = [] if live is None else [live.meta.get(name, ()) for name in ("access_findings", "findings")]
    return [sentence for sentences in found if isinstance(sentences, tuple) for sentence in sentences]
