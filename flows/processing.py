"""What the settings of a source mean for the processing of its documents."""

from collections.abc import Callable

from chunking.registry import chunker_for, strategy_for
from headwater.errors import UnsupportedError
from headwater.ingest.boilerplate_learning import SourceParsing
from headwater.ingest.caution import Caution
from headwater.interfaces import Chunker, Tokens
from headwater.ledger.base import Ledger
from headwater.metadata.policy import MetadataPolicy
from headwater.model import RawDocument
from headwater.parsing.pool import ParserPool
from headwater.parsing.registry import extension_of, media_type_of, parser_fingerprint, supported_extensions
from headwater.settings import SourceSettings

HEAD_BYTES = 4096
PAGES = frozenset((".html", ".htm", ".xhtml"))


def chunkers(source: SourceSettings, tokens: Callable[[], Tokens]) -> Callable[[str], Chunker]:
    """Document kind to its chunker, each made once, when it is first asked for; only then are the `tokens` of a model
    needed."""
    known: dict[str, Chunker] = {}

    def chunker(kind: str) -> Chunker:
        if kind not in known:
            known[kind] = chunker_for(
                strategy_for(source.chunker.of(kind), kind),
                tokens(),
                chunk_tokens=source.chunk_tokens,
                passage_tokens=source.passage_tokens,
                overlap_tokens=source.overlap_tokens,
            )
        return known[kind]

    return chunker


def parsing_of(source: SourceSettings, pool: ParserPool, ledger: Ledger) -> SourceParsing:
    """Parses the way this source's settings want it, without what most of its pages are known to repeat."""
    return SourceParsing(
        pool,
        ledger,
        source.name,
        parser=_parser_of,
        may_be_page=_may_be_page,
        wishes={"keep": source.keep, "drop": source.drop},
    )


def metadata_policy(source: SourceSettings) -> MetadataPolicy:
    """What the settings of a source ask of its documents' metadata."""
    return MetadataPolicy(
        required=source.required,
        on_missing=source.on_missing,
        language=source.language,
        timezone=source.timezone,
    )


def caution_of(source: SourceSettings) -> Caution:
    """How far the settings of a source let it be believed."""
    return Caution(
        documents=source.max_removals,
        share=source.max_removed_share,
        tombstone=source.tombstones.approximate,
        access=source.max_access_age.approximate,
    )


def media_type(raw: RawDocument) -> str:
    """What to parse a document as, by its name and its first bytes; raises ParseError when they contradict."""
    return media_type_of(raw.id, raw.content[:HEAD_BYTES], raw.media_type)


def _may_be_page(id: str) -> bool:
    """Whether a document may be HTML, by its name alone."""
    suffix = extension_of(id)
    return suffix in PAGES or suffix not in supported_extensions()


def _parser_of(media_type: str) -> str:
    try:
        return parser_fingerprint(media_type)
    except UnsupportedError:
        return "unsupported"
