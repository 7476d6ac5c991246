"""Which paths of a source are wanted: patterns as in .gitignore, from the source's root."""

from dataclasses import dataclass
from functools import lru_cache

import pathspec

from headwater.errors import ConfigError


@lru_cache(maxsize=256)
def matcher(patterns: tuple[str, ...]) -> pathspec.PathSpec[pathspec.Pattern]:
    """ConfigError for a pattern that cannot be one."""
    try:
        return pathspec.PathSpec.from_lines("gitignore", patterns)
    except ValueError as error:
        raise ConfigError(
            f"{', '.join(patterns)!r} is not a path pattern: {error}",
            advice="Write patterns as in .gitignore, such as docs/**/*.md or drafts/.",
        ) from error


@dataclass(frozen=True, slots=True)
class Selection:
    """Every file that `include` matches (all, when it is empty) and `exclude` does not; the last matching pattern wins.

    Unlike with git, `!pattern` brings a file back even from an excluded folder. ConfigError for a pattern that
    cannot be one.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for pattern in (*self.include, *self.exclude):
            matcher((pattern,))

    def enters(self, folder: str) -> bool:
        """Whether a file below this folder could be taken."""
        if not self.exclude or any(pattern.startswith("!") for pattern in self.exclude):
            return True
        return not matcher(self.exclude).match_file(folder + "/")

    def takes(self, path: str) -> bool:
        if self.include and not matcher(self.include).match_file(path):
            return False
        return not self.exclude or not matcher(self.exclude).match_file(path)
