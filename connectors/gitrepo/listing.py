"""The documents among the files of one commit, with the rules in force for each."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from connectors.file_document import linked
from connectors.folder_defaults import FILE, Rules, applied, source_rules, unreadable
from connectors.frontmatter import LIMIT
from connectors.gitrepo import web
from connectors.gitrepo.history import Change
from connectors.gitrepo.snapshot import Snapshot
from connectors.gitrepo.tree import LINK, SUBMODULE, Entry
from connectors.globs import Selection
from connectors.media import MEDIA_TYPES, suffix_of
from connectors.policy import SourcePolicy
from connectors.walk import as_text
from headwater.errors import ConfigError, FatalError
from headwater.metadata.origins import Level, origin
from headwater.model import digest

_UNDATED = "its repository was cloned without its whole history, so when it last changed is not known"


def checked_folder(folder: str, place: str) -> str:
    """Without slashes at its ends."""
    name = folder.strip("/").removeprefix("./")
    if any(part in (".", "..") for part in name.split("/")):
        raise ConfigError(f"{place}: folder is a path inside the repository, such as docs/guides")
    return name


@dataclass(slots=True)
class Listing:
    """Of one source: what of `snapshot` lies below `folder` and is wanted; ids are paths from there."""

    snapshot: Snapshot
    folder: str
    policy: SourcePolicy
    selection: Selection
    owner_from: str
    web: str
    _rules: dict[str, Rules] = field(default_factory=dict)

    @property
    def _prefix(self) -> str:
        return f"{self.folder}/" if self.folder else ""

    @property
    def twice(self) -> list[str]:
        return [id.removeprefix(self._prefix) for id in self.snapshot.twice if id.startswith(self._prefix)]

    def documents(self, left_out: Counter[str] | None = None) -> Iterator[tuple[str, Entry]]:
        """FatalError when the repository has no such folder, which is not the same as an empty one."""
        left = Counter[str]() if left_out is None else left_out
        prefix, seen = self._prefix, False
        for name, entry in self.snapshot.entries.items():
            if name.startswith(prefix):
                seen = True
                if self._listed(name[len(prefix) :], entry, left):
                    yield name[len(prefix) :], entry
        if self.folder and not seen and self.snapshot.entries:
            raise FatalError(
                f"{self.snapshot.mirror.remote.address} has no folder {self.folder!r} on {self.snapshot.ref}",
                advice="Correct folder of this source.",
            )

    def document(self, id: str) -> Entry | None:
        """None for everything that a listing would not contain."""
        entry = self.snapshot.entries.get(self._prefix + id)
        return entry if entry is not None and self._listed(id, entry, Counter()) else None

    def _listed(self, id: str, entry: Entry, left: Counter[str]) -> bool:
        if id.startswith(".") or "/." in id:
            return False
        suffix = suffix_of(id.rpartition("/")[2])
        if entry.mode in (LINK, SUBMODULE):
            left["link" if entry.mode == LINK else "submodule"] += 1
        elif suffix not in MEDIA_TYPES:
            left[suffix or "no suffix"] += 1
        elif not self.selection.takes(id):
            left["pattern"] += 1
        else:
            return True
        return False

    def change(self, entry: Entry) -> Change | None:
        return self.snapshot.changes.get(entry.path)

    def renamed_from(self, entry: Entry) -> str:
        """The id that the content had before the commit that last touched the file; "" when it was no other."""
        change = self.change(entry)
        return as_text(change.renamed_from).removeprefix(self._prefix) if change else ""

    def uri(self, entry: Entry) -> str:
        return web.uri(self.web, self.snapshot.mirror.remote.address, self.snapshot.ref, entry.path)

    @property
    def _place(self) -> str:
        """What the address of a file depends on, beside its path."""
        return f"{self.web or self.snapshot.mirror.remote.address} {self.snapshot.ref}"

    def ruled(self, id: str, entry: Entry) -> tuple[Rules, str]:
        """What is in force for this file, and its version: changed by anything that it could come out otherwise by."""
        above = linked(id, self._of_folder((self._prefix + id).rpartition("/")[0]), self.policy, self._is_document)
        rules = self._owned(above, entry)
        change = self.change(entry)
        about = f"{change.time} {change.renamed_from}" if change else str(self.snapshot.shallow)
        return rules, f"{entry.blob}-{digest(rules.digest, about, self._place)[:20]}"

    def _is_document(self, id: str) -> bool:
        return self.document(id) is not None

    def _owned(self, rules: Rules, entry: Entry) -> Rules:
        """With the owner that the repository names, where no folder states one."""
        described = rules.described
        if described.meta.get("owner", "") != self.policy.owner:
            return rules
        if self.owner_from == "codeowners":
            owner, where = next(iter(self.snapshot.owners.of(entry.path)), ""), "(CODEOWNERS)"
        else:
            change = self.change(entry) if self.owner_from == "author" else None
            owner, where = change.author if change else "", "(last author)"
        if not owner:
            return rules
        owner = as_text(owner)
        return Rules(described.stated("owner", owner, origin(Level.CONNECTOR, where)), digest(rules.digest, owner))

    def _of_folder(self, folder: str) -> Rules:
        if folder in self._rules:
            return self._rules[folder]
        above = self._of_folder(folder.rpartition("/")[0]) if folder else self._of_source()
        file = f"{folder}/{FILE}" if folder else FILE
        entry = self.snapshot.entries.get(file)
        if entry is not None:
            above = self._changed(above, file, entry)
        self._rules[folder] = above
        return above

    def _of_source(self) -> Rules:
        rules = source_rules(self.policy)
        if not self.snapshot.shallow:
            return rules
        return Rules(replace(rules.described, findings=(*rules.described.findings, _UNDATED)), rules.digest)

    def _changed(self, above: Rules, file: str, entry: Entry) -> Rules:
        if entry.mode in (LINK, SUBMODULE):
            return unreadable(above, file, "it is a link")
        if entry.size > LIMIT:
            return unreadable(above, file, f"it is larger than {LIMIT} bytes")
        return applied(self.snapshot.small(entry), above, file, self.policy)
