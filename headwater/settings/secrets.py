"""Values that may hold secrets: kept as written, filled in only where they are used.

`${NAME}` stands for an environment variable, `${prefect-secret:NAME}` for a Prefect Secret block, alone or within a
longer text; `$${` is a literal `${`.
"""

import importlib
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from headwater.errors import ConfigError

_REFERENCE = re.compile(r"(?<!\$)\$\{([^}]*)\}?")
_BLOCK = "prefect-secret:"
_before_prefect: list[Callable[[], None]] = []
_NAME = re.compile(rf"[A-Za-z_][A-Za-z0-9_]*|{_BLOCK}[a-z0-9-]+")


def references(text: str) -> tuple[str, ...]:
    """Names inside `${...}`, in order; ValueError for a name that no variable and no block can have."""
    names = tuple(match[1] for match in _REFERENCE.finditer(text))
    for match in _REFERENCE.finditer(text):
        if not _NAME.fullmatch(match[1]) or not match[0].endswith("}"):
            raise ValueError(
                "${...} has to hold the name of an environment variable, such as ${QDRANT_API_KEY}, "
                "or of a Prefect Secret block, such as ${prefect-secret:qdrant-api-key}"
            )
    return names


def before_prefect(prepare: Callable[[], None]) -> None:
    """`prepare` sets the environment that Prefect reads when it is imported; called when a block is needed."""
    _before_prefect[:] = [prepare]


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
        """The value with its references filled in.

        ConfigError names a variable that is unset or empty, or a block that does not exist; RetriableError when a
        block cannot be asked for.
        """
        return _REFERENCE.sub(self._value, self._template).replace("$${", "${")

    def _value(self, match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith(_BLOCK):
            for prepare in _before_prefect if "prefect" not in sys.modules else ():
                prepare()
            # Imported only here: Prefect takes seconds, and most configurations name no block.
            blocks = importlib.import_module("headwater.settings.blocks")
            return str(blocks.block_value(name.removeprefix(_BLOCK), self._setting))
        found = os.environ.get(name, "")
        if not found:
            raise ConfigError(
                f"{self._setting} refers to the environment variable {name}, which is not set",
                advice=f"Set {name} before starting headwater.",
            )
        return found
