"""What this process counts and measures as it works, for Prometheus; labels are names of sources, and few words."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from headwater.inbox.inbox import Inbox
from headwater.ledger.standing import Listing
from headwater.ledger.waiting import Waiting

OTHER: Final = "(none)"
"""In place of what is no source: whoever sends to made-up addresses must not make up labels."""
_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SOON = (0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0)
_LONG = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 10_800.0, 21_600.0)


class Counted:
    """One registry of its own, so that nothing of it is global."""

    def __init__(self, sources: Collection[str]) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._sources = frozenset(sources)
        registry = self.registry
        ProcessCollector(namespace="headwater", registry=registry)
        self._answers = Counter(
            "headwater_http_answers", "Answers over HTTP, by status.", ["method", "status"], registry=registry
        )
        self._deliveries = Counter(
            "headwater_webhook_deliveries",
            "Webhook deliveries: accepted, duplicate, ignored, refused (not authentic), malformed or failed.",
            ["source", "answer"],
            registry=registry,
        )
        self._announced = Histogram(
            "headwater_announced_to_searchable_seconds",
            "From the first notice of a change (webhook, PUT) until what is searchable agreed with the source.",
            ["source"],
            buckets=_SOON,
            registry=registry,
        )
        self._searches = Histogram("headwater_search_seconds", "What a search took.", buckets=_QUICK, registry=registry)
        self._runs = Histogram(
            "headwater_run_seconds",
            "What runs of whole sources took, of any process, by outcome: complete, partial or failed.",
            ["source", "outcome"],
            buckets=_LONG,
            registry=registry,
        )

    def answered(self, method: str, status: int) -> None:
        known = method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS") else "other"
        self._answers.labels(known, str(status)).inc()

    def delivered(self, source: str, answer: str) -> None:
        self._deliveries.labels(self._known(source), answer).inc()

    def looked_at(self, source: str, seconds: float) -> None:
        self._announced.labels(self._known(source)).observe(max(0.0, seconds))

    def searched(self, seconds: float) -> None:
        self._searches.observe(seconds)

    def ran(self, listing: Listing) -> None:
        outcome = "failed" if listing.error else "complete" if listing.complete else "partial"
        seconds = (listing.ended_at - listing.began_at).total_seconds()
        self._runs.labels(self._known(listing.source), outcome).observe(max(0.0, seconds))

    def _known(self, source: str) -> str:
        return source if source in self._sources else OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedInbox(Inbox):
    """The inbox of a process that measures how long what was announced waited for its end."""

    counted: Counted

    def done(self, row: Waiting) -> bool:
        """As ever; a notice that came meanwhile is measured when it is done."""
        ours = Inbox.done(self, row)  # a slotted dataclass is made anew, so that super() does not find it
        if ours:
            self.counted.looked_at(row.source, (self.clock() - row.first_at).total_seconds())
        return ours
