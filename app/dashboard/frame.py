"""What every page of the dashboard stands on."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated

from fastapi import Depends, Request

from app.dashboard.reports import Reports
from app.dashboard.session import Sessions
from app.http.node import Node
from app.measures import zone_of

PATH = "/dashboard"


@dataclass(frozen=True, slots=True)
class Tab:
    """A place in the menu; `path` is below that of the dashboard."""

    path: str
    name: str


TABS = (
    Tab("/", "Overview"),
    Tab("/findings", "Findings"),
    Tab("/documents", "Documents"),
    Tab("/search", "Search"),
    Tab("/sources", "Sources"),
    Tab("/runs", "Runs"),
    Tab("/inbox", "Inbox"),
)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Of one node; sessions and reports are in memory, and end with it."""

    node: Node
    sessions: Sessions
    reports: Reports

    @property
    def zone(self) -> tzinfo:
        """That of the sources where they agree, as in the freshness report."""
        zones = {source.timezone for source in self.node.settings.sources}
        return zone_of(zones.pop() if len(zones) == 1 else "UTC")


def home_of(request: Request) -> Dashboard:
    found: Dashboard = request.app.state.dashboard
    return found


Home = Annotated[Dashboard, Depends(home_of)]
