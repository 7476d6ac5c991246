"""Which breaches a receiver was told of, so that each is told once when it begins and once when it ends."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from headwater.freshness.values import Finding, Severity

ABSENT = 2
"""Reports in a row that a finding has to be absent from until it counts as ended: what comes and goes is told once."""
_TITLE = 160

Key: TypeAlias = tuple[str, str, str]
"""`Finding.key`: rule, source, document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A finding as far as it is remembered; `absent` counts the last reports without it, up to `ABSENT`.

    One that somebody put `aside` is told again when it comes back, and ends like any other.
    """

    key: Key
    severity: int
    title: str
    owner: str
    since: str
    told: bool = False
    absent: int = 0
    aside: bool = False

    @staticmethod
    def of(finding: Finding) -> "Breach":
        return Breach(
            key=finding.key,
            severity=int(finding.severity),
            title=finding.title[:_TITLE],
            owner=finding.owner,
            since=finding.since.isoformat(timespec="minutes") if finding.since else "",
        )

    @property
    def over(self) -> bool:
        return self.absent >= ABSENT


@dataclass(frozen=True, slots=True)
class Tracked:
    """What one receiver knows; `as_of` is the moment of the newest report that was compared with it."""

    breaches: Mapping[Key, Breach] = field(default_factory=dict)
    as_of: datetime | None = None

    def after(
        self,
        findings: Iterable[Finding],
        least: Severity,
        as_of: datetime,
        covered: Callable[[str], bool],
        aside: Collection[Key] = (),
    ) -> "Tracked":
        """`covered` says whether the report speaks for a source; what it does not speak for stays as it was.

        What is put aside is not there to be told, and not over.
        """
        present = {one.key: one for one in findings if one.severity >= least}
        kept: dict[Key, Breach] = {}
        for key, breach in self.breaches.items():
            if key in present:
                told = breach.told and not breach.aside
                kept[key] = replace(breach, absent=0, severity=int(present[key].severity), told=told, aside=False)
            elif key in aside:
                if breach.told:
                    kept[key] = replace(breach, absent=0, aside=True)
            elif not covered(breach.key[1]):
                kept[key] = breach
            elif breach.severity >= least:
                kept[key] = replace(breach, absent=min(ABSENT, breach.absent + 1))
        kept.update({key: Breach.of(one) for key, one in present.items() if key not in kept})
        return Tracked(kept, as_of)

    def to_begin(self) -> frozenset[Key]:
        """Those that are there and were not told."""
        return frozenset(key for key, one in self.breaches.items() if not (one.told or one.absent or one.aside))

    def to_end(self) -> list[Breach]:
        """Those that are over; those of them that were never told began and ended while nothing could be delivered."""
        return sorted((one for one in self.breaches.values() if one.over), key=lambda one: (-one.severity, one.key))

    def told(self, keys: Iterable[Key]) -> "Tracked":
        changed = {key: replace(self.breaches[key], told=True) for key in keys}
        return replace(self, breaches={**self.breaches, **changed})

    def ended(self) -> "Tracked":
        return replace(self, breaches={key: one for key, one in self.breaches.items() if not one.over})

    def as_json(self) -> dict[str, Any]:
        """Compact, since there may be many."""
        lines = [
            [*one.key, one.severity, one.title, one.owner, one.since, int(one.told), one.absent, int(one.aside)]
            for one in self.breaches.values()
        ]
        return {"as_of": self.as_of.isoformat() if self.as_of else None, "breaches": lines}

    @staticmethod
    def of_json(value: Mapping[str, Any] | None) -> "Tracked":
        """Nothing known where nothing was kept."""
        if value is None:
            return Tracked()
        as_of = value.get("as_of")
        breaches = {one.key: one for one in _read(value.get("breaches", []))}
        return Tracked(breaches, datetime.fromisoformat(as_of) if as_of else None)


def _read(lines: Iterable[list[Any]]) -> Iterator[Breach]:
    for kind, source, document, severity, title, owner, since, told, absent, *aside in lines:
        yield Breach(
            key=(kind, source, document),
            severity=severity,
            title=title,
            owner=owner,
            since=since,
            told=bool(told),
            absent=absent,
            aside=any(aside),  # older releases did not write it
        )
