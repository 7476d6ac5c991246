"""Messages to the addresses of apprise; loads it, which takes a second, so only import this to send something.

https://github.com/caronc/apprise/wiki
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import apprise
from apprise.plugins.base import NotifyBase
from apprise.plugins.email.base import NotifyEmail

from headwater.alerting.wording import Message
from headwater.errors import ConfigError, RetriableError
from headwater.freshness.values import Severity
from headwater.settings import Secret

ANSWER_SECONDS = 15.0
"""An answer that comes later counts as none, and the message is sent again with the next report."""
_STATUS = re.compile(r"error=(\d{3})\b")
_LOGGERS = ("apprise", "urllib3", "requests", "requests_oauthlib")
_TYPES = {
    Severity.CRITICAL: apprise.NotifyType.FAILURE,
    Severity.WARNING: apprise.NotifyType.WARNING,
    Severity.NOTICE: apprise.NotifyType.INFO,
}
# Nothing is fetched from elsewhere for decoration, kept on disk, or sent to where a service redirects to.
_ASSET = apprise.AppriseAsset(
    app_id="Headwater",
    app_desc="Headwater",
    app_url="",
    image_url_mask="",
    image_url_logo="",
    http_redirects=False,
    storage_mode=apprise.PersistentStoreMode.MEMORY,
)


def deliver(message: Message, address: Secret, place: str, *, recipient: str = "") -> None:
    """To one address, or through the mail server that it is to `recipient`; `place` names it to people.

    ConfigError for what is no address; RetriableError where it did not take the message. Neither holds anything of the
    address.
    """
    with _heard() as heard:
        plugin = _opened(address.reveal().strip(), place)
        if recipient:
            _direct(plugin, recipient, place)
        kind = apprise.NotifyType.SUCCESS if message.good else _TYPES[message.severity or Severity.NOTICE]
        try:
            # Not of the plugin itself, which would take plain text for HTML where the service speaks that.
            service = apprise.Apprise(plugin, asset=_ASSET)
            done = service.notify(
                title=message.title, body=message.body, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
            )
        except Exception as error:  # noqa: BLE001 - a hundred plugins, whose errors may repeat the address
            raise _refused(plugin, place, type(error).__name__) from None
        if not done:
            status = next((match[1] for line in heard if (match := _STATUS.search(line))), "")
            raise _refused(plugin, place, f"it answered {status}" if status else "it does not answer, or refuses it")


def _opened(url: str, place: str) -> NotifyBase:
    try:
        plugin = apprise.Apprise.instantiate(url, asset=_ASSET, suppress_exceptions=True)
    except Exception:  # noqa: BLE001 - as above
        plugin = None
    if not isinstance(plugin, NotifyBase):
        raise ConfigError(
            f"{place} is no address that messages can be sent to",
            advice="Write it as apprise has it, such as slack://TOKEN_A/TOKEN_B/TOKEN_C or jsons://example.com/hook.",
        ) from None
    if "rto=" not in url:
        plugin.socket_read_timeout = ANSWER_SECONDS
    if "cto=" not in url:
        plugin.socket_connect_timeout = ANSWER_SECONDS
    if "format=" not in url and isinstance(plugin, NotifyEmail):
        # Its HTML has no space in it that a line could be broken at.
        plugin.notify_format = apprise.NotifyFormat.TEXT
    if "overflow=" not in url:
        # One message, the worst first; the default leaves it to the service, which may refuse what is long for ever.
        plugin.overflow_mode = apprise.OverflowMode.TRUNCATE
    return plugin


def _direct(plugin: NotifyBase, recipient: str, place: str) -> None:
    if not isinstance(plugin, NotifyEmail):
        raise ConfigError(
            f"{place} is no mail server",
            advice='Write it as "mailtos://USER:PASSWORD@mail.example.com", or mailto:// without TLS.',
        )
    plugin.targets = [(False, recipient)]
    plugin.cc, plugin.bcc = set(), set()


def _refused(plugin: NotifyBase, place: str, why: str) -> RetriableError:
    return RetriableError(
        f"{place} ({plugin.service_name}) did not take a message: {why}",
        advice="It is sent again with the next report. Try the address with: headwater alerts --test",
    )


class _Ear(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(record.getMessage())


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What the libraries say meanwhile, which may hold addresses, reaches no log, whatever its level."""
    heard: list[str] = []
    ear, loggers = _Ear(heard), [logging.getLogger(name) for name in _LOGGERS]
    before = [(one, one.propagate, one.level, list(one.handlers)) for one in loggers]
    for one in loggers:
        one.propagate, one.handlers = False, [ear]
        one.setLevel(logging.WARNING)
    try:
        yield heard
    finally:
        for one, propagate, level, handlers in before:
            one.propagate, one.handlers = propagate, handlers
            one.setLevel(level)
