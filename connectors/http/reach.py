"""Where a source may send requests: to its own hosts, and to no private address unless it says so.

Names are resolved once, checked, and the checked address is connected to, so that a name cannot change its meaning
between the check and the connection.
"""

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpcore
import httpx

from headwater.errors import FetchError

_SCHEMES = ("http", "https")
# NAT64 prefixes: RFC 6052, and RFC 8215 for use within one network.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_TRANSLATED_WITHIN = ipaddress.ip_network("64:ff9b:1::/48")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutOfReachError(FetchError):
    """A request would have left the hosts or the networks that its source may use."""


@dataclass(frozen=True, slots=True)
class Reach:
    """`hosts` are names in lower case, `*.example.com` for every name below one; `private` allows inner networks."""

    hosts: frozenset[str]
    private: bool = False

    def check(self, url: str) -> None:
        """OutOfReachError unless `url` is http(s), without credentials in it, on one of the hosts."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        if parts.scheme not in _SCHEMES or not host:
            raise OutOfReachError(f"{shown(url)} is no http address")
        if parts.username or parts.password:
            raise OutOfReachError(f"{shown(url)} carries a user name or a password")
        if not self.admits(host):
            raise OutOfReachError(
                f"{host} is none of the hosts of this source",
                advice=f'If its documents belong to the source, add "{host}" to allowed_hosts.',
            )

    def admits(self, host: str) -> bool:
        """Whether requests may go to this host."""
        return host in self.hosts or any(
            pattern.startswith("*.") and host.endswith(pattern[1:]) for pattern in self.hosts
        )


def shown(url: str) -> str:
    """An address as messages may show it: without user, password, query and fragment, which may hold secrets."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if _port(url) else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"[:500]


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None


def is_private(address: str) -> bool:
    """Loopback, link-local, private, reserved, multicast, and their forms inside IPv6."""
    found: _Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        found = _inside(found)
    return not found.is_global or found.is_multicast


def _inside(address: ipaddress.IPv6Address) -> _Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _TRANSLATED_WITHIN:
        return ipaddress.IPv4Address(0)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


class CheckedTransport(httpx.HTTPTransport):
    """Connects only to addresses that `reach` allows, whatever the name of the host says a moment later."""

    def __init__(self, reach: Reach, *, connections: int = 8) -> None:
        super().__init__(verify=_certificates())
        self._pool.close()
        # The one place where a connection can be checked after its name was resolved, and it is not offered publicly.
        self._pool = httpcore.ConnectionPool(
            ssl_context=_certificates(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=20,
            network_backend=_CheckedNetwork(reach),
        )


@cache
def _certificates() -> ssl.SSLContext:
    """Loaded once: it takes a tenth of a second."""
    return httpx.create_ssl_context()


class _CheckedNetwork(httpcore.SyncBackend):
    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolved(host, port)
        if not self._reach.private:
            for address in addresses:
                if is_private(address):
                    raise OutOfReachError(
                        f"{host} leads to {address}, an address of an inner network",
                        advice="If that is intended, set allow_private_addresses = true for the source.",
                    )
        for address in addresses[:-1]:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return super().connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002 (the interface's)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        raise OutOfReachError(f"a source does not talk to the local socket {path}")


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} is not known: {error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
