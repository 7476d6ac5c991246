"""What runs next and ran last, what waits to be looked at, and how soon changes were searchable: cheap to ask."""

import base64
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flows.leases import fires_schedules
from flows.prefect_names import FLOW
from flows.workshop import Workshop
from headwater.freshness.sources import lag_of, percentile
from headwater.inbox.inbox import Inbox
from headwater.ledger.base import Ledger
from headwater.ledger.standing import CONTENT, NEW, Listing
from headwater.settings import SourceSettings
from headwater.settings.schedule import next_run

SHOWN_RUNS, LOOKS, CHANGES = 10, 200, 100
ASK_SECONDS = 2.0
SERVE, PREFECT, NOBODY = "headwater serve", "Prefect", ""


def operation_of(workshop: Workshop) -> dict[str, Any]:
    """`scheduled_by` is who fires the schedules, "" for nobody that is known; the shape documented for `status`."""
    depth, by, asked = Inbox(workshop.ledger).depth(), *_asked(workshop.ledger)
    looks = workshop.ledger.listings(limit=LOOKS)
    return {
        "scheduled_by": by,
        "next_runs": {
            source.name: moment
            for source in workshop.settings.sources
            if (moment := _next(source, workshop.ledger.now(), asked))
        },
        "inbox": {
            "waiting": depth.waiting,
            "working": depth.working,
            "dead": depth.dead,
            "oldest": depth.oldest.isoformat() if depth.oldest else None,
        },
        "last_runs": [_look(look) for look in looks[:SHOWN_RUNS]],
    }


def last_looks(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """By source, the newest look at all of it."""
    found: dict[str, dict[str, Any]] = {}
    for look in ledger.listings(limit=LOOKS):
        found.setdefault(look.source, _look(look))
    return found


def lag_median(ledger: Ledger, source: str) -> float | None:
    """Seconds from a change at the source until it was searchable, of the newest changes whose time is known."""
    changes = ledger.changes(source, what={NEW, CONTENT}, limit=CHANGES, facts=False)
    took = percentile([lag.took for lag in map(lag_of, changes) if lag.took is not None], 0.5)
    return round(took.total_seconds(), 1) if took is not None else None


def _look(look: Listing) -> dict[str, Any]:
    return {
        "run": look.run,
        "source": look.source,
        "began_at": look.began_at.isoformat(),
        "ended_at": look.ended_at.isoformat(),
        "changed": look.changed,
        "removed": look.removed,
        "error": look.error,
    }


def _next(source: SourceSettings, now: datetime, asked: Mapping[str, str] | None) -> str:
    """As Prefect has it where it was asked, else as the schedule says."""
    if asked is not None:
        return asked.get(source.name, "")
    moment = next_run(source.schedule, source.timezone, now)
    return moment.astimezone(UTC).isoformat() if moment is not None else ""


def _asked(ledger: Ledger) -> tuple[str, Mapping[str, str] | None]:
    """Who fires the schedules, and when each source runs next where that is known better than from its schedule."""
    if any(fires_schedules(name) for name, _ in ledger.holders()) and "PREFECT_API_URL" not in os.environ:
        return SERVE, None
    api = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    found = _of_prefect(api) if api else None
    return (PREFECT, found) if found is not None else (NOBODY, None)


def _of_prefect(api: str) -> dict[str, str] | None:
    """None when it does not answer at once. Without Prefect's own client, which takes seconds to import."""
    import httpx  # for those alone who have a Prefect server

    ours = {"flows": {"name": {"any_": [FLOW]}}}
    due = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}, "sort": "EXPECTED_START_TIME_ASC", "limit": 200}
    try:
        with httpx.Client(base_url=api, headers=_headers(), timeout=ASK_SECONDS) as client:
            deployments = client.post("/deployments/filter", json=ours).raise_for_status().json()
            runs = client.post("/flow_runs/filter", json=ours | due).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return None
    names = {one["id"]: one["name"] for one in deployments}
    found: dict[str, str] = {}
    for run in runs:
        if run["deployment_id"] in names:
            found.setdefault(names[run["deployment_id"]], run["expected_start_time"])
    return found


def _headers() -> dict[str, str]:
    if key := os.environ.get("PREFECT_API_KEY"):
        return {"authorization": f"Bearer {key}"}
    if words := os.environ.get("PREFECT_API_AUTH_STRING"):
        return {"authorization": f"Basic {base64.b64encode(words.encode()).decode()}"}
    return {}
