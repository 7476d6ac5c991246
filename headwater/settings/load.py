"""From file and environment to `Settings`."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from headwater.errors import ConfigError
from headwater.settings.assemble import assembled
from headwater.settings.explain import config_error
from headwater.settings.names import did_you_mean
from headwater.settings.origin import Origin
from headwater.settings.schema import NESTED, PREFIX, Configuration, parts_of
from headwater.settings.values import Settings

FILE_NAME = "headwater.toml"
HOME_NAME = ".headwater"
# HEADWATER_DATA says where the data for measurements lies, HEADWATER_RUN_SECONDS what a deployment gives its runs; they
# are no settings, but share the prefix.
_RESERVED = ("HEADWATER_HOME", "HEADWATER_CONFIG", "HEADWATER_DATA", "HEADWATER_RUN_SECONDS")


def load(file: Path | None = None, *, home: Path | None = None) -> Settings:
    """The configuration of `file`, else of HEADWATER_CONFIG, else of the nearest headwater.toml at or above the cwd.

    Without any file, the defaults and the environment. `home` goes before HEADWATER_HOME. ConfigError, with one
    line for everything that is wrong.
    """
    variables = {name.upper(): value for name, value in os.environ.items() if name.upper().startswith(PREFIX)}
    found = find_file(file)
    text, data = _read(found) if found is not None else ("", {})
    origin = Origin(file=found, text=text, data=data, variables=variables, prefix=PREFIX, nested=NESTED)
    _refuse_unknown_variables(variables)
    base = found.parent if found is not None else Path.cwd()
    return assembled(_validated(data, origin), origin, base=base, home=home or _home(variables, base))


def find_file(file: Path | None = None) -> Path | None:
    """The absolute path of the file that `load` would read; ConfigError when a named one does not exist."""
    named = file or (Path(os.environ["HEADWATER_CONFIG"]) if os.environ.get("HEADWATER_CONFIG") else None)
    if named is not None:
        path = named.expanduser().absolute()
        if not path.is_file():
            raise ConfigError(
                f"the configuration file {path} does not exist",
                advice="Write one with headwater init, or name another.",
            )
        return path
    cwd = Path.cwd()
    return next((folder / FILE_NAME for folder in (cwd, *cwd.parents) if (folder / FILE_NAME).is_file()), None)


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        return text, tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text", advice="Save it in the encoding UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file.name} is not valid TOML: {error}", advice=f"Correct {file}.") from error


def _home(variables: Mapping[str, str], base: Path) -> Path:
    named = variables.get("HEADWATER_HOME", "")
    return Path(named).expanduser().absolute() if named else base / HOME_NAME


def _validated(data: dict[str, Any], origin: Origin) -> Configuration:
    # Arguments that begin with an underscore would steer pydantic-settings itself.
    for name in (name for name in data if name.startswith("_")):
        known = did_you_mean(name, Configuration.model_fields)
        raise ConfigError(f"{origin.place((name,))}: {name} is not a setting{known}", advice="Remove it.")
    try:
        return Configuration(**data)
    except ValidationError as error:
        raise config_error(error, Configuration, place=origin.place) from None
    except SettingsError as error:
        # The only thing that pydantic-settings itself refuses: JSON was expected in a variable.
        broken = next((name for name in Configuration.model_fields if f'"{name}"' in str(error)), "")
        raise ConfigError(
            f"environment variable {PREFIX}{broken.upper()} is not JSON",
            advice=f"Write JSON there, or set single keys as {PREFIX}{broken.upper()}{NESTED}KEY.",
        ) from None


def _refuse_unknown_variables(variables: Mapping[str, str]) -> None:
    tables = {PREFIX + name.upper() for name in Configuration.model_fields}
    keys = [PREFIX + NESTED.join((table, key)).upper() for table, part in parts_of(Configuration).items()
            for key in part.model_fields if table != "source"]  # fmt: skip
    for name in variables:
        if name not in _RESERVED and name.split(NESTED)[0] not in tables:
            meant = did_you_mean(name, [*keys, *tables, *_RESERVED])
            raise ConfigError(
                f"environment variable {name} is not a setting{meant}", advice="Unset it, or correct its name."
            )
