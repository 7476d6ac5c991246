"""The index on a Qdrant server."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from headwater.errors import (
    BusyError,
    ConfigError,
    CredentialError,
    FatalError,
    HeadwaterError,
    IndexUnavailableError,
    SkippableError,
)
from headwater.index.client import ClientStore

REQUIRED = (1, 19)
"""First version that counts BM25's statistics over the reader's filter; before, they leak what others may read."""


class ServerStore(ClientStore):
    """Generations as collections of the server at `url`."""

    def __init__(self, url: str, *, api_key: str | None = None, timeout: float = 60.0) -> None:
        """`timeout` in seconds for each request; a lease on the index must last longer than that."""
        guard = partial(_translated, url)
        with guard():
            # The compatibility check would warn where we raise.
            client = QdrantClient(url=url, api_key=api_key, timeout=int(timeout), check_compatibility=False)
            version = client.info().version
        require_version(version, url)
        super().__init__(client, backend="server", guard=guard, exact=True)


def require_version(version: str, url: str) -> None:
    """ConfigError for a server that is too old."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < REQUIRED:
        raise ConfigError(
            f"the Qdrant server at {url} is version {version}; {REQUIRED[0]}.{REQUIRED[1]} or newer is needed",
            advice="Upgrade the server, or leave index.url empty for the embedded index.",
        )


@contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except HeadwaterError:
        raise
    except UnexpectedResponse as error:
        raise _refused(url, error.status_code or 0, error.reason_phrase) from error
    except (ResponseHandlingException, ResourceExhaustedResponse, QdrantException, OSError) as error:
        raise IndexUnavailableError(
            f"the Qdrant server at {url} does not answer: {type(error).__name__}",
            advice="Check that it runs and that index.url is right.",
        ) from error
    except (TypeError, ValueError) as error:
        raise SkippableError(f"the index cannot hold this: {type(error).__name__}") from error


def _refused(url: str, status: int, reason: str) -> HeadwaterError:
    said = f"the Qdrant server at {url} answered {status} {reason}".rstrip()
    if status in (401, 403):
        return CredentialError(said, advice="Check index.api_key.")
    if status == 409:
        return BusyError(said, advice="Another process changes the same collection; try again.")
    if status in (404, 408, 425, 429) or status >= 500:
        return IndexUnavailableError(said, advice="Try again; if it stays, look at the server's log.")
    return FatalError(said, advice="Look at the server's log.")
