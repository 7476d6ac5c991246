"""What a source's settings say about every document in it."""

from dataclasses import dataclass, field
from functools import lru_cache

from connectors.globs import matcher
from headwater.model import Access, digest
from headwater.settings import ContentRules, SourceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePolicy:
    """`groups` are the names under `[groups]`, or None where no group can be called unknown."""

    access: Access
    content: ContentRules = field(default_factory=ContentRules)
    owner: str = ""
    timezone: str = "UTC"
    allow_widening: bool = False
    groups: frozenset[str] | None = None

    def kind_of(self, path: str) -> str:
        """The kind of document at this path (posix, from the source's root) where nothing beside it says otherwise."""
        for glob, kind in self.content.rules:
            if matcher((glob,)).match_file(path):
                return kind
        return self.content.default

    @property
    def digest(self) -> str:
        """Changes whenever the same file could come out with other readers, kind, owner or dates."""
        return _digest(self)


def policy_of(source: SourceSettings, groups: frozenset[str] | None) -> SourcePolicy:
    """ConfigError for a rule whose pattern cannot be one."""
    for glob, _ in source.content.rules:
        matcher((glob,))
    return SourcePolicy(
        access=source.default_access,
        content=source.content,
        owner=source.owner,
        timezone=source.timezone,
        allow_widening=source.allow_widening,
        groups=groups,
    )


@lru_cache(maxsize=64)
def _digest(policy: SourcePolicy) -> str:
    groups = "any" if policy.groups is None else ",".join(sorted(policy.groups))
    return digest(
        "\n".join(sorted(policy.access.allow)),
        "\n".join(sorted(policy.access.deny)),
        repr((policy.content.default, policy.content.rules)),
        policy.owner,
        policy.timezone,
        str(policy.allow_widening),
        groups,
    )
