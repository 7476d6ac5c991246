"""What an audit found is set right: points in place, everything else by an ordinary run of its source."""

from collections.abc import Iterable, Sequence

from flows.steps import direct_steps, revoke_everywhere, run_sources
from flows.workshop import Workshop
from headwater.audit.mend import Mended, Mender
from headwater.audit.points import Name, Say
from headwater.audit.values import MISSING, WRONG_ACCESS, Finding
from headwater.errors import with_advice
from headwater.index.base import Index
from headwater.ingest.report import SourceReport


def repair(
    workshop: Workshop,
    index: Index,
    *,
    stored: Sequence[Finding],
    listed: Sequence[Finding],
    strays: Sequence[str],
    runs: set[str],
    closed: set[Name],
    say: Say,
) -> list[str]:
    """Answers sentences about what was done. `runs` are sources that may be run; leaks are closed before all else.

    Nothing depends on its being finished: each part is right by itself, and the next audit finds what is left.
    """
    found = [*stored, *listed]
    for name in sorted({finding.source for finding in found}):
        workshop.reserve(name)
    mender = Mender(index, workshop.ledger, workshop.generation, workshop.holder, workshop.existing_index)
    mender.refuse_older_ledger()
    mended = Mended()
    say("closing leaks")
    mender.close_leaks(_names(finding for finding in stored if finding.leak), mended)
    missing = _names(finding for finding in stored if finding.kind == MISSING)
    asked = closed | set(_names(finding for finding in listed if finding.kind == WRONG_ACCESS))
    _outdate(workshop, missing)
    _look_again(workshop, asked)
    possible = _possible(workshop, index)
    concerned = {finding.source for finding in listed} | {source for source, _ in (*missing, *asked)}
    ours = sorted(runs & concerned) if possible else []
    leaking = sorted({finding.source for finding in listed if finding.leak} & set(ours))
    if leaking:
        revoke_everywhere(workshop, leaking)
    say("setting points right")
    mender.hide_strays(strays, mended)
    mender.set_right(_names(stored), mended)
    said = _points_said(mended)
    if not possible:
        said.append("The index holds vectors of another embedding model or setting: headwater rebuild")
    for name in sorted(concerned - set(ours)):
        if name in _configured(workshop):
            said.append(f"{name}: the rest is left to its next run: headwater ingest {name}")
        else:
            said.append(f"{name}: the rest can only come from the source, which is not in the configuration")
    said += _run(workshop, ours) if ours else []
    mender.delete_hidden()
    return said


def _run(workshop: Workshop, names: Sequence[str]) -> list[str]:
    report = run_sources(workshop, names, direct_steps(workshop))
    said = [_source_said(source) for source in report.sources]
    for problem in report.problems:
        if problem.outcome == "withheld" or (problem.outcome == "failed" and not problem.document):
            said.append(f"{problem.source}: {with_advice(problem.reason, problem.advice)}")
    return said


def _source_said(source: SourceReport) -> str:
    counts = {name: getattr(source, name) for name in ("indexed", "removed", "skipped", "failed", "quarantined")}
    done = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing to do"
    return f"{source.source}: run again: {done}"


def _points_said(mended: Mended) -> list[str]:
    said = (
        (mended.narrowed, "points are not read any more by people who must not"),
        (mended.deleted, "points deleted that belonged to no searchable document"),
        (mended.stamped, "points stamped with their document's epoch"),
    )
    return [f"{count:,} {what}" for count, what in said if count]


def _names(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return sorted({(finding.source, finding.document) for finding in findings})


def _outdate(workshop: Workshop, missing: Sequence[Name]) -> None:
    """What lacks chunks is processed again by the next run, this one's or any other's."""
    for name in sorted({source for source, _ in missing} & _configured(workshop)):
        workshop.ledger.outdate(workshop.generation, name, [id for source, id in missing if source == name])


def _look_again(workshop: Workshop, documents: Iterable[Name]) -> None:
    """Without a version they are opened again by the next run, which learns from the source who may read them."""
    ours = _configured(workshop)
    chosen = [name for name in documents if name[0] in ours]
    for row in workshop.ledger.documents_named(workshop.generation, chosen).values():
        workshop.ledger.touch(workshop.generation, row.source, {row.id: ""}, row.verified_at)


def _possible(workshop: Workshop, index: Index) -> bool:
    """Whether a run could write to this index."""
    identity = index.identity()
    return identity is not None and identity.embedding == workshop.embedding


def _configured(workshop: Workshop) -> set[str]:
    return {one.name for one in workshop.settings.sources}
