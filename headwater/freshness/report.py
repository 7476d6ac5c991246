"""The freshness report: how everything stood at a moment, worst first."""

import gc
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from headwater.errors import ConfigError
from headwater.freshness import distribution
from headwater.freshness.acknowledged import separated
from headwater.freshness.audited import audit_findings
from headwater.freshness.dead_links import dead_links
from headwater.freshness.directory import Directory, Name
from headwater.freshness.document_findings import document_findings
from headwater.freshness.headline import headline, owner_standings
from headwater.freshness.relations import conflicting_dates, superseded
from headwater.freshness.sources import SHOWN_DAYS, Lag, Tally, lag_of, source_findings, source_standing
from headwater.freshness.standing import Moment, Trouble, document_standing, missing_standing
from headwater.freshness.terms import Terms, terms_for
from headwater.freshness.troubles import removals_withheld, troubles_at, troubles_now
from headwater.freshness.values import DocumentStanding, Finding, PutAside, Report, Severity, SourceStanding
from headwater.freshness.wording import counted, moment
from headwater.ledger.acknowledged import ACKNOWLEDGED, SNOOZED
from headwater.ledger.base import Ledger, SourceRow
from headwater.ledger.standing import CONTENT, NEW, Listing, Standing
from headwater.metadata.dates import reachable

_SEARCHED_DAYS = 30
_LOOKS_BACK = timedelta(days=90)
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
"""Of any moment before, there is as little to say."""


@dataclass(slots=True)
class _Made:
    """What is gathered while documents pass by."""

    documents: list[DocumentStanding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    directory: Directory = field(default_factory=Directory)
    tallies: dict[str, Tally] = field(default_factory=dict)

    def add(self, one: DocumentStanding) -> None:
        self.documents.append(one)
        tally = self.tallies.get(one.source)
        if tally is None:
            tally = self.tallies[one.source] = Tally()
        tally.add(one)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Pause the garbage collector: a million small values have no cycles, and looking for some takes a second."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Reporter:
    """Makes one report; `at` in the past is answered from the history, in the future as promises will stand then."""

    def __init__(
        self,
        ledger: Ledger,
        generation: str,
        terms: Mapping[str, Terms],
        contacts: Mapping[str, str],
        *,
        now: datetime,
        at: datetime | None = None,
        only: Collection[str] | None = None,
    ) -> None:
        """`contacts`: owner to where findings go; `only`: these sources."""
        self._ledger = ledger
        self._generation = generation
        self._terms = terms
        self._contacts = contacts
        if at is not None and at.tzinfo is None:
            raise ValueError(f"{at.isoformat()} has no time zone")
        self._now = now
        self._at = max(_EARLIEST, reachable(at).astimezone(UTC)) if at is not None else now
        self._past = self._at < now
        self._rows = {row.name: row for row in ledger.sources()}
        names = dict.fromkeys([*terms, *self._rows])
        self._names = [name for name in names if only is None or name in only]
        if unknown := [name for name in only or () if name not in names]:
            raise ConfigError(
                f"there is no source {unknown[0]!r}", advice=f"Known sources: {', '.join(names) or 'none'}."
            )
        self._looked = min(self._at, now)
        self._looks = self._looks_by_source()

    def report(self) -> Report:
        """Streams documents; keeps one small value of each."""
        with _no_collections():
            return self._report()

    def _report(self) -> Report:
        made, lags = _Made(), self._lags()
        troubles = troubles_at(self._ledger, self._at) if self._past else self._troubles_now()
        self._documents(made, troubles)
        sources = tuple(self._sources(made, lags))
        made.findings.extend(self._relations(made, troubles))
        known = self._ledger.acknowledgements(self._at if self._past else None)
        findings, aside = separated(sorted(made.findings, key=_worst_first), known, self._at)
        by_source: dict[str, Counter[str]] = {}
        for finding in findings:
            by_source.setdefault(finding.source, Counter())[finding.severity.word] += 1
        owners = owner_standings(made.documents, findings, self._contacts, [one.finding for one in aside])
        return Report(
            as_of=self._at,
            made_at=self._now,
            timezone=self._timezone(),
            epoch=self._ledger.epoch_at(self._looked),
            headline=headline(made.documents, owners),
            sources=tuple(replace(one, findings=dict(by_source.get(one.name, {}))) for one in sources),
            owners=owners,
            findings=findings,
            lag=distribution.lags(made.documents),
            age=distribution.ages(made.documents),
            documents=tuple(made.documents),
            notes=(*self._notes(made), *_aside_note(aside)),
            aside=aside,
        )

    # what the ledger says -------------------------------------------------------------------------------------

    def _looks_by_source(self) -> dict[str, list[Listing]]:
        found: dict[str, list[Listing]] = {}
        for look in self._ledger.listings(since=self._looked - _LOOKS_BACK, until=self._looked):
            if look.ended_at <= self._looked:
                found.setdefault(look.source, []).append(look)
        return found

    def _lags(self) -> dict[str, list[Lag]]:
        since = self._looked - timedelta(days=SHOWN_DAYS)
        found: dict[str, list[Lag]] = {}
        for change in self._ledger.changes(since=since, until=self._looked, what=(NEW, CONTENT), facts=False):
            found.setdefault(change.source, []).append(lag_of(change))
        return found

    def _troubles_now(self) -> dict[Name, Trouble]:
        return troubles_now(self._ledger, self._generation, self._names)

    def _standings(self) -> Iterator[Standing]:
        rows = self._ledger.standings_at(self._at) if self._past else self._ledger.standings(self._generation)
        wanted = frozenset(self._names)
        return (row for row in rows if row.source in wanted)

    def _moment(self, source: str) -> Moment:
        vouched = next((look.began_at for look in self._looks.get(source, ()) if look.vouched), None)
        row = self._rows.get(source)
        return Moment(at=self._at, looked=self._looked, vouched=vouched or self._before_looks(row))

    def _before_looks(self, row: SourceRow | None) -> datetime | None:
        """Older releases noted no looks, but when the last complete one ended."""
        return row.last_complete if row and row.last_complete and row.last_complete <= self._looked else None

    # the parts ------------------------------------------------------------------------------------------------

    def _documents(self, made: _Made, troubles: Mapping[Name, Trouble]) -> None:
        served = self._ledger.served(
            (self._looked - timedelta(days=_SEARCHED_DAYS)).date().isoformat(), self._looked.date().isoformat()
        )
        moments = {name: self._moment(name) for name in self._names}
        terms = {name: self._of(name) for name in self._names}
        live: set[Name] = set()
        for row in self._standings():
            name, at = (row.source, row.document), moments[row.source]
            trouble = troubles.get(name)
            if trouble is not None:
                live.add(name)
            one = document_standing(row, terms[row.source], at, trouble)
            if times := served.get(name):
                one = replace(one, served=times)
            made.add(one)
            made.directory.add(one, row)
            made.findings.extend(document_findings(one, row, terms[row.source], at))
        for (source, document), trouble in sorted(troubles.items()):
            if (source, document) not in live and source in moments and trouble.outcome != "tombstoned":
                one = missing_standing(source, document, terms[source], moments[source], trouble)
                made.add(one)
                made.findings.extend(document_findings(one, None, terms[source], moments[source]))

    def _sources(self, made: _Made, lags: Mapping[str, list[Lag]]) -> Iterator[SourceStanding]:
        for name in self._names:
            terms, removals = self._of(name), {} if self._past else removals_withheld(self._ledger, name)
            documents = removals.get("documents")
            one = source_standing(
                terms,
                None if self._past else self._rows.get(name),
                self._looks.get(name, ()),
                lags.get(name, ()),
                made.tallies.get(name, Tally()),
                len(documents) if isinstance(documents, list) else 0,
                self._looked,
            )
            made.findings.extend(source_findings(one, terms, removals, self._looked))
            yield one

    def _relations(self, made: _Made, troubles: Iterable[Name]) -> Iterator[Finding]:
        zones = {name: self._of(name).timezone for name in self._names}
        yield from superseded(made.directory, zones)
        if self._past:
            return
        documents = made.directory.documents
        yield from conflicting_dates(self._ledger.clustered(self._generation), documents, zones)
        whole = frozenset(name for name in self._names if (row := self._rows.get(name)) and row.last_complete)
        known = [*troubles, *((one.source, one.document) for one in self._ledger.blocks())]
        yield from dead_links(self._ledger.links(self._generation, unresolved=True), made.directory, whole, known)
        for name in self._names:
            yield from audit_findings(self._ledger, name, lambda source, id: documents.get((source, id)), self._blank)

    def _blank(self, source: str, document: str) -> DocumentStanding:
        trouble = Trouble(outcome="unknown", since=self._looked, reason="")
        return missing_standing(source, document, self._of(source), self._moment(source), trouble)

    def _of(self, name: str) -> Terms:
        row = self._rows.get(name)
        return terms_for(self._terms, name, row.kind if row else "")

    def _timezone(self) -> str:
        """That of the sources where they agree."""
        zones = {self._of(name).timezone for name in self._names}
        return zones.pop() if len(zones) == 1 else "UTC"

    def _notes(self, made: _Made) -> Iterator[str]:
        bounded = sum(one.lag is not None and not one.lag_exact for one in made.documents)
        if bounded:
            yield (
                f"Of {counted(bounded, 'document')} the source does not say when the last change was made: the longest "
                "that it can have taken to be searchable is counted."
            )
        if any(one.served for one in made.documents):
            yield "What was served while stale counts searches made through Headwater only, of the last 30 days."
        blocked = sum(block.source in self._names for block in self._ledger.blocks())
        if blocked and not self._past:
            were = "is" if blocked == 1 else "are"
            yield f"{counted(blocked, 'document')} that a person took out of search {were} left out."
        if self._past:
            yield "Of the past, near-duplicates, links and audits are not kept: their findings are left out."
            begins = self._ledger.history_begins()
            if begins is None or begins > self._at:
                known = f"before {moment(begins, self._timezone())}" if begins else "yet"
                yield f"Nothing is known {known}, when the history begins."
        elif self._at > self._now:
            yield f"Reviews as they will be due then; everything else as of {moment(self._now, self._timezone())}."


def _worst_first(finding: Finding) -> tuple[int, int, float, str, str, str]:
    """Critical first; of equals what concerns a whole source, then what lasts longest."""
    since = finding.since.timestamp() if finding.since is not None else float("inf")
    whole = int(bool(finding.document))
    return (-int(finding.severity), whole, since, finding.source, finding.document, finding.kind)


def _aside_note(aside: Sequence[PutAside]) -> Iterator[str]:
    if aside:
        count = Counter(one.acknowledgement.state for one in aside)
        said = ", ".join(f"{count[state]:,} {state}" for state in (ACKNOWLEDGED, SNOOZED) if count[state])
        are = "is" if len(aside) == 1 else "are"
        yield f"{counted(len(aside), 'finding')} {are} put aside ({said}); their documents count as they stand."


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The highest severity among them."""
    return max((finding.severity for finding in findings), default=None)
