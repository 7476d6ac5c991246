"""How fresh the files of a git repository are on every day, computed from what the git program prints and no code of
ours, except that both follow the rules that are documented.

A file changed when the last commit was made that touched it. That time counts where it can be true: after the look
before the one that found the change, and not after that one; else only the earlier look is known to have been before.
"""

import subprocess
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import yaml

DAY = timedelta(days=1)
MOST_LAG, RECENT = timedelta(hours=24), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Expected:
    """Of one document at one moment."""

    lag: timedelta | None
    exact: bool
    age: timedelta
    dated: datetime
    due: datetime | None
    pipeline: str
    content: str


@dataclass(frozen=True, slots=True)
class _File:
    """As it was last found: `after` is None for what was there at the first look."""

    commit: str
    blob: str
    changed: datetime
    after: datetime | None
    searchable: datetime
    reviewed: date | None
    review_in: str

    @property
    def exact(self) -> bool:
        return self.after is not None and self.after < self.changed <= self.searchable

    @property
    def lag(self) -> timedelta | None:
        if self.after is None:
            return None
        return self.searchable - (self.changed if self.exact else self.after)


@dataclass(slots=True)
class Truth:
    """`look` follows the repository; `max_age` is in days, None where the kind of the documents has none."""

    repository: Path
    max_age: int | None
    suffix: str = ".md"
    files: dict[str, _File] = field(default_factory=dict)
    looked: datetime | None = None
    head: str = ""

    def git(self, *arguments: str) -> str:
        ran = subprocess.run(["git", "--git-dir", self.repository, *arguments], capture_output=True, check=True)
        return ran.stdout.decode("utf-8", "surrogateescape")

    def last_commit(self, branch: str, until: datetime) -> str:
        """Where the branch stood at that moment."""
        line = self.git("log", "--first-parent", "--format=%H %ct", branch).split("\n")
        stood = (entry.split() for entry in line if entry)
        return next(commit for commit, when in stood if int(when) <= until.timestamp())

    def look(self, commit: str, at: datetime) -> int:
        """What there is in `commit` is searchable from `at` on; how many documents came, changed or went."""
        before = self.files
        touched = set(self._touched(commit)) if self.head else None
        now: dict[str, _File] = {}
        for path, blob in self._tree(commit):
            known = before.get(path)
            if known is not None and touched is not None and path not in touched:
                now[path] = known
            else:
                now[path] = self._found(commit, path, blob, known, at)
        changed = sum(now.get(path) != before.get(path) for path in now.keys() | before.keys())
        self.files, self.looked, self.head = now, at, commit
        return changed

    def expected(self, at: datetime) -> dict[str, Expected]:
        return {path: self._at(one, at) for path, one in self.files.items()}

    # from git -------------------------------------------------------------------------------------------------

    def _tree(self, commit: str) -> Iterator[tuple[str, str]]:
        for line in self.git("ls-tree", "-r", "-z", commit).split("\0"):
            if line:
                about, _, path = line.partition("\t")
                mode, _, blob = about.split(" ")
                hidden = any(part.startswith(".") for part in path.split("/"))
                if path.endswith(self.suffix) and not hidden and mode in ("100644", "100755"):
                    yield path, blob

    def _touched(self, commit: str) -> Iterator[str]:
        """What differs between the two trees, and what any commit between them touched."""
        if commit == self.head:
            return
        yield from self.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", self.head, commit).split("\0")
        between = ("log", "-m", "-z", "--name-only", "--no-renames", "--format=", f"{self.head}..{commit}")
        yield from (name.removeprefix("\n") for name in self.git(*between).split("\0"))

    def _found(self, commit: str, path: str, blob: str, known: _File | None, at: datetime) -> _File:
        last, when = self.git("log", "-1", "--no-renames", "--format=%H %ct", commit, "--", path).split()
        if known is not None and (known.commit, known.blob) == (last, blob):
            return known
        reviewed, review_in = _front_matter(self.git("show", blob))
        return _File(last, blob, datetime.fromtimestamp(int(when), UTC), self.looked, at, reviewed, review_in)

    # from the rules -------------------------------------------------------------------------------------------

    def _at(self, one: _File, at: datetime) -> Expected:
        known = one.reviewed if one.reviewed is not None and _midnight(one.reviewed) <= at + DAY else None
        dated = max(one.changed, _midnight(known)) if known else one.changed
        promised, due = True, None
        if one.reviewed is not None and one.review_in:
            due = _midnight(months_later(one.reviewed, one.review_in)) if known else None
        elif self.max_age is not None:
            due = dated + self.max_age * DAY
        else:
            promised = False
        content = "no promise" if not promised else "unknown" if due is None else "kept"
        if due is not None and (at >= due + DAY if due.time() == time() else at > due):
            content = "broken"
        return Expected(one.lag, one.exact, at - one.changed, dated, due, self._pipeline(one, at), content)

    def _pipeline(self, one: _File, at: datetime) -> str:
        assert self.looked is not None
        if one.lag is not None and one.lag > MOST_LAG and at - one.searchable <= RECENT:
            return "broken" if one.exact else "unknown"
        return "kept" if at - self.looked <= MOST_LAG else "unknown"


def months_later(day: date, interval: str) -> date:
    """`6 months` after it: the same day of that month, or its last."""
    number, unit = interval.split()
    assert unit in ("month", "months"), interval
    year, month = divmod(day.year * 12 + day.month - 1 + int(number), 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def front_matter(text: str) -> dict[str, object]:
    """Between the first line and the next `---`, as YAML has it."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        return {}
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
    try:
        found = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _front_matter(text: str) -> tuple[date | None, str]:
    found = front_matter(text)
    reviewed = found.get("last_reviewed_on")
    return (reviewed if isinstance(reviewed, date) else None), str(found.get("review_in", "")).strip()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def year_before(last: date, hour: int = 0) -> Sequence[datetime]:
    """Every day of the year that ends with `last`, at that hour."""
    return [datetime.combine(last - days * DAY, time(hour), UTC) for days in range(365, -1, -1)]
