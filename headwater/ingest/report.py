"""What became of a run: counts per source, and every document that needs a person."""

from dataclasses import asdict, dataclass, field
from typing import Any

from headwater.model import Failed, Indexed, Outcome, Quarantined, Removed, Skipped, Unchanged


@dataclass(frozen=True, slots=True)
class Problem:
    """One document (or, with an empty name, a whole source) that a person should look at."""

    source: str
    document: str
    outcome: str
    reason: str
    advice: str = ""


@dataclass(slots=True)
class SourceReport:
    """Counts of one source in one run; `error` is set when the source failed as a whole."""

    source: str
    indexed: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: int = 0
    failed: int = 0
    quarantined: int = 0
    withheld: int = 0
    tombstones: int = 0
    chunks: int = 0
    embedded: int = 0
    reused: int = 0
    hidden: int = 0
    """Documents indexed of which something was left out that their readers do not see."""
    seconds: float = 0.0
    error: str = ""
    coverage: dict[str, dict[str, int]] = field(default_factory=dict)
    """By field of the schema: how many of the live documents state it."""
    problems: list[Problem] = field(default_factory=list)

    def count(self, document: str, outcome: Outcome) -> None:
        """Add one document's outcome, keeping those that need a person."""
        match outcome:
            case Indexed(chunks, embedded, reused):
                self.indexed += 1
                self.chunks += chunks
                self.embedded += embedded
                self.reused += reused
            case Unchanged():
                self.unchanged += 1
            case Removed():
                self.removed += 1
            case Skipped(reason):
                self.skipped += 1
                self._problem(document, "skipped", reason)
            case Failed(error, reason):
                self.failed += 1
                self._problem(document, "failed", f"{error}: {reason}")
            case Quarantined(finding):
                self.quarantined += 1
                self._problem(document, "quarantined", finding)

    def fail(self, message: str, advice: str) -> None:
        """The source as a whole could not be ingested; what is live of it stays."""
        self.error = message
        self.problems.append(Problem(self.source, "", "failed", message, advice))

    def withhold(self, finding: str, documents: int) -> None:
        """So many removals wait for a person."""
        self.withheld += documents
        advice = f"If that is right: headwater approve {self.source}"
        self.problems.append(Problem(self.source, "", "withheld", finding, advice))

    def note(self, document: str, finding: str) -> None:
        """Something about an indexed document that a person should know (an access rule that failed closed)."""
        self._problem(document, "indexed", finding)

    def _problem(self, document: str, outcome: str, reason: str) -> None:
        self.problems.append(Problem(self.source, document, outcome, reason))

    @property
    def handled(self) -> int:
        return self.indexed + self.unchanged + self.removed + self.skipped + self.failed + self.quarantined

    def as_json(self) -> dict[str, Any]:
        """The counts, without the problems; the shape documented for `ingest --json`."""
        counts = asdict(self)
        counts.pop("problems")
        if not counts["error"]:
            counts.pop("error")
        counts["seconds"] = round(self.seconds, 3)
        return counts


@dataclass(slots=True)
class RunReport:
    """A whole run; `notes` concern no single document (a source that left the configuration)."""

    run: str
    epoch: int = 0
    seconds: float = 0.0
    sources: list[SourceReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        return [problem for source in self.sources for problem in source.problems]

    @property
    def exit_code(self) -> int:
        """0 all well, 1 a source failed as a whole, 3 finished but some documents failed or are held back."""
        if any(source.error for source in self.sources):
            return 1
        return 3 if any(source.failed or source.quarantined or source.withheld for source in self.sources) else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "epoch": self.epoch,
            "seconds": round(self.seconds, 3),
            "sources": [source.as_json() for source in self.sources],
            "problems": [asdict(problem) for problem in self.problems],
            "notes": list(self.notes),
        }
