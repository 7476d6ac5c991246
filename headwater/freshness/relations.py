"""What documents say of each other: one takes the place of another, or two contradict."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from headwater.freshness.directory import Directory, Name
from headwater.freshness.document_findings import about
from headwater.freshness.values import DocumentStanding, Finding, FindingKind, Severity
from headwater.freshness.wording import moment
from headwater.ledger.base import Likeness
from headwater.model import SOP

_APART = timedelta(days=1)
_NUMBER = re.compile(r"\d+")


# superseded -----------------------------------------------------------------------------------------------


def superseded(directory: Directory, zones: Mapping[str, str]) -> Iterator[Finding]:
    """Documents whose place another took, as either of them says, or as a newer revision of the same SOP shows."""
    seen: set[Name] = set()
    for old, new, words in (*_as_stated(directory), *_by_revision(directory)):
        name = (old.source, old.document)
        if name in seen:
            continue
        seen.add(name)
        since = new.dated if new is not None else None
        dated = f" of {moment(since, zones.get(old.source, 'UTC'))}" if since is not None else ""
        step = f"Remove it at its source, or `headwater remove {old.source}/{old.document} --block`."
        yield about(FindingKind.SUPERSEDED, Severity.WARNING, old, f"{words[0]}{dated}{words[1]}", step, since)


_Taken: TypeAlias = tuple[DocumentStanding, DocumentStanding | None, tuple[str, str]]
"""The old one, the new one where it is known, and what to say before and after the new one's date."""


def _as_stated(directory: Directory) -> Iterator[_Taken]:
    for name, facts in directory.facts.items():
        own = directory.documents[name]
        for text in _texts(facts.get("superseded_by")):
            yield (
                own,
                directory.named(text, name),
                (f"It says itself that {text}", " took its place, and is still served."),
            )
        for text in _texts(facts.get("supersedes")):
            old = directory.named(text, name)
            if old is not None:
                yield old, own, (f"{own.title} ({own.source}/{own.document})", " says that it takes its place.")


def _by_revision(directory: Directory) -> Iterator[_Taken]:
    """SOPs of one title, in one source, with different revisions."""
    alike: dict[tuple[str, str], list[tuple[tuple[int, ...], Name]]] = {}
    for name, facts in directory.facts.items():
        one = directory.documents[name]
        numbers = tuple(int(number) for number in _NUMBER.findall(str(facts.get("revision", "")))[:4])
        if one.kind == SOP and numbers:
            alike.setdefault((one.source, one.title.casefold()), []).append((numbers, name))
    for group in alike.values():
        newest, name = max(group)
        for numbers, other in group:
            if numbers < newest:
                old, new = directory.documents[other], directory.documents[name]
                shown = ".".join(map(str, numbers)), ".".join(map(str, newest))
                name_of = f"{new.source}/{new.document}"
                words = (f"It is revision {shown[0]}, and {name_of}", f" is revision {shown[1]} of it.")
                yield old, new, words


def _texts(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return (value,) if value else ()
    return [str(one) for one in value if one] if isinstance(value, list | tuple) else ()


# near-duplicates ------------------------------------------------------------------------------------------


def conflicting_dates(
    clustered: Iterable[Likeness], documents: Mapping[Name, DocumentStanding], zones: Mapping[str, str]
) -> Iterator[Finding]:
    """Of documents that say nearly the same, those that are older than the newest of them."""
    groups: dict[str, list[DocumentStanding]] = {}
    for one in clustered:
        found = documents.get((one.source, one.document))
        if found is not None and found.dated is not None:
            groups.setdefault(one.cluster, []).append(found)
    for group in groups.values():
        newest = max(group, key=lambda one: (one.dated, one.source, one.document))
        for old in group:
            if old is newest or old.dated is None or newest.dated is None or newest.dated - old.dated <= _APART:
                continue
            zone = zones.get(old.source, "UTC")
            evidence = (
                f"It says nearly the same as {newest.title} ({newest.source}/{newest.document}), which is of "
                f"{moment(newest.dated, zone)}, while it is of {moment(old.dated, zone)}: one may be out of date."
            )
            step = "Compare the two; correct or remove the older one, or let one refer to the other."
            yield about(FindingKind.CONFLICTING_DATES, Severity.NOTICE, old, evidence, step)
