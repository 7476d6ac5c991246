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
    """Everything that `include` matches (all, when it is empty) and `exclude` does not.

    As with git, nothing below an excluded folder comes back by a later `!pattern`.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def enters(self, folder: str) -> bool:
        return not self.exclude or not matcher(self.exclude).match_file(folder + "/")

    def takes(self, path: str) -> bool:
        """Of a file in a folder that is entered."""
        if self.include and not matcher(self.include).match_file(path):
            return False
        return not self.exclude or not matcher(self.exclude).match_file(path)

    def admits(self, path: str) -> bool:
        """Of a file whose folders were not looked at yet."""
        parts = path.split("/")
        return all(self.enters("/".join(parts[:n])) for n in range(1, len(parts))) and self.takes(path)
