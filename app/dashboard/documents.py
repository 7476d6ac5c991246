"""Every document that is known, a page at a time: by words, source, state and owner."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.dashboard.access import SIGNED_IN
from app.dashboard.frame import Dashboard, Home
from app.dashboard.layout import documents_address, render
from flows.documents import BLOCKED, NOBODY, STATES, Choice, documents_page
from headwater.ledger.catalogue import Name

router = APIRouter(dependencies=SIGNED_IN)
MOST_CHOICES = 500
NAMES = {
    "overdue": "review overdue", "late": "searchable late", "due": "review due soon", "unpromised": "nothing promised",
    "unknown": "not known whether fresh", "blocked": "blocked by a person", "tombstoned": "not listed any more",
}  # fmt: skip

Text = Annotated[str, Query(max_length=2_000)]


@router.get("/documents")
def documents(
    request: Request,
    home: Home,
    text: Text = "",
    source: Text = "",
    state: Text = "",
    owner: Text = "",
    after_source: Text = "",
    after: Annotated[str | None, Query(max_length=8_000)] = None,
    before_source: Text = "",
    before: Annotated[str | None, Query(max_length=8_000)] = None,
) -> Response:
    """`after` and `before` are ids: where the page before this one ended, or the one after it begins."""
    chosen = {"text": text.strip(), "source": source, "state": state if state in STATES else "", "owner": owner}
    choice = Choice(**chosen, after=_name(after_source, after), before=_name(before_source, before))
    page = documents_page(home.node.opened, choice, home.reports.latest)
    sources, owners = _known(home)
    narrow = bool(chosen["state"] or chosen["owner"])
    return render(
        request,
        "documents.html",
        page=page,
        chosen=chosen,
        asked=any(chosen.values()),
        sources=list(dict.fromkeys([*sources, *filter(None, [source])]))[:MOST_CHOICES],
        owners=list(dict.fromkeys([*filter(None, [owner]), *owners]))[:MOST_CHOICES],
        states=[(one, NAMES.get(one, one)) for one in STATES],
        report=home.reports.latest() if narrow and chosen["state"] != BLOCKED else None,
        earlier=documents_address(**chosen, before_source=page.earlier[0], before=page.earlier[1])
        if page.earlier
        else "",
        later=documents_address(**chosen, after_source=page.later[0], after=page.later[1]) if page.later else "",
    )


def _known(home: Dashboard) -> tuple[list[str], list[str]]:
    """Sources and owners, without waiting for a report: others may be asked for by their address."""
    settings = home.node.settings
    rows = [row.name for row in home.node.opened.ledger.sources()]
    owners = {*settings.owners, *(source.owner for source in settings.sources if source.owner)}
    return list(dict.fromkeys([*(source.name for source in settings.sources), *rows])), [*sorted(owners), NOBODY]


def _name(source: str, id: str | None) -> Name | None:
    return None if id is None else (source, id)
