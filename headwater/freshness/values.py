"""What the freshness report is made of: the standing of each document and source, findings, and their sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from headwater.ledger.acknowledged import Acknowledgement
from headwater.model import digest
from headwater.settings.promises import Promise

__all__ = [
    "Bucket", "Day", "DocumentStanding", "Finding", "FindingKind", "Headline", "Kept", "OwnerStanding", "Promise",
    "PutAside", "Report", "Severity", "SourceStanding",
]  # fmt: skip


_ID_LENGTH = 12


class Severity(IntEnum):
    """`NOTICE`: good to know; `WARNING`: an answer may be wrong; `CRITICAL`: answers are wrong, missing or leaking."""

    NOTICE = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class FindingKind(StrEnum):
    """The name of a rule, and of what it finds; part of the JSON that other programs read."""

    OVERDUE_REVIEW = "overdue_review"
    LAG_BREACH = "lag_breach"
    SOURCE_SILENT = "source_silent"
    UNVERIFIED = "unverified"
    FAILING = "failing"
    QUARANTINED = "quarantined"
    WITHHELD = "withheld"
    ORPHAN = "orphan"
    MISSING = "missing"
    WRONG_VERSION = "wrong_version"
    WRONG_ACCESS = "wrong_access"
    SUPERSEDED = "superseded"
    CONFLICTING_DATES = "conflicting_dates"
    DEAD_LINK = "dead_link"
    WRONG_CLOCK = "wrong_clock"


class Kept(StrEnum):
    """How a promise stands: `UNKNOWN` where what it is measured by is not stated, `NONE` where nothing was promised."""

    YES = "kept"
    NO = "broken"
    UNKNOWN = "unknown"
    NONE = "no promise"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStanding:
    """One document at the moment of the report.

    `changed_at` is when it last changed, as its source says; where the source does not say, the change came after
    `changed_after`, and `lag` is the most it can have been (`lag_exact` is false). Both are None for what was there
    when its source was first read. `due` is when its content needs a review: stated, or `review` after the last one,
    or `max_age` after `dated`, the newest date that its content or its review has. `outcome` is indexed, failing,
    quarantined, withheld, blocked or tombstoned, `outcome_since` from when on; `served` counts how often a search made
    through Headwater answered from it while it was not fresh, in the last 30 days.
    """

    source: str
    document: str
    title: str
    kind: str
    owner: str
    uri: str
    edit: str
    changed_at: datetime | None
    changed_after: datetime | None
    detected_at: datetime | None
    searchable_at: datetime | None
    verified_at: datetime | None
    lag: timedelta | None
    lag_exact: bool
    dated: datetime | None
    due: datetime | None
    due_by: str
    """What `due` follows from, in words: `stated`, `reviewed every 6 months`, `at most 180d old`."""
    age: timedelta | None
    pipeline: Kept
    content: Kept
    outcome: str = "indexed"
    outcome_since: datetime | None = None
    reason: str = ""
    attempts: int = 0
    next_retry: str = ""
    served: int = 0

    @property
    def within(self) -> bool:
        """Whether something was promised of it, and everything that was promised is known to be kept."""
        kept, none = Kept.YES, Kept.NONE
        if self.pipeline is kept:
            return self.content is kept or self.content is none
        return self.pipeline is none and self.content is kept

    @property
    def freshness(self) -> str:
        """`stale` when a promise is broken, `unknown` when one cannot be measured, `unpromised`, else `fresh`."""
        states = {self.pipeline, self.content}
        for state, word in ((Kept.NO, "stale"), (Kept.UNKNOWN, "unknown"), (Kept.YES, "fresh")):
            if state in states:
                return word
        return "unpromised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a person should do; `document` is empty where it concerns the source as a whole.

    `evidence` and `next_step` are sentences; `since` is from when on it is so, None where that is not known; `owner`
    is empty where nobody answers for it; `edit` is where the document is edited, empty where that is not known.
    """

    kind: FindingKind
    severity: Severity
    source: str
    document: str
    title: str
    owner: str
    uri: str
    edit: str
    since: datetime | None
    evidence: str
    next_step: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for the same trouble in every report."""
        return (self.kind.value, self.source, self.document)

    @property
    def id(self) -> str:
        """`key` in twelve characters, to be typed or to stand in an address."""
        return digest(*self.key)[:_ID_LENGTH]


@dataclass(frozen=True, slots=True)
class PutAside:
    """A finding that somebody knows of and does not want to be told again."""

    finding: Finding
    acknowledgement: Acknowledgement


@dataclass(frozen=True, slots=True)
class Day:
    """Changes of a source that became searchable on one day (of the source's time zone), and their lags."""

    date: str
    changes: int
    median: timedelta | None
    worst: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """One source at the moment of the report; `days` are the last 30, oldest first, days without a change included.

    `lag_median` and `lag_95` are over those days, None without a change. `changes_a_week` counts new and changed
    documents over the last four weeks, or since its first listing when that is less. `kept_share` is of the
    documents of which anything was promised, None without any.
    """

    name: str
    kind: str
    timezone: str
    documents: int
    within: int
    stale: int
    unknown: int
    kept_share: float | None
    last_complete: datetime | None
    last_success: datetime | None
    last_verified: datetime | None
    last_error: str
    failed_runs: int
    """Runs that failed since the last success."""
    failing: int
    quarantined: int
    tombstoned: int
    withheld: int
    changes_a_week: float | None
    lag_median: timedelta | None
    lag_95: timedelta | None
    max_lag: str
    days: tuple[Day, ...] = ()
    findings: Mapping[str, int] = field(default_factory=dict)
    """By severity word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerStanding:
    """What one owner answers for; `name` is empty for what nobody does, `contact` where none is configured."""

    name: str
    contact: str
    documents: int
    within: int
    overdue: int
    findings: Mapping[str, int] = field(default_factory=dict)
    """By severity word."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar of a distribution; `broken` of the `count` are beyond their promise."""

    label: str
    count: int
    broken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The sums of the report, each apart from the others; `sentence` says them to a person."""

    documents: int
    promised: int
    """Documents of which anything was promised."""
    within: int
    lag_kept: int
    lag_broken: int
    lag_unknown: int
    content_kept: int
    content_broken: int
    content_unknown: int
    """Documents without a date whose kind has a promise about age."""
    content_unpromised: int
    unowned: int
    owners_overdue: int
    served_stale: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything at `as_of`; findings worst first, documents by source and id.

    `findings` are the open ones, and so are those counted by severity; `aside` are those that somebody put aside. No
    other sum leaves them out.
    """

    as_of: datetime
    made_at: datetime
    timezone: str
    epoch: int
    headline: Headline
    sources: tuple[SourceStanding, ...]
    owners: tuple[OwnerStanding, ...]
    findings: tuple[Finding, ...]
    lag: tuple[Bucket, ...]
    age: tuple[Bucket, ...]
    documents: tuple[DocumentStanding, ...]
    notes: tuple[str, ...] = ()
    aside: tuple[PutAside, ...] = ()
