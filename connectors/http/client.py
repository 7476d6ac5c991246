"""HTTP as every connector needs it: bounded in time and size, polite, and with our errors."""

import atexit
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from connectors.http.answer import NOT_MODIFIED, Answer, retry_after
from connectors.http.pace import Bucket, bucket
from connectors.http.reach import CheckedTransport, Reach, shown
from headwater.errors import CredentialError, FetchError, GoneError, HeadwaterError, TransientSourceError
from headwater.settings import Secret

Params: TypeAlias = Mapping[str, str | int]
_AGENT = "headwater (documentation indexer)"
_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_MOST_REDIRECTS = 10
_OUT_OF_ORDER = "What is indexed of it stays as it is. The next run tries again; if this goes on, look at the service."
_ATTEMPTS = 5
_MB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How one source is asked; equal settings share connections.

    `rate`: requests a second. `patience`: longest pause in seconds that a server may ask for before the request is
    given up. `seconds`: for one request from its start to the last byte. `most_bytes`: of a body, unpacked.
    `headers` may hold secrets and go to `reach.hosts` of the same origin as `origin` only. `setting` names the
    credential's setting, for messages.
    """

    reach: Reach
    origin: str = ""
    headers: tuple[tuple[str, Secret], ...] = ()
    basic: tuple[Secret, Secret] | None = None
    setting: str = "credentials"
    rate: float = 5.0
    burst: int = 10
    patience: float = 60.0
    connect_seconds: float = 10.0
    seconds: float = 60.0
    most_bytes: int = 100 * _MB


class Http:
    """Made by `http`; safe to use from several threads."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        timeout = httpx.Timeout(settings.seconds, connect=settings.connect_seconds, pool=settings.seconds)
        # Proxies of the environment would connect where we cannot check.
        self._client = httpx.Client(
            transport=CheckedTransport(settings.reach),
            timeout=timeout,
            trust_env=False,
            headers={"user-agent": _AGENT, "accept-encoding": "gzip, deflate"},
        )

    def get(self, url: str, params: Params | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer, which is 200 to 299 or 304, after redirects and retries.

        GoneError for 404 and 410, CredentialError for 401 and 403, TransientSourceError for what may pass (after
        its retries), FetchError for everything else, OutOfReachError when it leads away from the source.
        """
        attempts = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, TransientSourceError) and _worth(error)),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.2, max=8),
            reraise=True,
        )
        return attempts(self._attempt, str(httpx.URL(url, params=dict(params)) if params else url), headers or {})

    def close(self) -> None:
        self._client.close()

    def _attempt(self, url: str, headers: Mapping[str, str]) -> Answer:
        permanent = True
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._ask(url, headers)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return self._judged(replace(answer, permanent=permanent))
            permanent = permanent and answer.status in (301, 308)
            url = urljoin(answer.url, answer.headers["location"])
        raise FetchError(f"{shown(url)} is redirected without end")

    def _ask(self, url: str, headers: Mapping[str, str]) -> Answer:
        settings = self._settings
        settings.reach.check(url)
        closed = self._bucket(url).take(settings.patience)
        if closed:
            raise _too_late(f"{urlsplit(url).hostname} asked for a pause", closed)
        own = self._credentials(url)
        auth = httpx.BasicAuth(*(part.reveal() for part in settings.basic)) if own and settings.basic else None
        sent = {**headers, **{name: value.reveal() for name, value in settings.headers if own}}
        try:
            with self._client.stream("GET", url, headers=sent, auth=auth, follow_redirects=False) as response:
                return Answer(url, response.status_code, _lower(response.headers), self._body(response))
        except HeadwaterError:
            raise
        except httpx.TimeoutException as error:
            raise TransientSourceError(f"{shown(url)} did not answer in time") from error
        except httpx.DecodingError as error:
            raise TransientSourceError(f"{shown(url)} sent a body that cannot be unpacked") from error
        except (httpx.TransportError, OSError) as error:
            raise TransientSourceError(f"{shown(url)} cannot be reached: {type(error).__name__}") from error
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchError(f"{shown(url)} is no address that can be asked") from error

    def _body(self, response: httpx.Response) -> bytes:
        settings, until = self._settings, time.monotonic() + self._settings.seconds
        body = bytearray()
        for piece in response.iter_bytes(_MB // 4):
            body += piece
            if len(body) > settings.most_bytes:
                raise FetchError(
                    f"{shown(str(response.url))} is larger than {settings.most_bytes / _MB:.0f} MB",
                    advice="Split the document, or exclude it.",
                )
            if time.monotonic() > until:
                raise TransientSourceError(f"{shown(str(response.url))} was not read in {settings.seconds:g} s")
        return bytes(body)

    def _credentials(self, url: str) -> bool:
        """Whether this address may be told our credentials: a redirect may lead to someone else's server."""
        return not self._settings.origin or _origin(url) == _origin(self._settings.origin)

    def _bucket(self, url: str) -> Bucket:
        return bucket(urlsplit(url).netloc.lower(), self._settings.rate, self._settings.burst)

    def _judged(self, answer: Answer) -> Answer:
        status, where = answer.status, shown(answer.url)
        if 200 <= status < 300 or status == NOT_MODIFIED:
            return answer
        wait = retry_after(answer.headers)
        spent = status == 403 and wait is not None
        if status in _PASSING or spent:
            raise self._later(answer, wait)
        if status in (401, 403):
            raise CredentialError(
                f"{where} refused our credentials ({status})", advice=f"Check {self._settings.setting} of this source."
            )
        if status in (404, 410):
            raise GoneError(f"{where} does not exist ({status})")
        raise FetchError(f"{where} answered with status {status}")

    def _later(self, answer: Answer, wait: float | None) -> HeadwaterError:
        message = f"{shown(answer.url)} answered with status {answer.status}"
        out_of_order = TransientSourceError(message, advice=_OUT_OF_ORDER)
        if wait is None:
            return out_of_order
        self._bucket(answer.url).pause(wait)
        return _too_late(message, wait) if wait > self._settings.patience else out_of_order


class _TooLateError(TransientSourceError):
    """The server wants to be left alone for longer than a run waits: asking sooner would only make it longer."""


def _too_late(message: str, seconds: float) -> _TooLateError:
    return _TooLateError(f"{message} and wants to be asked again in {seconds:.0f} s", advice="Run again after that.")


def _worth(error: TransientSourceError) -> bool:
    """Whether another attempt within this run makes sense."""
    return not isinstance(error, _TooLateError)


@dataclass(frozen=True, slots=True)
class _Opened:
    clients: list[Http] = field(default_factory=list)


_opened = _Opened()


@cache
def http(settings: HttpSettings) -> Http:
    """The client for these settings; connections are kept until the program ends."""
    client = Http(settings)
    _opened.clients.append(client)
    return client


@atexit.register
def close_all() -> None:
    """Close every client's connections; later calls of `http` open new ones."""
    http.cache_clear()
    while _opened.clients:
        _opened.clients.pop().close()


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port
