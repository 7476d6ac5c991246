"""A folder of files: help pages, release notes, procedures, with rules beside them in `.headwater.toml`.

Times of files never count as the age of their content: `updated_at` is what the document itself states, and the
file's own time is in `meta["modified"]`. A listing in which a folder could not be looked at does not end in `Complete`:
no document that is absent from it is taken for removed.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from connectors.about import About
from connectors.file_document import FileRead, file_document, linked
from connectors.folder_defaults import Rules, rules_in, source_rules
from connectors.globs import Selection
from connectors.opened import listed_version, locate, read
from connectors.policy import SourcePolicy, policy_of
from connectors.walk import ClosedFolder, Found, Walk, as_path
from headwater.errors import FatalError
from headwater.interfaces import Scanned
from headwater.model import Complete, NotModified, RawDocument, Ref, Unreadable
from headwater.settings import SourceSettings
from headwater.settings.schema import Table

if TYPE_CHECKING:
    from connectors.remote_folder import RemoteFolderConnector


class FolderOptions(Table):
    path: str = Field(min_length=1, description='name the folder, such as path = "docs"')
    storage_options: dict[str, Any] = Field(
        default={},
        description='for s3://, gs://, az://, sftp://, https://: such as { key = "${KEY}" }',
        json_schema_extra={"secret": True},
    )
    allow_private_addresses: bool = Field(default=False, description="true: an https:// folder of an inner network")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderConnector:
    """Documents are the files below `root`; a document's id is its path from there, with slashes."""

    Options: ClassVar[type[FolderOptions]] = FolderOptions
    about: ClassVar[About] = About(
        reads="Files of a folder: local, on a web server, or on s3, gs, az and sftp",
        permissions="none of its own; front matter and .headwater.toml files narrow default_access",
        changes="by the status of each file, or the store's tag; only changed files are read",
        removals="a file that a complete listing does not show",
    )
    absence_is_final: ClassVar[bool] = True

    name: str
    root: Path
    policy: SourcePolicy
    selection: Selection = field(default_factory=Selection)

    @classmethod
    def configured(
        cls, source: SourceSettings, options: FolderOptions, groups: frozenset[str] | None
    ) -> "FolderConnector | RemoteFolderConnector":
        if "://" in options.path:
            return _remote(source, options, groups)
        # Links stay as they are: URIs must not change with the target of a link to the current version.
        root = Path(os.path.abspath(source.base / Path(options.path).expanduser()))  # noqa: PTH100
        return cls(
            name=source.name,
            root=root,
            policy=policy_of(source, groups),
            selection=Selection(source.include, source.exclude),
        )

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:  # noqa: ARG002 (the interface's)
        """Always the whole folder: a listing takes less time than a checkpoint is worth."""
        root, whole = self._real_root(), True
        for found in self._walk(root):
            if isinstance(found, Found):
                rules = self._linked(root, found.id, found.rules)
                yield Ref(
                    found.id, listed_version(root, found if rules is found.rules else replace(found, rules=rules))
                )
            else:
                whole = whole and not isinstance(found, ClosedFolder)
                yield Unreadable(found.id, found.error, found.reason)
        if whole:
            yield Complete()

    def left_out(self) -> Mapping[str, int]:
        """How many files are not listed: by suffix, or "link" or "pattern" where these are the reason."""
        walk = self._walk(self._real_root())
        for _ in walk:
            pass
        return dict(walk.left_out)

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        root = self._real_root()
        path = locate(root, id, self.selection)
        rules = self._linked(root, id, self._rules(root, id))
        reading = read(root, path, id, rules=rules.digest, known=known)
        if isinstance(reading, NotModified):
            return reading
        file = FileRead(
            id=id,
            version=reading.version,
            uri=f"{self.root.as_uri()}/{quote(os.fsencode(path[len(root.rstrip('/')) + 1 :]))}",
            content=reading.content,
            meta={"modified": datetime.fromtimestamp(reading.modified, UTC).isoformat()},
        )
        return file_document(self.name, file, rules, self.policy)

    def _walk(self, root: str) -> Walk:
        return Walk(root, source_rules(self.policy), self.policy, self.selection)

    def _real_root(self) -> str:
        root = os.path.realpath(self.root)
        try:
            if not stat.S_ISDIR(Path(root).stat().st_mode):
                raise FatalError(f"{self.root} is not a folder", advice=f"Correct the path of source {self.name}.")
            with os.scandir(root):
                return root
        except OSError as error:
            raise FatalError(
                f"the folder {self.root} of source {self.name} cannot be read: {error.strerror}",
                advice="Correct its path, mount it, or change its permissions.",
            ) from error

    def _linked(self, root: str, id: str, rules: Rules) -> Rules:
        """With the document that this one translates, whose coming and going changes the version of this one."""

        def exists(other: str) -> bool:
            return self.selection.takes(other) and os.path.isfile(as_path(root, other))  # noqa: PTH113 (asked often: a plain call)

        return linked(id, rules, self.policy, exists)

    def _rules(self, root: str, id: str) -> Rules:
        rules = rules_in(root, source_rules(self.policy), path="", root=root, policy=self.policy)
        parts = id.split("/")[:-1]
        for n in range(1, len(parts) + 1):
            folder = "/".join(parts[:n])
            rules = rules_in(as_path(root, folder), rules, path=folder, root=root, policy=self.policy)
        return rules


def _remote(source: SourceSettings, options: FolderOptions, groups: frozenset[str] | None) -> "RemoteFolderConnector":
    # Imported here: local folders need none of the libraries behind it.
    from connectors.remote_folder import RemoteFolderConnector, checked_url

    return RemoteFolderConnector(
        name=source.name,
        url=options.path.rstrip("/"),
        policy=policy_of(source, groups),
        selection=Selection(source.include, source.exclude),
        options=checked_url(options.path, options.storage_options, source.place or f"source {source.name}"),
        private=options.allow_private_addresses,
    )
