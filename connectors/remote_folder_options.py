"""What a remote folder needs: a package for its scheme, and options that are secret until they are used."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from headwater.errors import ConfigError
from headwater.settings import Secret
from headwater.settings.secrets import references

PACKAGES = {
    "s3": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
    "az": ("adlfs", "azure"),
    "abfs": ("adlfs", "azure"),
    "sftp": ("paramiko", "sftp"),
    "ssh": ("paramiko", "sftp"),
    "memory": ("fsspec", ""),
    "file": ("fsspec", ""),
}
"""By scheme: what has to be installed, and the extra that brings it."""


def check_installed(scheme: str, place: str) -> None:
    """ConfigError names the extra to install, or the schemes there are."""
    if scheme not in PACKAGES:
        known = ", ".join(f"{name}://" for name in (*PACKAGES, "http", "https") if name not in ("memory", "gcs", "ssh"))
        raise ConfigError(f"{place}: path begins with {scheme}://, which is none of {known}")
    package, extra = PACKAGES[scheme]
    if find_spec(package) is None:
        raise ConfigError(
            f"{place}: {scheme}:// needs the package {package}, which is not installed",
            advice=f"Run `uv sync --extra {extra}`, or install headwater[{extra}].",
        )


def frozen(options: Mapping[str, object], setting: str) -> tuple[tuple[str, object], ...]:
    """Every text as a secret, so that none is shown; tables as tuples. ConfigError for what is neither."""
    return tuple((str(name), _frozen(value, setting)) for name, value in sorted(options.items()))


def _frozen(value: object, setting: str) -> object:
    if isinstance(value, Mapping):
        return frozen(value, setting)
    if isinstance(value, str):
        try:
            references(value)
        except ValueError as error:
            raise ConfigError(f"{setting}: {error}") from error
        return Secret(value, setting)
    if isinstance(value, bool | int | float):
        return value
    raise ConfigError(f"{setting} may hold texts, numbers, true and false, and tables of them")


def revealed(options: tuple[tuple[str, object], ...], secrets: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in options:
        if isinstance(value, tuple):
            found[name] = revealed(value, secrets)
        elif isinstance(value, Secret):
            found[name] = value.reveal()
            secrets.append(found[name])
        else:
            found[name] = value
    return found
