"""The `.headwater.toml` beside files: what holds for every document in its folder and below."""

import errno
import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

from connectors.described import Described, closed, from_source, stated_by_folder
from connectors.frontmatter import LIMIT, plain
from connectors.policy import SourcePolicy
from headwater.model import digest

FILE = ".headwater.toml"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is in force in a folder; `digest` changes with anything in the chain of files that it comes from."""

    described: Described
    digest: str


def source_rules(policy: SourcePolicy) -> Rules:
    return Rules(from_source(policy), policy.digest)


def rules_in(folder: str, above: Rules, *, path: str, root: str, policy: SourcePolicy) -> Rules:
    """`above`, as changed by the file in `folder`, if there is one; `path` is the folder's, from the root.

    A file that cannot be read or understood may have restricted the readers: nobody reads what is below it.
    """
    where = f"{path}/{FILE}" if path else FILE
    try:
        data = _read(Path(folder) / FILE, root)
    except OSError as error:
        return unreadable(above, where, str(error.strerror or error))
    if data is None:
        return above
    return applied(data, above, where, policy)


def unreadable(above: Rules, where: str, why: str) -> Rules:
    """Below a file of rules whose content is not known."""
    problem = f"{where} cannot be read ({why}), so nobody may read what is below it"
    return Rules(closed(above.described, problem), digest(above.digest, where, problem))


def _read(file: Path, root: str) -> bytes | None:
    real = os.path.realpath(file)
    if real != str(file) and not real.startswith(root.rstrip("/") + "/"):
        raise PermissionError(1, "it is a link out of the source's folder")
    try:
        # Without waiting: a pipe of this name would be waited for without end.
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        if file.is_symlink():
            raise
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a file")
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            data = stream.read(LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(data) > LIMIT:
        raise OSError(27, f"it is larger than {LIMIT} bytes")
    return data


def applied(data: bytes, above: Rules, where: str, policy: SourcePolicy) -> Rules:
    """`above`, as changed by a file of rules with this content; `where` is its path, from the root."""
    marked = digest(above.digest, where, data)
    try:
        fields = plain(tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"), parse_float=str))
    except (ValueError, RecursionError) as error:
        problem = f"{where} is not valid TOML ({str(error)[:200]}), so nobody may read what is below it"
        return Rules(closed(above.described, problem), marked)
    return Rules(stated_by_folder(above.described, fields, where=where, policy=policy), marked)
