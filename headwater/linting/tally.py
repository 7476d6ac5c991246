"""What was found, counted against what was looked at, with examples."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from headwater.linting.rules import RULES, Finding

LONGEST_TEXT = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """`count` findings `among` so many; `examples` are the first of them."""

    rule: str
    count: int
    among: int
    examples: tuple[Finding, ...] = ()

    @property
    def rate(self) -> float:
        """0 where there was nothing to look at."""
        return self.count / self.among if self.among else 0.0


@dataclass(slots=True)
class Tally:
    """Adds up; keeps at most `examples` findings of each rule, from as many documents as possible."""

    examples: int
    _among: Counter[str] = field(default_factory=Counter)
    _found: Counter[str] = field(default_factory=Counter)
    _kept: dict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    _further: dict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))

    def among(self, counts: Mapping[str, int]) -> None:
        """Add to what the findings of a rule are counted among."""
        self._among.update(counts)

    def add(self, findings: Iterable[Finding]) -> None:
        """Of one document."""
        shown: set[str] = set()
        for finding in findings:
            self._found[finding.rule] += 1
            kept = (self._further if finding.rule in shown else self._kept)[finding.rule]
            shown.add(finding.rule)
            if len(kept) < self.examples:
                kept.append(finding)

    def counts(self) -> list[Count]:
        """Of every rule that had anything to look at, in the order of the rules."""
        return [
            Count(
                rule=rule.name,
                count=self._found[rule.name],
                among=self._among[rule.name],
                examples=tuple([*self._kept[rule.name], *self._further[rule.name]][: self.examples]),
            )
            for rule in RULES
            if self._among[rule.name]
        ]


def shortened(text: str) -> str:
    """On one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1].rstrip() + "…"
