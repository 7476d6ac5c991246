"""What a source's settings say about every document in it."""

from dataclasses import dataclass, field
from functools import lru_cache

from connectors.globs import matcher
from connectors.paths import PathRule, path_rules
from headwater.model import Access, digest
from headwater.settings import ContentRules, SourceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePolicy:
    """`groups` are the names under `[groups]`, or None where no group can be called unknown."""

    access: Access
    content: ContentRules = field(default_factory=ContentRules)
    owner: str = ""
    product: str = ""
    audience: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    paths: tuple[str, ...] = ()
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
    def rules(self) -> tuple[PathRule, ...]:
        """What is read out of paths, the most specific rule first."""
        return path_rules(self.paths)

    @property
    def digest(self) -> str:
        """Changes whenever the same file could come out with other readers, kind, dates or other metadata."""
        return _digest(self)


def policy_of(source: SourceSettings, groups: frozenset[str] | None) -> SourcePolicy:
    """ConfigError for a rule whose pattern cannot be one, of kinds or of paths."""
    for glob, _ in source.content.rules:
        matcher((glob,))
    path_rules(source.paths)
    return SourcePolicy(
        access=source.default_access,
        content=source.content,
        owner=source.owner,
        product=source.product,
        audience=source.audience,
        tags=source.tags,
        language=source.language,
        paths=source.paths,
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
        repr((policy.product, policy.audience, policy.tags, policy.language, policy.paths)),
        policy.timezone,
        str(policy.allow_widening),
        groups,
    )
