"""Parse and chunk whole sources as a run would, to measure what breaks chunks; nothing is embedded or written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from flows.processing import media_type, metadata_policy
from flows.workshop import Workshop
from headwater.errors import ParseError, RetriableError, SkippableError
from headwater.ingest.look import fetch
from headwater.interfaces import Connector, Tokens
from headwater.linting.cuts import examine_cuts
from headwater.linting.rules import BY_NAME, Finding
from headwater.linting.sameness import Sameness
from headwater.linting.tally import Count, Tally, shortened
from headwater.linting.writing import examine_writing
from headwater.metadata.policy import MetadataPolicy
from headwater.metadata.resolve import resolved
from headwater.model import Chunk, Document, NotModified, RawDocument, Ref, Unreadable
from headwater.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class LintReport:
    """`chunks` of the `documents` that could be read; a rule that had nothing to look at has no count."""

    sources: tuple[str, ...]
    documents: int
    chunks: int
    counts: tuple[Count, ...]

    def over(self, allowed: Callable[[str], float | None]) -> list[str]:
        """A sentence for every rule whose rate is above what is allowed (None: anything)."""
        said = []
        for count in self.counts:
            most = allowed(count.rule)
            if most is not None and count.rate > most:
                said.append(f"{count.rule}: {count.count:,} of {count.among:,} ({count.rate:.1%}), allowed {most:.1%}")
        return said

    @property
    def unreadable(self) -> int:
        return sum(count.count for count in self.counts if count.rule == "unreadable")

    def as_json(self) -> dict[str, Any]:
        """The shape documented for `lint --json`, without the limits."""
        return {
            "sources": list(self.sources),
            "documents": self.documents,
            "chunks": self.chunks,
            "findings": [
                {
                    "finding": count.rule,
                    "whose": BY_NAME[count.rule].whose,
                    "count": count.count,
                    "among": count.among,
                    "of": BY_NAME[count.rule].of,
                    "rate": round(count.rate, 6),
                    "about": BY_NAME[count.rule].about,
                    "advice": BY_NAME[count.rule].advice,
                    "examples": [_example(finding) for finding in count.examples],
                }
                for count in self.counts
            ],
        }


def _example(finding: Finding) -> dict[str, str]:
    return {name: value for name, value in asdict(finding).items() if name != "rule"}


def lint(workshop: Workshop, names: Sequence[str], *, examples: int, on_document: Callable[[], None]) -> LintReport:
    """Look at every document of these sources; `examples` of each finding are kept."""
    tally, same = Tally(examples), Sameness()
    documents = chunks = 0
    for name in names:
        source = workshop.source(name)
        chunker, policy = workshop.chunkers(source), metadata_policy(source)
        for raw, parsed in workshop.parsing_of(source).parse(_raws(workshop.connector(source), source, tally)):
            on_document()
            if isinstance(parsed, ParseError):
                _unreadable(tally, source.name, raw.id, parsed)
                continue
            try:
                document = resolved(parsed, policy)
                made = list(chunker(document.raw.kind)(document))
            except Exception as error:  # noqa: BLE001 - a document that no chunker foresaw must not stop its source
                _unreadable(tally, source.name, raw.id, error)
                continue
            _examine(workshop.dense.tokens, source, document, made, tally)
            _examine_metadata(policy, document, tally)
            tally.add(same.look(document, made))
            documents, chunks = documents + 1, chunks + len(made)
    for finding in same.near():
        tally.add([finding])
    tally.among(dict.fromkeys(("unreadable", "duplicates", "near_duplicates"), documents))
    return LintReport(tuple(names), documents, chunks, tuple(tally.counts()))


def _examine(tokens: Tokens, source: SourceSettings, document: Document, chunks: Sequence[Chunk], tally: Tally) -> None:
    limit = min(tokens.window, source.chunk_tokens or tokens.window)
    examine_cuts(document, chunks, tokens, limit, tally)
    examine_writing(document, tally)


def _examine_metadata(policy: MetadataPolicy, document: Document, tally: Tally) -> None:
    tally.among({"missing_metadata": len(policy.required)})
    tally.add(
        Finding(rule="missing_metadata", source=document.raw.source, document=document.raw.id, text=name)
        for name in policy.missing(document)
    )


def _raws(connector: Connector, source: SourceSettings, tally: Tally) -> Iterator[RawDocument]:
    for item in connector.scan():
        if isinstance(item, Unreadable):
            finding = Finding(rule="unreadable", source=source.name, document=item.id, text=shortened(item.reason))
            tally.among({"unreadable": 1})
            tally.add([finding])
        elif isinstance(item, Ref):
            try:
                raw = fetch(connector, item.id)
                if not isinstance(raw, NotModified):
                    yield replace(raw, media_type=media_type(raw))
            except (SkippableError, RetriableError) as error:
                _unreadable(tally, source.name, item.id, error)


def _unreadable(tally: Tally, source: str, document: str, error: Exception) -> None:
    tally.among({"unreadable": 1})
    tally.add([Finding(rule="unreadable", source=source, document=document, text=shortened(str(error)))])
