"""A git repository: one branch of it, through a bare mirror in the state folder; nothing is checked out.

Needs git 2.31 or newer. A document's id is its path below `folder`, its time that of the last commit that gave it the
content it has, unless its front matter states one. `.headwater.toml` files count as in a folder, from the repository's
root down, so that whoever closes a folder for all closes it for a source that begins below it. Symbolic links,
submodules and what hides behind a Git LFS pointer are not followed. https://git-scm.com/docs
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from connectors.about import About
from connectors.file_document import FileRead, file_document
from connectors.gitrepo import web
from connectors.gitrepo.listing import Listing, checked_folder
from connectors.gitrepo.mirror import Mirror
from connectors.gitrepo.remote import checked_branch, remote
from connectors.gitrepo.snapshot import held, reading
from connectors.gitrepo.snapshot import newest as newest_of
from connectors.globs import Selection
from connectors.opened import MAX_BYTES
from connectors.policy import SourcePolicy, policy_of
from headwater.errors import ConfigError, FetchError, GoneError, TransientSourceError
from headwater.interfaces import Scanned
from headwater.model import Complete, NotModified, RawDocument, Ref, Unreadable
from headwater.settings import Secret, SourceSettings, parse_duration
from headwater.settings.fields import DurationText, MaybeSecret, Plain
from headwater.settings.schema import Table

_LFS = b"version https://git-lfs.github.com/spec/"
FRESH_SECONDS = 600.0


class GitOptions(Table):
    url: Plain = Field(default="", description='address of the repository, such as "https://github.com/owner/repo"')
    path: Plain = Field(default="", description="or its folder on this machine, or a bundle file")
    branch: Plain = Field(default="", description="the repository's own choice, when it is left out")
    folder: Plain = Field(default="", description="only what lies below this folder of the repository")
    owner_from: Literal["codeowners", "author", ""] = Field(
        default="codeowners", description="who owns a document that states no owner: by CODEOWNERS, or its last author"
    )
    web: Plain = Field(default="", description='where people read a file: "https://host/repo/blob/{branch}/{path}"')
    token: MaybeSecret = Field(default="", description='for https: "${GIT_TOKEN}", a token that may read the contents')
    user: Plain = Field(default="x-access-token", description="the user that goes with the token")
    history: bool = Field(default=True, description="false: only the newest commit, sooner there, and without dates")
    timeout: DurationText = Field(default=parse_duration("10m"), description="for one transfer")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitConnector:
    """`fresh`: seconds for which documents are read from the commit that was listed last in this process; `or_older`:
    also afterwards, while the repository is away.
    """

    Options: ClassVar[type[GitOptions]] = GitOptions
    about: ClassVar[About] = About(
        reads="Files of one branch of a git repository, with their history",
        permissions="none of its own; front matter and .headwater.toml files narrow default_access",
        changes="by the blobs of the newest commit; one request, and one transfer where there are new commits",
        removals="a file that the newest commit does not hold",
        fill_in=("url",),
    )
    absence_is_final: ClassVar[bool] = True

    name: str
    mirror: Mirror
    policy: SourcePolicy
    selection: Selection = field(default_factory=Selection)
    folder: str = ""
    owner_from: str = "codeowners"
    web: str = ""
    fresh: float = FRESH_SECONDS
    or_older: bool = True

    @classmethod
    def configured(cls, source: SourceSettings, options: GitOptions, groups: frozenset[str] | None) -> "GitConnector":
        if bool(options.url) == bool(options.path):
            raise ConfigError(f"{source.place}: name the repository by url, or by path when it is on this machine")
        if source.cache is None:
            raise ConfigError(f"{source.place}: a git source needs a state folder to keep its mirror in")
        path = (source.base / Path(options.path).expanduser()).resolve() if options.path else None
        token = Secret(options.token, f"token of source {source.name}")
        place = source.place or f"source {source.name}"
        mirror = Mirror(
            remote=remote(options.url, path, user=options.user, token=token, place=place),
            branch=checked_branch(options.branch, place),
            cache=source.cache,
            history=options.history,
            seconds=options.timeout.approximate.total_seconds(),
        )
        return cls(
            name=source.name,
            mirror=mirror,
            policy=policy_of(source, groups),
            selection=Selection(source.include, source.exclude),
            folder=checked_folder(options.folder, place),
            owner_from=options.owner_from,
            web=web.template(mirror.remote.address, options.web, place),
        )

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:  # noqa: ARG002 (the interface's)
        """The whole tree of the newest commit, in one call of git; there is nothing to resume."""
        try:
            found = self._scanned()
        except TransientSourceError:
            # A mirror that was broken has been made anew by now; what passes by itself is worth a second try too.
            found = self._scanned()
        yield from found
        yield Complete()

    def left_out(self) -> Mapping[str, int]:
        """How many files are not listed: by suffix, or "link", "submodule" or "pattern" where these are the reason."""
        left: Counter[str] = Counter()
        for _ in self._listing(newest=False).documents(left):
            pass
        return left

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        listing = self._listing(newest=False)
        entry = listing.document(id)
        if entry is None:
            raise GoneError(f"{id[:200]!r} is not among the documents that this source lists")
        with reading(listing.snapshot):
            rules, version = listing.ruled(id, entry)
            if version == known:
                return NotModified(version)
            if entry.size > MAX_BYTES:
                raise FetchError(
                    f"{id} has {entry.size / 1e6:.0f} MB, and files over {MAX_BYTES / 1e6:.0f} MB are not read",
                    advice="Split it, or exclude it.",
                )
            content = listing.snapshot.blobs.read(entry.blob)
            change, renamed = listing.change(entry), listing.renamed_from(entry)
            moment = change.moment if change else None
        if len(content) < 1024 and content.startswith(_LFS):
            raise FetchError(
                f"{id} is a Git LFS pointer: its content is not in the repository",
                advice="Exclude it, or index a checkout of it with a folder source.",
            )
        file = FileRead(
            id=id,
            version=version,
            uri=listing.uri(entry),
            content=content,
            meta={
                **({"renamed_from": renamed} if renamed else {}),
                **({"modified": moment.isoformat()} if moment else {}),
            },
            updated_at=moment,
        )
        return file_document(self.name, file, rules, self.policy)

    def not_older(self, seconds: float) -> "GitConnector":
        """The same, reading no commit that was the newest longer ago than this."""
        return replace(self, fresh=min(self.fresh, seconds), or_older=False)

    def _scanned(self) -> list[Scanned]:
        listing = self._listing(newest=True)
        with reading(listing.snapshot):
            found: list[Scanned] = [Ref(id, listing.ruled(id, entry)[1]) for id, entry in listing.documents()]
        for id in listing.twice:
            found.append(Unreadable(f"{id} (as named)", "FetchError", f"another file has the name {id!a} as text too"))
        return found

    def _listing(self, *, newest: bool) -> Listing:
        snapshot = newest_of(self.mirror) if newest else held(self.mirror, self.fresh, or_older=self.or_older)
        return Listing(snapshot, self.folder, self.policy, self.selection, self.owner_from, self.web)
