"""The repository that documents come from: its address, how it lets us in, and the branches it has now."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from connectors.gitrepo.command import Git
from connectors.gitrepo.trouble import GitFailedError, translated
from headwater.errors import ConfigError, FatalError
from headwater.settings import did_you_mean
from headwater.settings.secrets import Secret

ASKING_SECONDS = 60.0
_SCP = re.compile(r"(?!-)(?:[\w.-]+@)?(?!-)[\w.-]+:(?!//)[^\s:][^\s]*")
_PROTOCOLS = {"https": ("https",), "http": ("http", "https"), "ssh": ("ssh",), "git": ("git",), "file": ("file",)}
_BRANCH = re.compile(r"(?![-/.])[^\x00-\x20~^:?*\[\\]+(?<![/.])")
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))


@dataclass(frozen=True, slots=True)
class Head:
    """`ref` is what to ask the repository for; `branch` is "" where its HEAD is on none."""

    branch: str
    ref: str
    commit: str


@dataclass(frozen=True, slots=True)
class Remote:
    """`address` is a url without credentials, or an absolute path. `token` goes to the address's own host alone."""

    address: str
    user: str = "x-access-token"
    token: Secret = field(default_factory=Secret)

    @property
    def scheme(self) -> str:
        if self.address.startswith("/"):
            return "file"
        return urlsplit(self.address).scheme if "://" in self.address else "ssh"

    def git(self, folder: Path | None) -> Git:
        """Git that may talk to this repository, and to no other kind of address; `token` is read now."""
        if not self.token:
            return Git(folder, _PROTOCOLS[self.scheme])
        header = base64.b64encode(f"{self.user}:{self.token.reveal()}".encode()).decode()
        parts = urlsplit(self.address)
        own = f"http.{parts.scheme}://{parts.netloc.rpartition('@')[2]}/.extraHeader"
        secrets = (("credential.helper", ""), (own, f"Authorization: Basic {header}"))
        return Git(folder, _PROTOCOLS[self.scheme], secrets)

    def said(self, error: GitFailedError) -> Exception:
        """The error that a failure of talking to it becomes."""
        return translated(error, self.address, secrets=(self.token.reveal(),) if self.token else ())

    def head(self, branch: str) -> Head | None:
        """Of `branch`, or of the repository's own choice where it is ""; None for a repository without commits."""
        try:
            listing = self.git(None).output(
                "ls-remote", "--symref", "--", self.address, "HEAD", "refs/heads/*", seconds=ASKING_SECONDS
            )
        except GitFailedError as error:
            raise self.said(error) from error
        refs, default = _parsed(listing.decode("utf-8", "surrogateescape"))
        branches = {name.removeprefix("refs/heads/"): id for name, id in refs.items() if name.startswith("refs/heads/")}
        if not branches and "HEAD" not in refs:
            return None
        wanted = branch or default.removeprefix("refs/heads/") or _named(refs.get("HEAD", ""), branches)
        if wanted in branches:
            return Head(wanted, f"refs/heads/{wanted}", branches[wanted])
        if not wanted and "HEAD" in refs:
            return Head("", "HEAD", refs["HEAD"])
        raise _no_branch(wanted, branches, self.address)


def remote(url: str, path: Path | None, *, user: str, token: Secret, place: str) -> Remote:
    """ConfigError for an address that git may not use, that carries a password, or that would give the token away."""
    if path is not None:
        if token:
            raise ConfigError(f"{place}: token is for a url; a path needs none")
        return Remote(str(path))
    parts = urlsplit(url) if "://" in url else None
    if parts is None and not _SCP.fullmatch(url):
        raise ConfigError(f"{place}: url is no address of a repository; write https://..., ssh://... or user@host:path")
    if parts is not None and (parts.scheme not in _PROTOCOLS or (parts.scheme != "file" and not _host(parts.hostname))):
        raise ConfigError(f"{place}: url has to begin with {', '.join(f'{scheme}://' for scheme in _PROTOCOLS)}")
    if parts is not None and (parts.password or (parts.scheme in ("http", "https") and parts.username)):
        raise ConfigError(
            f"{place}: url carries a user or a password", advice='Write the password as token = "${NAME}" instead.'
        )
    if token and (parts is None or parts.scheme not in ("http", "https")):
        raise ConfigError(f"{place}: token is for https addresses; ssh takes the key of its agent")
    if token and parts is not None and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigError(f"{place}: url is not encrypted, so that everyone on the way could read the token")
    return Remote(url, user, token)


def _host(name: str | None) -> bool:
    return bool(name) and not str(name).startswith("-")


def checked_branch(branch: str, place: str) -> str:
    if branch and (not _BRANCH.fullmatch(branch) or ".." in branch or "@{" in branch or "//" in branch):
        raise ConfigError(f"{place}: branch {branch!r} cannot be the name of a branch")
    return branch


def _parsed(listing: str) -> tuple[Mapping[str, str], str]:
    """Refs by name, and the one that HEAD stands for."""
    refs: dict[str, str] = {}
    default = ""
    for line in listing.splitlines():
        left, _, name = line.partition("\t")
        if left.startswith("ref: ") and name == "HEAD":
            default = left.removeprefix("ref: ")
        elif name == "HEAD" or name.startswith("refs/heads/"):
            refs[name] = left
    return refs, default


def _named(commit: str, branches: Mapping[str, str]) -> str:
    """A branch at this commit, where the repository does not say which one its HEAD is."""
    at = sorted(name for name, id in branches.items() if id == commit)
    return next((name for name in ("main", "master") if name in at), at[0] if at else "")


def _no_branch(wanted: str, branches: Mapping[str, str], address: str) -> FatalError:
    if not wanted:
        return FatalError(f"{address} does not say which branch is its own", advice="Set branch for this source.")
    names = ", ".join(sorted(branches)[:8])
    return FatalError(
        f"{address} has no branch {wanted!r}{did_you_mean(wanted, branches)}: nothing was removed",
        advice=f"Set branch to one that exists: {names}." if names else "Push the branch, or correct the setting.",
    )
