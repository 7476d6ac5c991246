"""Values of Prefect Secret blocks, read where they are needed; loads Prefect, which takes seconds.

https://docs.prefect.io/v3/concepts/blocks
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx
from prefect.blocks.system import Secret as SecretBlock
from prefect.exceptions import PrefectException

from headwater.errors import ConfigError, RetriableError

KEPT_SECONDS = 300.0
"""A value is asked for again after this long, so that a changed one is noticed."""


def block_value(name: str, setting: str) -> str:
    """ConfigError for a block that is not there or holds no text; RetriableError when Prefect does not answer."""
    return _value(name, setting, int(time.monotonic() // KEPT_SECONDS))


@cache
def _value(name: str, setting: str, period: int) -> str:  # noqa: ARG001 - a value of an earlier period is not taken
    where = f"{setting} refers to the Prefect Secret block {name!r}"
    # `_sync` is hidden from the type checker by Prefect; without it, a caller in an event loop would get a coroutine.
    load: Callable[..., Any] = SecretBlock.load
    try:
        block = load(name, _sync=True)
    except ValueError:
        # Without its cause, which may be about a value that is a secret.
        raise ConfigError(
            f"{where}, which does not exist on the Prefect server in use",
            advice=f"Create a block of type Secret named {name!r} there, or correct PREFECT_API_URL.",
        ) from None
    except (PrefectException, httpx.HTTPError, RuntimeError, OSError) as error:
        raise RetriableError(
            f"{where}, and Prefect does not answer ({type(error).__name__})",
            advice="Check PREFECT_API_URL, or write the secret as an environment variable: ${NAME}.",
        ) from error
    value = block.get()
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where}, which does not hold a text", advice="Save the secret there as a text.")
    return value
