"""Deliveries as services make them: signed by what their documentation says, independently of what reads them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from headwater.settings import Secret, WebhookSettings
from headwater.webhooks.values import Delivery

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "It's a Secret to Everybody"
KEY = b"\x01" * 32
SIGNING = "whsec_" + base64.b64encode(KEY).decode()

Sign = Callable[..., Delivery]


def hook(kind: str, *secrets: str, **more: Any) -> WebhookSettings:
    return WebhookSettings(kind=kind, secrets=tuple(map(Secret, secrets or (SECRET,))), **more)


def mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()


def as_body(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def github(payload: Any, event: str = "push", secret: str = SECRET, id: str = "d-1") -> Delivery:
    body = as_body(payload)
    headers = {"x-github-event": event, "x-github-delivery": id}
    return Delivery({**headers, "x-hub-signature-256": "sha256=" + mac(secret.encode(), body).hex()}, body, NOW)


def gitlab(payload: Any, token: str = SECRET, **headers: str) -> Delivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery({"x-gitlab-token": token, **named}, as_body(payload), NOW)


def standard(payload: Any, key: bytes = KEY, stamp: int | None = None, id: str = "msg_1", more: str = "") -> Delivery:
    body, stamp = as_body(payload), int(NOW.timestamp()) if stamp is None else stamp
    signature = base64.b64encode(mac(key, f"{id}.{stamp}.".encode() + body)).decode()
    headers = {"webhook-id": id, "webhook-timestamp": str(stamp), "webhook-signature": f"{more}v1,{signature}"}
    return Delivery(headers, body, NOW)


def zendesk(payload: Any, secret: str = SECRET, stamp: str = "2026-03-01T11:59:30Z") -> Delivery:
    body = as_body(payload)
    signature = base64.b64encode(mac(secret.encode(), stamp.encode() + body)).decode()
    headers = {"x-zendesk-webhook-signature": signature, "x-zendesk-webhook-signature-timestamp": stamp}
    return Delivery({**headers, "x-zendesk-webhook-invocation-id": "77"}, body, NOW)


def confluence(payload: Any, secret: str = SECRET) -> Delivery:
    body = as_body(payload)
    return Delivery({"x-hub-signature": "sha256=" + mac(secret.encode(), body).hex()}, body, NOW)


def automation(payload: Any, secret: str = SECRET) -> Delivery:
    return Delivery({"authorization": f"Bearer {secret}"}, as_body(payload), NOW)


MAKERS: dict[str, tuple[str, Sign, WebhookSettings]] = {
    "github": ("github", github, hook("github")),
    "gitlab": ("gitlab", gitlab, hook("gitlab")),
    "gitlab signed": ("gitlab", standard, hook("gitlab", SIGNING)),
    "zendesk": ("zendesk", zendesk, hook("zendesk")),
    "confluence": ("confluence", confluence, hook("confluence")),
    "confluence cloud": ("confluence", automation, hook("confluence")),
    "generic": ("generic", standard, hook("generic", SIGNING, documents=("$..id", "$.pages[*]"))),
}


@pytest.fixture(params=MAKERS)
def maker(request: pytest.FixtureRequest) -> tuple[str, Sign, WebhookSettings]:
    return MAKERS[request.param]


def push(**changed: Any) -> dict[str, Any]:
    """As GitHub sends it, what is not read left out."""
    commits = [
        {"id": "1", "added": ["docs/new.md"], "modified": ["docs/a.md", "src/x.py"], "removed": []},
        {"id": "2", "added": [], "modified": ["docs/a.md"], "removed": ["docs/old.md"]},
    ]
    repository = {
        "full_name": "Acme/Handbook",
        "default_branch": "main",
        "html_url": "https://github.com/Acme/Handbook",
        "clone_url": "https://github.com/Acme/Handbook.git",
        "ssh_url": "git@github.com:Acme/Handbook.git",
    }
    made = {
        "ref": "refs/heads/main",
        "forced": False,
        "created": False,
        "deleted": False,
        "commits": commits,
        "repository": repository,
    }
    return {**made, **changed}


def gitlab_push(**changed: Any) -> dict[str, Any]:
    """As GitLab sends it, what is not read left out."""
    project = {
        "git_http_url": "https://gitlab.example.com/acme/handbook.git",
        "web_url": "https://gitlab.example.com/acme/handbook",
        "git_ssh_url": "git@gitlab.example.com:acme/handbook.git",
        "default_branch": "main",
    }
    made = {"object_kind": "push", "ref": "refs/heads/main", "after": "d" * 40, "project": project}
    commits = [{"id": "1", "added": ["a.md"], "modified": [], "removed": ["b.md"]}]
    return {**made, "commits": commits, "total_commits_count": 1, **changed}
