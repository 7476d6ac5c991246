"""The machine over HTTP: its own service, and those that teams have, read by the connectors for them."""

from abc import abstractmethod
from functools import partial
from types import SimpleNamespace

import pytest

from connectors import zendesk
from connectors.http.client import close_all
from connectors.http.pace import bucket
from tests.chaos.front import Fronted
from tests.chaos.front_confluence import ConfluenceFront
from tests.chaos.front_zendesk import ZendeskFront
from tests.chaos.machine import Chaos
from tests.chaos.reading import Remote, Service, served
from tests.chaos.runs import Noted, Ran
from tests.chaos.wiki import PlainWiki, Wiki
from tests.connectors.services.local import serving


class OverHttp(Chaos):
    """Through a server on this machine and the client of all connectors."""

    def service(self) -> Service:
        server = self.closing.enter_context(serving(partial(served, self.wiki)))
        self.closing.callback(close_all)
        return Remote(server.url)

    def run(self, dies_at: int | None = None) -> Ran:
        # A pause that the server asked for is over by now.
        bucket.cache_clear()
        return super().run(dies_at)


class OverFront(Chaos):
    """Checked by what the server sent, not by what the connector made of it."""

    def made(self) -> Wiki:
        return PlainWiki()

    def connector(self, *, cursors: bool, deltas: bool, states_readers: bool, final: bool) -> Noted:
        # What is drawn for the kinds of connectors that are not these does not matter here.
        self.fronting = front = self.front()
        server = self.closing.enter_context(serving(front.answer))
        self.closing.callback(close_all)
        front.serve(server)
        front.forget()
        return Fronted(front.connector(server.url, deltas=deltas), front, remembers=states_readers)

    def run(self, dies_at: int | None = None) -> Ran:
        ran = super().run(dies_at)
        assert self.fronting.failure is None
        return ran

    @abstractmethod
    def front(self) -> ZendeskFront | ConfluenceFront: ...


class OverZendesk(OverFront):
    def front(self) -> ZendeskFront:
        front = ZendeskFront(self.wiki)
        patch = self.closing.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(zendesk, "time", SimpleNamespace(time=front.time))
        return front


class OverConfluenceCloud(OverFront):
    def front(self) -> ConfluenceFront:
        return ConfluenceFront(self.wiki, cloud=True)


class OverConfluenceServer(OverFront):
    def front(self) -> ConfluenceFront:
        return ConfluenceFront(self.wiki, cloud=False)
