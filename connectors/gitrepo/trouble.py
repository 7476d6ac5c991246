"""What git's messages mean for a source: whether trying again helps, or a person has to change something."""

import re
from pathlib import Path

from headwater.errors import CredentialError, FatalError, HeadwaterError, StateError, TransientSourceError

_REFUSED = re.compile(
    r"authentication failed|could not read (?:username|password)|terminal prompts disabled|returned error: 40[13]"
    r"|permission denied|host key verification failed|access denied|invalid credentials",
    re.IGNORECASE,
)
_OWNED = re.compile(r"dubious ownership", re.IGNORECASE)
_MISSING = re.compile(
    r"not found|does not appear to be a git repository|not a git repository|does not exist|no such file"
    r"|returned error: 404|transport '[^']*' not allowed",
    re.IGNORECASE,
)
_FULL = re.compile(r"no space left|disk quota exceeded|read-only file system", re.IGNORECASE)
_PASSING = re.compile(
    r"could not resolve host|timed out|timeout|connection (?:refused|reset|closed)|failed to connect"
    r"|couldn't connect|early eof|rpc failed|hung up|unexpected disconnect|returned error: (?:429|5\d\d)"
    r"|operation too slow|network is unreachable|no route to host|temporary failure|unable to create .*\.lock"
    r"|cannot lock ref|kex_exchange|gnutls|ssl_|tls connect",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


class GitFailedError(Exception):
    """A command ended with an error; `said` is what it wrote to say why. Never leaves this package."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"git {command} failed")
        self.said = said

    @property
    def reason(self) -> str:
        """The line that says most, without credentials of an address."""
        lines = [line.strip() for line in self.said.splitlines() if line.strip()]
        fatal = [line for line in lines if line.startswith(("fatal:", "error:", "remote: error", "ERROR"))]
        line = (fatal or lines or ["it did not say why"])[0]
        return _CREDENTIALS.sub("", line.removeprefix("fatal:").removeprefix("error:").strip())[:300]


class GitTooSlowError(TransientSourceError):
    """A command took longer than it may."""


def translated(error: GitFailedError, what: str, *, secrets: tuple[str, ...] = ()) -> HeadwaterError:
    """The failure of talking to a repository, in the terms of a run; `what` names it for people."""
    said, reason = error.said, error.reason
    for secret in secrets:
        reason = reason.replace(secret, "***") if secret else reason
    message = f"{what} cannot be read: {reason}"
    if _FULL.search(said):
        return StateError(message, advice="Make room in the state folder, or make it writable.")
    if _OWNED.search(said):
        return FatalError(message, advice="Run as the owner of the repository, or name it under git's safe.directory.")
    if _REFUSED.search(said):
        return CredentialError(message, advice="Check token of this source, or the key that ssh uses.")
    if _PASSING.search(said):
        return TransientSourceError(message, advice="Run again later.")
    if _MISSING.search(said):
        return FatalError(message, advice="Correct its url or path; a private repository needs a token or a key.")
    return FatalError(message)


def not_installed(folder: Path | None) -> FatalError:
    if folder is not None and not folder.is_dir():
        return StateError(f"the mirror {folder} is not there any more", advice="Run again.")
    return FatalError("git is not installed, or not on the PATH", advice="Install git (2.31 or newer).")
