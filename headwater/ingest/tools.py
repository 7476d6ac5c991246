"""Everything a source's run needs, put together by whoever may import connectors and chunkers."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from headwater.index.base import Index
from headwater.ingest.caution import Caution
from headwater.ingest.listener import Listener
from headwater.interfaces import Chunker, Connector, Dense, Sparse
from headwater.ledger.base import Ledger
from headwater.metadata.policy import MetadataPolicy
from headwater.model import Document, RawDocument
from headwater.publishing.publisher import Publisher


class Parsing(Protocol):
    """Parses in worker processes, within limits; the future raises only ParseError."""

    def submit(self, raw: RawDocument) -> Future[Document]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Shared by all sources of a run, except `connector`."""

    connector: Connector
    parsing: Parsing
    media_type: Callable[[RawDocument], str]
    """What to parse a document as; raises ParseError when its name and its first bytes contradict each other."""
    chunker: Callable[[str], Chunker]
    """Document kind to its chunker."""
    fingerprint: Callable[[str, str], str]
    """Media type and document kind to the processing fingerprint in force."""
    dense: Dense
    sparse: Sparse
    index: Index
    ledger: Ledger
    publisher: Publisher
    listener: Listener
    metadata: MetadataPolicy = field(default_factory=MetadataPolicy)
    caution: Caution = field(default_factory=Caution)
    between: Callable[[], None] = lambda: None
    """Called whenever a run could as well do something else for a moment."""
    learn: Callable[[Mapping[str, str], Callable[[str], RawDocument | None]], bool] | None = None
    """A complete listing (id to version) and a way to fetch of it, to whether documents come out otherwise now."""

    def with_connector(self, connector: Connector) -> "Tools":
        values = {name: getattr(self, name) for name in self.__slots__}
        return Tools(**{**values, "connector": connector})
