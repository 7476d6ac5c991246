"""Asking a site: what its robots.txt allows, at the pace it wants."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from connectors.http.answer import Answer
from connectors.http.client import HttpSettings, http
from connectors.websites.addresses import front
from connectors.websites.recent import Recent
from connectors.websites.robots import Robots, read_robots
from headwater.errors import CredentialError, SkippableError

_robots: Recent[Robots] = Recent(1_000)


@dataclass(frozen=True, slots=True)
class Site:
    settings: HttpSettings
    respect_robots: bool = True

    def robots(self, address: str) -> Robots:
        """Of the address's host; a host that refuses or lacks the file allows everything (RFC 9309, 2.3.1.3).

        TransientSourceError while it cannot be asked: it may forbid anything then.
        """
        if not self.respect_robots:
            return Robots()
        where = front(address) + "robots.txt"
        found = _robots.get((self.settings, where))
        if found is None:
            try:
                found = read_robots(http(self.settings).get(where).body)
            except (SkippableError, CredentialError):
                found = Robots()
            _robots.put((self.settings, where), found)
        return found

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answer:
        """As `Http.get`, at the rate that robots.txt asks for where that is lower than ours."""
        delay = self.robots(address).delay
        settings = self.settings
        if delay and 1 / delay < settings.rate:
            settings = replace(settings, rate=1 / delay, burst=1)
        return http(settings).get(address, headers=headers)
