"""What one run is to remove of its source, and how much of that is believed."""

from collections.abc import Iterable, Set

from headwater.clock import utc_now
from headwater.ingest.absence import TOMBSTONES, bury_no_more, confirmed_gone, is_approved, release, requested, withhold
from headwater.ingest.plan import Plan
from headwater.ingest.report import SourceReport
from headwater.ingest.tools import Tools
from headwater.model import RawDocument


class Removals:
    """`absent` are the documents to remove, with the hash of their content ("" where it does not matter).

    By its hash, a renamed document goes in the epoch in which its new name comes.
    """

    def __init__(
        self, tools: Tools, report: SourceReport, plan: Plan, *, whole: bool, overtaken: Set[str] = frozenset()
    ) -> None:
        """`overtaken`: looked at by somebody else since the listing began, who knows better whether they are gone."""
        self._overtaken = overtaken
        self.absent = _content_hashes(tools, report.source, [id for id in plan.absent if id not in overtaken])
        self._tools = tools
        self._report = report
        self._plan = plan
        self._whole = whole

    def renamed(self, new: set[str]) -> list[str]:
        """Those whose content is among these hashes, under another name."""
        return [id for id, content in self.absent.items() if content in new]

    def settle_unsure(self) -> list[RawDocument]:
        """Add, of documents that a listing merely lacks, those that are gone for sure, unless there are too many.

        Answers those that were asked for and are still there.
        """
        tools, source = self._tools, self._report.source
        bury_no_more(tools.ledger, source, self._plan.seen)
        unsure = [id for id in self._plan.unsure if id not in self.absent and id not in self._overtaken]
        if self._too_many({*self.absent, *unsure}):
            self.absent |= dict.fromkeys(unsure, "")
            return []
        found: list[RawDocument] = []
        gone = confirmed_gone(
            tools.connector,
            tools.ledger,
            unsure,
            now=utc_now(),
            complete=self._plan.complete,
            caution=tools.caution,
            found=found.append,
        )
        live = tools.ledger.documents_named(tools.publisher.generation, [(source, id) for id in gone])
        self.absent |= dict.fromkeys((id for id in gone if (source, id) in live), "")
        self._report.tombstones = len(tools.ledger.learned(source, TOMBSTONES) or {})
        return found

    def believed(self) -> list[str]:
        """What is removed now: everything, or what a person wants removed anyway where it is too much."""
        ledger, source, going = self._tools.ledger, self._report.source, set(self.absent)
        if not self._too_many(going):
            if self._whole:
                release(ledger, source)
            return list(self.absent)
        certain = self._certain(going)
        live = ledger.count(self._tools.publisher.generation, source)
        self._report.withhold(withhold(ledger, source, going - certain, live, utc_now()), len(going - certain))
        return [id for id in self.absent if id in certain]

    def _too_many(self, going: set[str]) -> bool:
        tools, source, going = self._tools, self._report.source, going - self._certain(going)
        if len(going) <= tools.caution.documents or is_approved(tools.ledger, source, going):
            return False
        return tools.caution.withholds(len(going), tools.ledger.count(tools.publisher.generation, source))

    def _certain(self, going: set[str]) -> set[str]:
        """Those that a person took out of search, or whoever put them there took back."""
        return going & (self._plan.banned | requested(self._tools.connector, going))


def _content_hashes(tools: Tools, source: str, ids: Iterable[str]) -> dict[str, str]:
    rows = tools.ledger.documents_named(tools.publisher.generation, [(source, id) for id in ids])
    return {id: str(row.meta.get("content_sha256", "")) for (_, id), row in rows.items()}
