"""Who may read, stated level by level: each level narrows the one above it.

The source's `default_access` is the outermost level, then the `.headwater.toml` of every folder down to the
document, then its front matter. No level widens what the one above it allows, unless the source sets
`allow_widening = true`; then a level's own `allow` replaces the one above it, while denies always add up. Whoever can
write into a folder could otherwise publish what its source keeps to a group.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from connectors.policy import SourcePolicy
from headwater.model import NOBODY, PUBLIC_PRINCIPAL, Access, principal
from headwater.settings import did_you_mean

Stated: TypeAlias = "str | int | float | list[Stated] | dict[str, Stated]"
_SHAPE = "write access = [...] with public, group:NAME or user:EMAIL, or { allow = [...], deny = [...] }"


CLOSED = Access(deny=frozenset({PUBLIC_PRINCIPAL}))
"""Nobody, whatever a level below states: what a level said that could not be understood may have been a deny."""


def final(access: Access) -> Access:
    """As documents carry it."""
    return NOBODY if PUBLIC_PRINCIPAL in access.deny else access


@dataclass(frozen=True, slots=True)
class Ruling:
    """The readers that remain, and a sentence for everything that was not done as it was written."""

    access: Access
    findings: tuple[str, ...] = ()


def narrowed(parent: Access, stated: object, *, where: str, policy: SourcePolicy) -> Ruling:
    """What remains of `parent` under what one level states; nobody when it states something that cannot be understood.

    An unknown or misspelt reader names nobody. A misspelt `deny` closes the document, because whom it was meant
    to keep out is not known; a group in `deny` that is not under [groups] stays denied.
    """
    table = stated if isinstance(stated, dict) else {"allow": stated}
    findings: list[str] = []
    if not table or set(table) - {"allow", "deny"}:
        return Ruling(CLOSED, (f"{where}: access is not understood, so nobody may read this; {_SHAPE}",))
    allow, bad_allow = _named(table.get("allow", []), findings, where, policy)
    deny, bad_deny = _named(table.get("deny", []), findings, where, policy, keep_unknown=True)
    if bad_deny or (bad_allow and not allow):
        findings.append(f"{where}: nobody may read this until its access is corrected; {_SHAPE}")
        return Ruling(CLOSED, tuple(findings))
    own = Access(allow if "allow" in table else parent.allow, deny)
    if not own.allow and "allow" in table:
        findings.append(f"{where}: access names nobody, so nobody may read this")
    if policy.allow_widening:
        return Ruling(Access(own.allow, parent.deny | own.deny), tuple(findings))
    findings.extend(_widening(parent, own, where))
    return Ruling(parent.narrowed_to(own), tuple(findings))


def _named(
    value: object, findings: list[str], where: str, policy: SourcePolicy, *, keep_unknown: bool = False
) -> tuple[frozenset[str], bool]:
    """The principals of a list, and whether something in it was no principal that exists."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        return frozenset(), True
    names: set[str] = set()
    bad = False
    for item in items:
        try:
            name = principal(str(item))
        except ValueError:
            bad = True
            findings.append(f"{where}: {str(item)[:100]!r} is not a reader and names nobody{_meant(str(item), policy)}")
            continue
        known = policy.groups is None or not name.startswith("group:") or name.removeprefix("group:") in policy.groups
        if not known:
            findings.append(f"{where}: {name[:100]} is not under [groups] and names nobody{_meant(name, policy)}")
            bad = bad or not keep_unknown
        if known or keep_unknown:
            names.add(name)
    return frozenset(names), bad


def _meant(name: str, policy: SourcePolicy) -> str:
    groups = [f"group:{group}" for group in policy.groups or ()]
    bare = name.removeprefix("group:").strip().lower()
    if f"group:{bare}" in groups:
        return f"; did you mean group:{bare}?"
    return did_you_mean(f"group:{bare}", groups)


def _widening(parent: Access, own: Access, where: str) -> Iterable[str]:
    extra = frozenset() if PUBLIC_PRINCIPAL in parent.allow else own.allow - parent.allow
    if extra:
        allowed = ", ".join(sorted(parent.allow)) or "nobody"
        yield (
            f"{where}: {', '.join(sorted(extra))} may not read this, because the level above allows only {allowed} "
            "and the source does not set allow_widening = true"
        )
