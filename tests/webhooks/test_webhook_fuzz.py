"""Whatever anyone sends: authentic or not, read or refused by name, and no other exception."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import MalformedError, UnauthenticError
from headwater.webhooks.kinds import authentic, read
from headwater.webhooks.values import Delivery
from tests.webhooks.conftest import MAKERS, NOW, gitlab_push, push

NAMES = [
    "ref",
    "commits",
    "added",
    "modified",
    "removed",
    "repository",
    "project",
    "object_kind",
    "total_commits_count",
    "action",
    "release",
    "tag",
    "tag_name",
    "changes",
    "from",
    "type",
    "id",
    "detail",
    "event",
    "subject",
    "locale",
    "page",
    "content",
    "attachments",
    "attachedTo",
    "labeled",
    "timestamp",
    "ids",
    "pages",
    "forced",
    "clone_url",
    "git_http_url",
    "after",
    "default_branch",
]
EVENTS = (
    "push",
    "release",
    "tag_push",
    "page_updated",
    "page_moved",
    "attachment_created",
    "label_added",
    "refs/heads/x",
    "zen:event-type:article.published",
    "zen:event-type:article.deleted",
    "zen:article:7",
    "https://x/y.git",
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(EVENTS)
    | st.sampled_from([10**400, 2**63, "9" * 30, "\ud800", "\0", "x" * 3_000])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=8)
    ),
    max_leaves=30,
)
WELL = {
    "github": push(),
    "gitlab": gitlab_push(),
    "zendesk": {
        "type": "zen:event-type:article.published",
        "id": "1",
        "subject": "zen:article:7",
        "detail": {"id": "7"},
        "event": {"locale": "en"},
    },
    "confluence": {"event": "attachment_created", "timestamp": 1, "attachments": [{"id": 1}], "attachedTo": {"id": 2}},
    "generic": {"type": "x", "id": "a", "pages": ["b"], "more": {"id": 3}},
}


@st.composite
def nearly(draw, kind):
    """A good payload with something in it replaced, at any depth."""
    made = json.loads(json.dumps(WELL[kind]))
    for _ in range(draw(st.integers(1, 3))):
        place = made
        while isinstance(place, dict | list) and place:
            key = draw(st.sampled_from(sorted(place)) if isinstance(place, dict) else st.integers(0, len(place) - 1))
            if not isinstance(place[key], dict | list) or draw(st.booleans()):
                place[key] = draw(VALUES)
                break
            place = place[key]
    return made


BODIES = {
    kind: st.binary(max_size=60)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | nearly(kind).map(lambda value: json.dumps(value).encode())
    | st.integers(1, 100_000).map(lambda depth: b'{"pages":' + b'[{"id":' * depth + b"1")
    | st.integers(1, 2_000).map(lambda depth: b'{"pages":[' + b'{"id":' * depth + b"1" + b"}" * depth + b"]}")
    for kind in WELL
}
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "x-github-event",
            "x-github-delivery",
            "content-type",
            "x-hub-signature-256",
            "x-hub-signature",
            "authorization",
            "x-gitlab-token",
            "x-gitlab-event",
            "x-gitlab-event-uuid",
            "idempotency-key",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "x-zendesk-webhook-signature",
            "x-zendesk-webhook-signature-timestamp",
        ]
    ),
    st.text(max_size=30)
    | st.sampled_from(
        [
            "push",
            "release",
            "application/x-www-form-urlencoded",
            "1772366400",
            "Bearer ",
            "sha256=00",
            "v1,AAAA",
            "2026-03-01T12:00:00Z",
            "x" * 400,
        ]
    ),
)


@pytest.mark.parametrize("name", MAKERS)
def test_reading_never_fails_otherwise(name):
    kind, sign, settings = MAKERS[name]

    @given(body=BODIES[kind], headers=HEADERS)
    def attempt(body, headers):
        delivery = Delivery({**sign(body).headers, **headers}, body, NOW)
        with suppress(MalformedError):
            notice = read(delivery, settings)
            assert notice.looks or notice.ignored
            assert len(notice.looks) <= 1_001
            assert all(look.id or look.what == "everything" for look in notice.looks)
            assert all(len(look.id) <= 3_000 for look in notice.looks)
            assert len(notice.delivery_id) <= 300

    attempt()


@pytest.mark.parametrize("name", MAKERS)
def test_checking_never_fails_otherwise(name):
    _, _, settings = MAKERS[name]

    @given(body=st.binary(max_size=60), headers=HEADERS)
    def attempt(body, headers):
        with pytest.raises(UnauthenticError):
            authentic(Delivery(headers, body, NOW), settings, NOW)

    attempt()
