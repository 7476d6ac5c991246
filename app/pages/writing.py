"""Pages as files."""

import os
import tempfile
from pathlib import Path

from headwater.errors import ConfigError


def write_page(file: Path, text: str) -> None:
    """Replace `file` at once, for its owner alone: pages quote what not everybody may read. ConfigError when it cannot
    be written.
    """
    try:
        handle, scratch = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as out:
            out.write(text)
        Path(scratch).replace(file)
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror}", advice="Name a file in a folder that exists."
        ) from error
