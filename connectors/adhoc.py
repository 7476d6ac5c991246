"""A source that is named on the command line and stands in no configuration file."""

import os
from collections.abc import Sequence
from pathlib import Path

from connectors.walk import as_text
from headwater.errors import ConfigError
from headwater.model import HELP, Access, principals
from headwater.settings import ContentRules, SourceSettings


def adhoc_source(path: Path, access: Sequence[str]) -> SourceSettings:
    """The folder `path` as a source of its own, named `folder:` and its real path, which no configured name can equal.

    ConfigError when `path` is no folder, or when `access` names no reader.
    """
    real = os.path.realpath(path.expanduser())
    if not Path(real).is_dir():
        raise ConfigError(f"{path} is not a folder", advice="Name a folder of documents.")
    if not access:
        raise ConfigError(
            f"someone has to be named as reader of {path}: add --access public, --access group:NAME "
            "or --access user:EMAIL"
        )
    try:
        readers = Access(principals(access))
    except ValueError as error:
        raise ConfigError(f"--access: {error}") from error
    name = f"folder:{as_text(real)}"
    return SourceSettings(
        name=name,
        kind="folder",
        default_access=readers,
        content=ContentRules(default=HELP),
        options={"path": real},
        base=Path(real),
        adhoc=True,
        place=name,
    )
