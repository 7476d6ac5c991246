"""What a source repeats is learned of a sample of its documents, ahead of the first chunk of any of them."""

from collections.abc import Callable, Container, MutableMapping
from dataclasses import replace

from headwater.errors import HeadwaterError, ParseError
from headwater.ingest.fingerprint import is_current
from headwater.ingest.look import fetch
from headwater.ingest.plan import Plan
from headwater.ingest.tools import Tools
from headwater.model import NotModified, RawDocument, Ref

KEPT_BYTES = 32 * 2**20
"""Bodies fetched ahead of their turn are kept up to this much in a run, so that they need no second fetch."""


def outdated(
    tools: Tools,
    plan: Plan,
    pending: Container[str],
    kept: MutableMapping[str, RawDocument],
    between: Callable[[], None],
) -> list[Ref]:
    """Unchanged documents that would come out otherwise by what was learned now.

    Bodies of `pending` documents that are fetched for it go into `kept`; `between` is called before each.
    """

    def sampled(id: str) -> RawDocument | None:
        between()
        try:
            raw = kept.get(id) or fetch(tools.connector, id)
        except HeadwaterError:
            return None
        if isinstance(raw, NotModified):
            return None
        if id in pending and sum(len(one.content) for one in kept.values()) < KEPT_BYTES:
            kept[id] = raw
        try:
            return replace(raw, media_type=tools.media_type(raw))
        except ParseError:
            return replace(raw, media_type="")

    listed = {ref.id: ref.content or ref.version for ref in (*plan.same, *plan.changed)}
    listed |= {failure.document: failure.version for failure in plan.failing}
    if tools.learn is None or not tools.learn(listed, sampled):
        return []
    live = tools.ledger.versions(tools.publisher.generation, tools.connector.name)
    # One that was removed meanwhile has nothing to come out otherwise.
    return [ref for ref in plan.same if ref.id in live and not is_current(live[ref.id][1], tools.fingerprint)]
