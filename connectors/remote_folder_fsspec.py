"""Folders of object stores and other machines, by fsspec. https://filesystem-spec.readthedocs.io

Folder by folder, because fsspec's own `find` takes a folder that cannot be listed for an empty one.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib import import_module
from typing import Any, TypeVar
from urllib.parse import quote

import fsspec
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connectors.remote_folder_options import revealed
from connectors.remote_folder_stores import MAX_BYTES, ClosedPlace, Stored, aware
from headwater.errors import (
    CredentialError,
    FatalError,
    FetchError,
    GoneError,
    HeadwaterError,
    TransientSourceError,
)
from headwater.model import Unreadable

T = TypeVar("T")
_SSH = frozenset(("sftp", "ssh"))
_REAL_FOLDERS = frozenset(("sftp", "ssh", "file"))
_SECONDS = 120.0
_ATTEMPTS = 4
_TAGS = ("ETag", "etag", "e_tag", "md5Hash", "content_md5", "generation")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modified")
_REFUSED = ("credential", "forbidden", "accessdenied", "authentication", "unauthorized", "signature", "badhostkey")


class FsspecStore:
    """Made by `store`; every call is bounded in time."""

    def __init__(self, url: str, options: Mapping[str, Any], secrets: tuple[str, ...]) -> None:
        self._url = url.rstrip("/")
        self._scheme = url.partition("://")[0]
        self._secrets = tuple(secret for secret in secrets if len(secret) > 3)
        fs, root = self._bounded(lambda: _opened(self._url, self._scheme, options), self._url)
        self._fs: Any = fs
        self._root = str(root).rstrip("/")

    def entries(self) -> Iterator[Stored | Unreadable]:
        self._fs.invalidate_cache()
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                found = self._listed(folder)
            except GoneError:
                if not folder:
                    self.check_root()
                continue
            except (FetchError, CredentialError) as error:
                if not folder:
                    raise
                yield ClosedPlace(folder, type(error).__name__, str(error))
                continue
            below: list[str] = []
            for path, about in sorted(found.items()):
                kind = about.get("type")
                if kind == "directory" and not about.get("islink"):
                    below.append(path)
                elif kind == "file" and not about.get("islink"):
                    yield _stored(path, about)
            waiting.extend(reversed(below))

    def stat(self, path: str) -> Stored:
        return _stored(path, self._asked(lambda: self._fs.info(self._full(path)), path))

    def read(self, path: str, most: int = MAX_BYTES) -> tuple[Stored, bytes]:
        before = self.stat(path)
        for _ in range(3):
            if before.size is not None and before.size > most:
                raise _too_large(path, before.size, most)
            # Some stores refuse to read a range of nothing.
            end = None if before.size is not None else most + 1
            read = partial(self._fs.cat_file, self._full(path), None, end)
            content = b"" if before.size == 0 else bytes(self._asked(read, path))
            if len(content) > most:
                raise _too_large(path, len(content), most)
            after = self.stat(path)
            if after.marker == before.marker and (after.size is None or after.size == len(content)):
                return after.sized(len(content)), content
            before = after
        raise TransientSourceError(f"{self.uri(path)} is being written to")

    def rules(self, folder: str, name: str) -> Stored | None:
        try:
            return self.stat(f"{folder}/{name}" if folder else name)
        except GoneError:
            return None

    def uri(self, path: str) -> str:
        return f"{self._url}/{quote(path)}"

    def check_root(self) -> None:
        """FatalError when the root is not there; an object store has no folders, so there its bucket is asked for."""
        place = self._root if self._scheme in _REAL_FOLDERS else self._root.lstrip("/").partition("/")[0]
        if self._scheme == "memory":
            return
        try:
            self._asked(lambda: self._fs.ls(place, detail=False), "")
        except GoneError as error:
            raise FatalError(f"{self._url} is not there", advice="Correct the source's path, or mount it.") from error

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _listed(self, folder: str) -> dict[str, Mapping[str, Any]]:
        """Path to what is known of it, of everything directly in a folder."""
        attempts = Retrying(
            retry=retry_if_exception_type(TransientSourceError),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            reraise=True,
        )
        full = self._full(folder)
        listing = attempts(self._asked, lambda: self._fs.ls(full, detail=True), folder)
        start = f"{self._root.strip('/')}/" if self._root.strip("/") else ""
        found: dict[str, Mapping[str, Any]] = {}
        for about in listing:
            name = str(about["name"]).lstrip("/")
            path = name[len(start) :]
            if name.startswith(start) and path.rstrip("/") not in ("", folder):
                found[path.rstrip("/")] = {**about, "type": "directory"} if path.endswith("/") else about
        return found

    def _asked(self, call: Callable[[], T], path: str) -> T:
        return self._bounded(call, self.uri(path) if path else self._url)

    def _bounded(self, call: Callable[[], T], what: str) -> T:
        """The call's result within its time; the libraries behind have no common way of saying how long to wait."""
        answers: list[T] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                answers.append(call())
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for, as one of ours
                errors.append(error)

        thread = threading.Thread(target=run, name="headwater-store", daemon=True)
        thread.start()
        thread.join(_SECONDS)
        if thread.is_alive():
            raise TransientSourceError(f"{what} did not answer within {_SECONDS:g} s")
        if errors:
            # A store may repeat what it was sent: then its error is no cause that anyone may read.
            raise self._translated(errors[0], what) from None if self._repeats_secret(errors[0]) else errors[0]
        return answers[0]

    def _repeats_secret(self, error: BaseException | None) -> bool:
        while error is not None:
            if any(secret in f"{error}{error.args}" for secret in self._secrets):
                return True
            error = error.__cause__ or error.__context__
        return False

    def _translated(self, error: BaseException, what: str) -> BaseException:
        if isinstance(error, HeadwaterError) or not isinstance(error, Exception):
            return error
        if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            return GoneError(f"{what} does not exist")
        said = " ".join(str(error).split())
        for secret in self._secrets:
            said = said.replace(secret, "***")
        name = type(error).__name__
        message = f"{what} cannot be read: {name}: {said[:200]}"
        refused = isinstance(error, PermissionError) or getattr(error, "status_code", None) in (401, 403)
        if refused or any(word in name.lower() for word in _REFUSED):
            return CredentialError(
                message, advice="Check storage_options of this source, or the credentials in the environment."
            )
        if isinstance(error, ValueError | TypeError | NotImplementedError | ImportError):
            return FatalError(message, advice="Check path and storage_options of this source.")
        return TransientSourceError(message)


def _opened(url: str, scheme: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """The file system and the root's path in it."""
    if scheme not in _SSH:
        fs, root = fsspec.core.url_to_fs(url, skip_instance_cache=True, use_listings_cache=False, **options)
        return fs, str(root)
    # Asked by name: packages that take the scheme over have options of their own. It keeps no listings, and hands every
    # option that it is given to paramiko.
    sftp = import_module("fsspec.implementations.sftp").SFTPFileSystem
    found = sftp(skip_instance_cache=True, **{**sftp._get_kwargs_from_urls(url), **options})
    return found, str(sftp._strip_protocol(url))


@cache
def store(url: str, options: tuple[tuple[str, object], ...]) -> FsspecStore:
    """One for equal settings, kept until the program ends: opening one may take longer than listing it."""
    secrets: list[str] = []
    return FsspecStore(url, revealed(options, secrets), tuple(secrets))


def _stored(path: str, about: Mapping[str, Any]) -> Stored:
    size = about.get("size", about.get("Size"))
    tag = next((str(about[name]).strip('"') for name in _TAGS if about.get(name)), "")
    modified = next((aware(about[name]) for name in _TIMES if about.get(name)), None)
    return Stored(path=path, size=size if isinstance(size, int) else None, tag=tag, modified=modified)


def _too_large(path: str, size: int, most: int) -> FetchError:
    return FetchError(
        f"{path} has {size / 1e6:.0f} MB or more, and files over {most / 1e6:.0f} MB are not read",
        advice="Split it, or exclude it.",
    )
