"""What the headings and entries of release notes say: version, date, kind of change, product, and what breaks."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from headwater.metadata.dates import stated_date
from headwater.metadata.versions import version_key
from headwater.model import MetaValue

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"(?<![\w.-])(?:\d{{4}}([-/])\d{{1,2}}\1\d{{1,2}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[\s-]{_MONTH},?[\s-]\d{{4}})(?![\w-])",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"(?<![\w./-])(?:v\.?\s?)?(\d{1,6}(?:\.\d{1,10})+(?:\.x)?(?:[-.+]?(?:[a-z][a-z0-9]*)(?:[-.]?\d+)*)?)(?![\w/-])"
    r"|(?:\b(?:version|release|ver\.?)\s+v?|(?<!\w)v\.?\s?)(\d{1,6}(?:-[a-z]+(?:\.?\d+)*)?)(?![\w./])",
    re.IGNORECASE,
)
_GENERIC = frozenset({
    "a", "build", "change", "changelog", "changes", "feature", "for", "hotfix", "in", "maintenance", "major", "minor",
    "noteworthy", "significant", "user", "visible",
    "new", "notes", "of", "official", "on", "patch", "point", "release", "released", "releases", "security", "stable",
    "tag", "the", "update", "upgrade", "ver", "version", "versions", "what", "whats",
})  # fmt: skip
_TITLES = re.compile(
    r"(?:(?P<before>.+?)\s+(?:change\s?log|release\s+notes?|release\s+history|version\s+history|what.?s\s+new)"
    r"|(?:change\s?log|release\s+notes?|release\s+history|version\s+history|what.?s\s+new)\s+(?:for|of|in)\s+(?P<after>.+))",
    re.IGNORECASE,
)
_SECTIONS = (
    ("security", r"secur|vulnerabilit|cves?\b"),
    ("changed", r"breaking|backwards?.incompatib|incompatib"),
    ("deprecated", r"deprecat"),
    ("removed", r"remov|dropped|end.of.(?:life|support)"),
    ("known issues", r"known\s+(?:issue|problem|bug|limitation)"),
    ("fixed", r"fix|bug|resolved|patch|correct"),
    ("added", r"add|new\b|feature|introduc|feat\b"),
    ("changed", r"chang|improve|enhanc|updat|perf|refactor|modifi|upgrad"),
)
_GENERAL = "changed"
_SAYS = tuple((name, re.compile(rf"\W*(?:{words})", re.IGNORECASE)) for name, words in _SECTIONS)
_CONTAINS = tuple((name, re.compile(rf"\b(?:{words})", re.IGNORECASE)) for name, words in _SECTIONS)
_COMMIT = re.compile(r"[\W_]*(\w+)(?:\([^)]*\))?(!)?:\s")
_BREAKS = re.compile(
    r"(?<!non-)(?<!non )(?<!not a )(?<!no )\bbreaking[\s-]+chang|^\W*breaking\b|\bBREAKING\b"
    r"|\bbackwards?[\s-]+incompatible|\bbreaks\s+(?:backwards?|compatib|existing)",
)
_DATED = frozenset({"date", "day", "published", "shipped", "v"})
_SHORT_HEADING, _SHORT_LINE, _FEW_WORDS = 6, 90, 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one entry, or of the headings above it; "" is unknown."""

    version: str = ""
    date: str = ""
    section: str = ""
    breaking: bool = False

    def within(self, inner: "Facts") -> "Facts":
        """With what `inner` knows better: a version of its own comes with its own date."""
        # What stands above all releases ("Product updates") says nothing of one.
        first = bool(inner.version or inner.date) and not (self.version or self.date)
        return Facts(
            inner.version or self.version,
            inner.date or ("" if inner.version else self.date),
            inner.section or ("" if first else self.section),
            inner.breaking or self.breaking,
        )

    def metadata(self, product: str) -> dict[str, MetaValue]:
        found = {"product": product, "version": self.version, "date": self.date, "section": self.section}
        found["breaking"] = "yes" if self.breaking else ""
        return {name: value for name, value in found.items() if value}


def date_in(text: str) -> str:
    """The first date of a text, ISO 8601; "" without one."""
    found = _DATE.search(text)
    if not found:
        return ""
    words = found[0].replace(".", "").replace("Sept ", "Sep ").replace("sept ", "sep ")
    if re.fullmatch(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}", words):
        year, month, day = (int(part) for part in re.split(r"[-/]", words))
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            return ""
    try:
        return stated_date(words, "UTC").date().isoformat()
    except ValueError:
        return ""


def version_in(text: str) -> tuple[str, str]:
    """The first version of a text that is no date, and the words before it; empty without one."""
    plain = _DATE.sub(lambda found: " " * len(found[0]), text)
    for found in _VERSION.finditer(plain):
        version = (found[1] or found[2]).rstrip(".-")
        if version_key(version.removesuffix(".x")) is not None:
            return version, plain[: found.start()]
    return "", ""


class Headings:
    """Reads the headings of one document: a word before versions is the product when it keeps coming back."""

    def __init__(self, title: str, headings: Iterable[str]) -> None:
        self._title = frozenset(_words(title))
        befores = [before for version, before in map(version_in, headings) if version]
        common = Counter(" ".join(_names(before)) for before in befores).most_common(1)
        prefix, count = common[0] if common else ("", 0)
        self._prefix = prefix if count > 1 and 2 * count >= len(befores) else ""
        self.product = _product(title) or self._prefix

    def facts(self, text: str) -> Facts:
        """Of one heading."""
        version, before = version_in(text)
        if version and not date_in(text) and not self._announces(before):
            version = ""
        section = section_named(text) if not version else ""
        return Facts(version, date_in(text), section, bool(_BREAKS.search(text.lower())))

    def _announces(self, before: str) -> bool:
        """Whether these words stand before the version of a release, not in some sentence about one."""
        names = _names(before)
        known = all(name.lower() in self._title for name in names)
        return len(_words(before)) <= _SHORT_HEADING and (known or " ".join(names) == self._prefix)


def section_named(heading: str) -> str:
    """The kind of change that a heading announces."""
    if len(heading.split()) > _SHORT_HEADING:
        return ""
    few = len(heading.split()) <= _FEW_WORDS
    return next(
        (
            name
            for name, pattern in (_CONTAINS if few else _SAYS)
            if (pattern.search if few else pattern.match)(heading)
        ),
        "",
    )


def release_line(text: str) -> Facts | None:
    """The facts of a line that is nothing but a release: "9.11.18, released 2025-07-22"."""
    line = text.strip()
    version, before = version_in(line)
    # The name of a product stands before a version that has a date.
    names = _names(before) if len(before.split()) > (_FEW_WORDS if date_in(line) else 0) else []
    if not version or len(line) > _SHORT_LINE or "\n" in line or names:
        return None
    rest = _DATE.sub("", line[len(before) :].replace(version, "", 1))
    others = [word for word in _words(rest) if word.lower() not in _GENERIC and word.lower() != "v"]
    return Facts(version, date_in(line)) if not others else None


def released_on(text: str) -> str:
    """The date of a line that says nothing else: "Released on March 1, 2024"."""
    if len(text) > _SHORT_LINE or not date_in(text):
        return ""
    words = {word.lower().rstrip(".") for word in _words(_DATE.sub("", text))}
    return date_in(text) if words and words <= _GENERIC | _DATED else ""


def entry_facts(text: str, above: Facts) -> Facts:
    """What an entry says of itself, below what its headings say."""
    line = text.lstrip("-*• \t").split("\n", 1)[0]
    commit = _COMMIT.match(line)
    first = " ".join(line.split()[:2])
    own = ""
    if not above.section or (commit and above.section == _GENERAL):
        own = next((name for name, pattern in _SAYS if pattern.match(commit[1] if commit else first)), "")
    breaking = bool(_BREAKS.search(text)) or bool(_BREAKS.search(line.lower())) or bool(commit and commit[2])
    return above.within(Facts(section=own, breaking=breaking))


def _product(title: str) -> str:
    found = _TITLES.fullmatch(title.strip())
    if not found:
        return ""
    name = " ".join((found["before"] or found["after"]).split()).strip(" -:–—|")
    version, before = version_in(name)
    name = before.strip() if version else name
    return name if _names(name) and len(name.split()) <= _SHORT_HEADING else ""


def _names(text: str) -> list[str]:
    """Words that are not the usual ones around a version."""
    return [word for word in _words(text) if word.lower().replace("'", "").replace("’", "") not in _GENERIC]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_][\w'’&+.-]*", text)


def facts_above(headings: Iterator[Facts]) -> Facts:
    """Of the headings above an entry, the outermost first."""
    found = Facts()
    for facts in headings:
        found = found.within(facts)
    return found
