"""Every document that is known, a page at a time: by words, source, state and owner."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.dashboard.access import SIGNED_IN
from app.dashboard.frame import Home
from app.dashboard.layout import documents_address, render
from flows.documents import NOBODY, STATES, Choice, documents_page
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
    report = home.reports.latest()
    return render(
        request,
        "documents.html",
        page=page,
        chosen=chosen,
        asked=any(chosen.values()),
        sources=[one.name for one in report.sources][:MOST_CHOICES],
        owners=[one.name or NOBODY for one in report.owners][:MOST_CHOICES],
        states=[(one, NAMES.get(one, one)) for one in STATES],
        report=report if chosen["state"] or chosen["owner"] else None,
        earlier=documents_address(**chosen, before_source=page.earlier[0], before=page.earlier[1])
        if page.earlier
        else "",
        later=documents_address(**chosen, after_source=page.later[0], after=page.later[1]) if page.later else "",
    )


def _name(source: str, id: str | None) -> Name | None:
    return None if id is None else (source, id)
