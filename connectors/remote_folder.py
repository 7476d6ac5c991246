"""A folder that lies elsewhere: s3://, gs://, az://, sftp://, or a folder that a web server lists.

The same as a local folder, except for how a change is seen: by the store's own tags (ETag, hashes), else by time and
size once the time is old enough to be trusted, else by reading the content in every listing. A part that could not be
listed keeps the listing from being complete.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar
from urllib.parse import urlsplit

from connectors import remote_folder_fsspec, remote_folder_http
from connectors.file_document import FileRead, file_document
from connectors.folder_defaults import Rules
from connectors.globs import Selection
from connectors.media import MEDIA_TYPES, suffix_of
from connectors.policy import SourcePolicy
from connectors.remote_folder_options import check_installed, frozen
from connectors.remote_folder_rules import Asked, Listing, keep, kept
from connectors.remote_folder_stores import MAX_BYTES, ClosedPlace, Store, Stored
from headwater.errors import ConfigError, FetchError, GoneError, SkippableError
from headwater.interfaces import Scanned
from headwater.model import Complete, NotModified, RawDocument, Ref, Unreadable, digest

FRESH_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFolderConnector:
    """Documents are the files below `url`; ids are their paths from there.

    `fresh`: seconds for which the rules of folders hold as the last listing of this process found them.
    """

    absence_is_final: ClassVar[bool] = True

    name: str
    url: str
    policy: SourcePolicy
    selection: Selection = field(default_factory=Selection)
    options: tuple[tuple[str, object], ...] = ()
    private: bool = False
    fresh: float = FRESH_SECONDS

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:  # noqa: ARG002 (the interface's)
        """Always the whole folder: what a file inherits is known only when the folders above it have been listed."""
        listing = Listing(self, self.store())
        for entry in listing.entries:
            if isinstance(entry, Unreadable):
                yield entry
            elif self.wants(entry.path):
                yield _listed(listing, entry)
        keep(self, listing)
        if not any(isinstance(entry, ClosedPlace) for entry in listing.entries):
            yield Complete()

    def left_out(self) -> Mapping[str, int]:
        """How many files are not listed: by suffix, or "pattern" where one is the reason."""
        left: Counter[str] = Counter()
        listing = kept(self, self.fresh) or Listing(self, self.store())
        for entry in listing.entries:
            if isinstance(entry, Stored) and not self.wants(entry.path) and not _hidden(entry.path):
                suffix = suffix_of(entry.path.rpartition("/")[2])
                left["pattern" if suffix in MEDIA_TYPES else suffix or "no suffix"] += 1
        return left

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        if "\0" in id or not _plain(id):
            raise FetchError(f"{id[:200]!r} is not the path of a document below its source's folder")
        if not self.wants(id):
            raise GoneError(f"{id} is not among the documents that this source lists")
        store = self.store()
        rules = (kept(self, self.fresh) or Asked(self, store)).rules_of(id)
        if known is not None:
            stored = store.stat(id)
            if stored.certain and _version(stored, rules) == known:
                return NotModified(known)
        stored, content = store.read(id, MAX_BYTES)
        hashed = _version(stored, rules, content)
        now = _version(stored, rules) if stored.certain else hashed
        if known in (now, hashed):
            return NotModified(now)
        file = FileRead(
            id=id,
            version=now,
            uri=store.uri(id),
            content=content,
            meta={"modified": stored.modified.isoformat()} if stored.modified else {},
        )
        return file_document(self.name, file, rules, self.policy)

    def store(self) -> Store:
        """The one for these settings; FatalError and CredentialError when it cannot be opened."""
        if self.url.startswith(("http://", "https://")):
            stated = dict(self.options).get("headers", ())
            headers = tuple(stated) if isinstance(stated, tuple) else ()
            return remote_folder_http.store(self.url, self.private, headers)
        return remote_folder_fsspec.store(self.url, self.options)

    def wants(self, path: str) -> bool:
        suffix = suffix_of(path.rpartition("/")[2])
        return suffix in MEDIA_TYPES and _plain(path) and not _hidden(path) and self.selection.takes(path)

    def not_older(self, seconds: float) -> "RemoteFolderConnector":
        """The same, with no rules of folders that were read longer ago than this."""
        return replace(self, fresh=min(self.fresh, seconds))


def checked_url(url: str, options: Mapping[str, object], place: str) -> tuple[tuple[str, object], ...]:
    """The options in their frozen form; ConfigError for a url with a password in it, or one that nothing here reads."""
    parts = urlsplit(url)
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        raise ConfigError(
            f"{place}: path carries a user or a password",
            advice='Write them as storage_options = { username = "...", password = "${NAME}" }.',
        )
    if parts.scheme in ("http", "https"):
        if set(options) - {"headers"}:
            raise ConfigError(f"{place}: storage_options of a web folder can hold only headers")
    else:
        check_installed(parts.scheme, place)
    return frozen(options, f"storage_options of {place}")


def _listed(listing: Listing, entry: Stored) -> Ref | Unreadable:
    """Its content is read where nothing else would show a change."""
    try:
        stored = entry if entry.asked else listing.store.stat(entry.path)
        rules = listing.rules_of(entry.path)
        if stored.certain:
            return Ref(entry.path, _version(stored, rules))
        if stored.size is not None and stored.size > MAX_BYTES:
            # Fetching it says what is the matter.
            return Ref(entry.path, _version(stored, rules))
        stored, content = listing.store.read(entry.path)
        return Ref(entry.path, _version(stored, rules, None if stored.certain else content))
    except SkippableError as error:
        return Unreadable(entry.path, type(error).__name__, str(error))


def _version(stored: Stored, rules: Rules, content: bytes | None = None) -> str:
    """Opaque: the store's marker, the rules in force, and a hash of the content where the marker may lie."""
    known = f"{digest(stored.marker)[:20]}-{rules.digest[:20]}" if stored.marker else rules.digest[:20]
    return known if content is None else f"{known}-{digest(content)[:24]}"


def _plain(path: str) -> bool:
    return not any(part in ("", ".", "..") for part in path.split("/"))


def _hidden(path: str) -> bool:
    return path.startswith(".") or "/." in path
