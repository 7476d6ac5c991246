"""Versions as whole numbers that sort as the versions do, so that any index can compare them by range.

The order is that of PEP 440 and, for names that PEP 440 does not know ("1.0-canary.3"), of semantic versioning.
A number stays below 2**53, which every backend keeps exactly. Local parts and build metadata ("+abc") do not count.
Versions that need more room (more than three parts over 143, say) share a number with their nearest neighbours.
"""

import re
from dataclasses import dataclass

BITS = 52
LOWEST, HIGHEST = 0, 2**BITS - 1
LONGEST = 200

_VERSION = re.compile(
    r"""v?(?:(?P<epoch>\d{1,9})!)?(?P<release>\d{1,12}(?:\.\d{1,12})*)
    (?:[-_.]?(?P<word>alpha|beta|a|b|c|rc|preview|pre)[-_.]?(?P<number>\d{0,12}))?
    (?P<post>-\d{1,12}|[-_.]?(?:post|rev|r)[-_.]?\d{0,12})?
    (?P<dev>[-_.]?dev[-_.]?\d{0,12})?
    (?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?""",
    re.VERBOSE,
)
_SEMVER = re.compile(r"v?(\d{1,12}(?:\.\d{1,12}){1,3})-([0-9a-z-]+(?:\.[0-9a-z-]+)*)(?:\+[0-9a-z.-]+)?")
_DATE = re.compile(r"v?(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")
_WILDCARD = re.compile(r"v?(\d+(?:\.\d+){0,3})\.(?:x|\*)(?:\.(?:x|\*))*")
_LABEL = re.compile(r"(?:versions?|releases?|ver\.?)[\s:]*(?=[v\d<>=~^])")
_STAGES = {"dev": 0, "a": 2, "alpha": 2, "b": 4, "beta": 4, "c": 6, "rc": 6, "pre": 6, "preview": 6}
_OTHER_STAGES = ((1, "alpha"), (3, "beta"), (5, "rc"))
_LATE_STAGE, _FINAL, _POST = 7, "10", "11"
_ENOUGH = re.compile(r"(.+?)\s*(?:\+|(?:and|or)\s+(?:later|newer|above|up|higher|onwards?))")
_SINCE = re.compile(r"(?:from|since|as of|starting with)\s+(.+?)(?:\s+(?:on|onwards?))?")
_UNTIL = re.compile(r"(?:up to|until|through)\s+(.+)|(.+?)\s+(?:and|or)\s+(?:earlier|older|below|lower)")
_BEFORE = re.compile(r"(?:before|prior to|earlier than|older than)\s+(.+)")
_BETWEEN = re.compile(r"(?:from\s+|between\s+)?(\S+?)(?:\s*[–—]\s*|\s+-\s+|\s+(?:to|through|until|and)\s+)(\S+)")
_CLOSE = re.compile(r"(v?\d+(?:\.\d+)+)-(v?\d+(?:\.\d+)+)")
_BOUND = re.compile(r"(>=|<=|==|=|>|<|~=|\^|~)\s*(\S+)")


@dataclass(frozen=True, slots=True)
class VersionRange:
    """Numbers of the first and the last version that is meant, both included."""

    first: int
    last: int


def version_key(text: str) -> int | None:
    """The number of one version ("2.3", "v2.3.0", "2.4rc1", "2026-01"); None for what is none."""
    plain = text.strip().lower()
    if len(plain) > LONGEST or _close(plain) is not None:
        return None
    if dated := _DATE.fullmatch(plain):
        return _number(_key([int(part) for part in dated.groups() if part], _FINAL))
    if found := _VERSION.fullmatch(plain):
        return _number(_key(_parts(found["release"]), _pep440(found), int(found["epoch"] or 0)))
    if found := _SEMVER.fullmatch(plain):
        return _number(_key(_parts(found[1]), _semver(found[2].split("."))))
    return None


def version_range(text: str) -> VersionRange | None:
    """What a stated version or range covers; None where the words name no version ("latest").

    "2.x", "2.1 - 2.4", ">=2.1,<3", "2.1+", "up to 2.4" and lists are read. The end of a range includes what lies
    below it: "2.1 - 2.4" covers 2.4.3. A list covers everything from its lowest to its highest.
    """
    plain = " ".join(text.lower().replace("‑", "-").split())
    if not plain or len(plain) > LONGEST:
        return None
    plain = _LABEL.sub("", plain, count=1).strip()
    if plain[0] in "<>=~^":
        return _bounded(plain)
    single = _one(plain)
    if single is not None:
        return single
    return _worded(plain) or _listed(plain)


def _one(text: str) -> VersionRange | None:
    key = version_key(text)
    if key is not None:
        return VersionRange(key, key)
    found = _WILDCARD.fullmatch(text)
    return _series(_parts(found[1])) if found else None


def _series(parts: list[int]) -> VersionRange:
    """Everything from the first pre-release of `parts` to before the one that follows it."""
    following = [*parts[:-1], parts[-1] + 1]
    return VersionRange(_number(_key(parts, "")), _number(_key(following, "")) - 1)


def _worded(text: str) -> VersionRange | None:
    if found := _close(text):
        return found
    if (words := _BETWEEN.fullmatch(text)) and (found := _between(words[1], words[2])):
        return found
    if (words := _ENOUGH.fullmatch(text) or _SINCE.fullmatch(text)) and (first := _one(words[1])):
        return VersionRange(first.first, HIGHEST)
    if (words := _UNTIL.fullmatch(text)) and (last := _whole(words[1] or words[2])):
        return VersionRange(LOWEST, last.last)
    if (words := _BEFORE.fullmatch(text)) and (last := _one(words[1])):
        return VersionRange(LOWEST, max(LOWEST, last.first - 1))
    return None


def _close(text: str) -> VersionRange | None:
    """A range without spaces, "2.1-2.4"; "1.0.0-0.3.7" is a pre-release."""
    found = _CLOSE.fullmatch(text)
    return _between(found[1], found[2]) if found else None


def _between(lower: str, upper: str) -> VersionRange | None:
    first, last = _one(lower), _whole(upper)
    return VersionRange(first.first, last.last) if first and last and first.first <= last.last else None


def _whole(text: str) -> VersionRange | None:
    """As the end of a range: "2.4" and whatever was released as 2.4.something."""
    plain = text.removeprefix("v")
    if re.fullmatch(r"\d+(?:\.\d+)?", plain):
        return _series(_parts(plain))
    return _one(text)


def _listed(text: str) -> VersionRange | None:
    parts = [part for part in re.split(r"\s*[,;|]\s*|\s+(?:and|or|&)\s+", text) if part]
    ranges = [found for part in parts if (found := _one(part) or _worded(part)) is not None]
    if len(parts) < 2 or len(ranges) != len(parts):
        return None
    return VersionRange(min(found.first for found in ranges), max(found.last for found in ranges))


def _bounded(text: str) -> VersionRange | None:
    first, last = LOWEST, HIGHEST
    for part in filter(None, re.split(r"\s*,\s*|\s+(?=[<>=~^])", text)):
        found = _BOUND.fullmatch(part)
        one = _one(found[2]) if found else None
        if found is None or one is None:
            return None
        match found[1]:
            case ">=":
                first = max(first, one.first)
            case ">":
                first = max(first, one.last + 1)
            case "<=":
                last = min(last, one.last)
            case "<":
                last = min(last, one.first - 1)
            case "==" | "=":
                first, last = max(first, one.first), min(last, one.last)
            case sign:
                series = _compatible(sign, found[2])
                if series is None:
                    return None
                first, last = max(first, one.first), min(last, series.last)
    return VersionRange(first, last) if first <= last else None


def _compatible(sign: str, text: str) -> VersionRange | None:
    """The series that `^2.3`, `~2.3.1` and `~=2.3` stay within."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", text)
    if found is None:
        return None
    parts = _parts(found[1])
    if sign == "^":
        kept = next((n for n, part in enumerate(parts, start=1) if part), len(parts))
    else:
        kept = max(1, len(parts) - 1) if sign == "~=" else min(2, len(parts))
    return _series(parts[:kept])


# from parts to a number -----------------------------------------------------------------------------------


def _key(parts: list[int], stage: str, epoch: int = 0) -> str:
    """Bits that sort as the version does: every part after a 1, a 0 where they end, then the stage."""
    while len(parts) > 1 and not parts[-1]:
        parts = parts[:-1]
    head = "1" + _bits(epoch) if epoch else "0"
    return head + "".join("1" + _bits(part) for part in parts) + "0" + stage


def _pep440(found: re.Match[str]) -> str:
    post = _digits(found["post"]) if found["post"] is not None else None
    dev = _digits(found["dev"]) if found["dev"] is not None else None
    if found["word"]:
        return _before(_STAGES[found["word"]], int(found["number"] or 0)) + _tail(post, dev)
    if post is not None:
        return _POST + _bits(post) + _tail(None, dev)
    return _FINAL if dev is None else _before(0, dev)


def _semver(names: list[str]) -> str:
    """Of a pre-release that PEP 440 does not know: by its first word in the alphabet's order, then its number."""
    word = names[0].rstrip("0123456789") or "0"
    numbers = [name for name in (names[0][len(word) :], *names[1:]) if name]
    number = (int(numbers[0]) if numbers[0].isdigit() else 2**27) if numbers else 0
    if word in _STAGES:
        return _before(_STAGES[word], number)
    stage = next((stage for stage, following in _OTHER_STAGES if word < following), _LATE_STAGE)
    return f"0{stage:03b}" + _bits(ord(word[0]) - ord("-")) + _bits(number)


def _before(stage: int, number: int) -> str:
    return f"0{stage:03b}" + _bits(number)


def _tail(post: int | None, dev: int | None) -> str:
    """What follows the number of a pre- or post-release: .devN sorts before it, .postN after."""
    if post is not None:
        return "11" + _bits(post) + _tail(None, dev)
    return "10" if dev is None else "0" + _bits(dev)


def _bits(number: int) -> str:
    """Shorter for small numbers, and in the same order as the numbers."""
    if number < 16:
        return f"0{number:04b}"
    if number < 144:
        return f"10{number - 16:07b}"
    if number < 1_168:
        return f"110{number - 144:010b}"
    if number < 66_704:
        return f"1110{number - 1_168:016b}"
    return f"1111{min(number - 66_704, 2**27 - 1):027b}"


def _number(bits: str) -> int:
    return int(bits[:BITS].ljust(BITS, "0"), 2)


def _parts(text: str) -> list[int]:
    return [int(part) for part in text.split(".")]


def _digits(text: str) -> int:
    return int(re.sub(r"\D", "", text) or 0)
