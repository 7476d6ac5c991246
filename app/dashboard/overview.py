"""Work in progress."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dashboard.access import SIGNED_IN
from app.dashboard.frame import Home
from app.dashboard.layout import render

router = APIRouter(dependencies=SIGNED_IN)


@router.get("/")
def overview(request: Request, home: Home) -> Response:
    return render(request, "overview.html", report=home.reports.latest())
