"""Values that may hold secrets: kept as written, expanded from the environment only where they are used."""

import os
import re
from dataclasses import dataclass, field

from headwater.errors import ConfigError

_REFERENCE = re.compile(r"(?<!\$)\$\{([^}]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def references(text: str) -> tuple[str, ...]:
    """Names inside `${...}`, in order; `$${` is a literal `${`. ValueError for a name that no variable can have."""
    names = tuple(match[1] for match in _REFERENCE.finditer(text))
    for match in _REFERENCE.finditer(text):
        if not _NAME.fullmatch(match[1]) or not match[0].endswith("}"):
            raise ValueError("${...} has to hold the name of an environment variable, such as ${QDRANT_API_KEY}")
    return names


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A setting that may be a secret; its text appears in no repr, str or error, only through `reveal()`."""

    _template: str = ""
    _setting: str = field(default="", compare=False)

    def __bool__(self) -> bool:
        return bool(self._template)

    def __repr__(self) -> str:
        return f"Secret({self})"

    def __str__(self) -> str:
        if not self._template:
            return ""
        names = references(self._template)
        return " and ".join(f"${{{name}}}" for name in names) if names else "***"

    def reveal(self) -> str:
        """The value with its environment variables filled in; ConfigError names one that is unset or empty."""

        def value(match: re.Match[str]) -> str:
            found = os.environ.get(match[1], "")
            if not found:
                raise ConfigError(
                    f"{self._setting} refers to the environment variable {match[1]}, which is not set",
                    advice=f"Set {match[1]} before starting headwater.",
                )
            return found

        return _REFERENCE.sub(value, self._template).replace("$${", "${")
