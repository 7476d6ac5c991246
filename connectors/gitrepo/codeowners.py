"""CODEOWNERS as GitHub and GitLab read it.

The last pattern that matches wins, in each section (GitLab) on its own; the owners of all sections add up. A pattern
without owners takes its section's, or says that nobody owns what it matches; `!pattern` leaves paths out of a section.
https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
https://docs.gitlab.com/user/project/codeowners/reference/
"""

import re
from dataclasses import dataclass, field

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""The first one that exists counts."""
_SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>(?:\s.*)?)")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_WORD = re.compile(r"(?:\\.|\S)+")
_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\\.|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    owners: tuple[str, ...] | None
    """None where what matches is left out of its section."""


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """Rules by section, in the order of the file."""

    sections: tuple[tuple[_Rule, ...], ...] = field(default=())

    def of(self, path: str) -> tuple[str, ...]:
        """Owners as they are written (`@org/team`, `@user`, an address); () when nobody is named."""
        found: dict[str, None] = {}
        for rules in self.sections:
            rule = next((rule for rule in reversed(rules) if rule.pattern.fullmatch(path)), None)
            if rule is not None and rule.owners:
                found |= dict.fromkeys(rule.owners)
        return tuple(found)


def parsed(text: str) -> CodeOwners:
    """Lines that are no rules are left out, as the forges do."""
    sections: dict[str, list[_Rule]] = {"": []}
    current, defaults = sections[""], tuple[str, ...]()
    for line in text.splitlines():
        words = _COMMENT.sub("", line).strip()
        if not words:
            continue
        if heading := _SECTION.fullmatch(words):
            current = sections.setdefault(heading["name"].strip().lower(), [])
            defaults = _owners(heading["owners"].split())
            continue
        pattern, *owners = _WORD.findall(words)
        excluded = pattern.startswith("!")
        rule = _Rule(_expression(pattern.removeprefix("!")), None if excluded else _owners(owners) or defaults)
        current.append(rule)
    return CodeOwners(tuple(tuple(rules) for rules in sections.values() if rules))


def _owners(words: list[str]) -> tuple[str, ...]:
    return tuple(word for word in words if "@" in word.rstrip("@"))


def _expression(pattern: str) -> re.Pattern[str]:
    """As in .gitignore, except that `docs/*` does not reach into the folders of docs."""
    anchored = "/" in pattern.rstrip("/")
    body = "".join(_translated(piece) for piece in _GLOB.findall(pattern.strip("/")))
    start = "" if anchored else "(?:.*/)?"
    if pattern.endswith("/"):
        rest = "/.*"
    elif pattern.rpartition("/")[2] in ("*", "**") and anchored:
        rest = ""
    else:
        rest = "(?:/.*)?"
    return re.compile(start + (body or ".*") + (rest if body else ""))


def _translated(piece: str) -> str:
    fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return fixed.get(piece) or re.escape(piece[1:] if len(piece) == 2 and piece[0] == "\\" else piece)
