"""What each service's deliveries are about."""

from urllib.parse import urlencode

import pytest

from headwater.errors import MalformedError
from headwater.webhooks.kinds import read
from headwater.webhooks.values import Delivery, Notice
from tests.webhooks.conftest import (
    NOW,
    SIGNING,
    automation,
    confluence,
    github,
    gitlab,
    gitlab_push,
    hook,
    push,
    standard,
    zendesk,
)


def told(notice: Notice) -> dict[tuple[str, str], bool]:
    return {(look.what, look.id): look.access for look in notice.looks}


def everything(notice: Notice) -> list[str]:
    return [look.reason for look in notice.looks if look.what == "everything"]


# repositories ---------------------------------------------------------------------------------------------


def test_a_push_names_its_paths():
    notice = read(github(push(), id="72d3162e"), hook("github"))
    assert (notice.delivery_id, notice.event, notice.ignored) == ("72d3162e", "push", "")
    assert told(notice) == {
        ("path", "docs/new.md"): False,
        ("path", "docs/a.md"): False,
        ("path", "src/x.py"): False,
        ("path", "docs/old.md"): True,
    }
    hint = notice.looks[0].hint
    assert (hint.branch, hint.default_branch, len(hint.repository)) == ("main", "main", 3)


def test_a_form_is_read_like_json():
    body = urlencode({"payload": github(push()).body.decode()}).encode()
    form = github(body)
    headers = {**form.headers, "content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert len(read(Delivery(headers, body, NOW), hook("github")).looks) == 4
    for bad in (b"payload", b"other=1", b"\xff=1", b"payload=%7B&x=%ff"):
        with pytest.raises(MalformedError):
            read(Delivery(headers, bad, NOW), hook("github"))


@pytest.mark.parametrize("word", ["forced", "created", "deleted"])
def test_a_branch_that_was_moved_is_looked_at_as_a_whole(word):
    notice = read(github(push(**{word: True})), hook("github"))
    assert everything(notice) == [f"a push to main: the branch was {word}"]
    assert len(notice.looks) == 5


def test_what_may_not_be_listed_is_looked_at_as_a_whole():
    commit = {"added": ["a.md"], "modified": [], "removed": []}
    assert everything(read(github(push(commits=[commit] * 19)), hook("github"))) == []
    assert everything(read(github(push(commits=[commit] * 20)), hook("github")))
    assert everything(read(github(push(commits=[])), hook("github")))
    many = {"added": [f"{n}.md" for n in range(1_001)], "removed": ["x.md"]}
    (look,) = read(github(push(commits=[many])), hook("github")).looks
    assert (look.what, look.access) == ("everything", True)


@pytest.mark.parametrize("path", [".headwater.toml", "docs/private/.headwater.toml", ".github/CODEOWNERS"])
def test_rules_for_other_files_change_them_all(path):
    notice = read(github(push(commits=[{"modified": [path]}])), hook("github"))
    assert told(notice)["everything", ""] is True


def test_tags_and_other_events_are_ignored_by_name():
    assert read(github(push(ref="refs/tags/v1")), hook("github")).ignored == "it is not about a branch"
    for event in ("ping", "issues", ""):
        notice = read(github({"zen": "x"}, event=event), hook("github"))
        assert not notice.looks
        assert event in notice.ignored
    assert read(gitlab({"object_kind": "pipeline"}), hook("gitlab")).ignored == "pipeline changes no document"
    assert read(gitlab(gitlab_push(object_kind="tag_push", ref="refs/tags/v1")), hook("gitlab")).ignored
    assert read(zendesk({"type": "zen:event-type:article.vote_created"}), hook("zendesk")).ignored
    assert read(confluence({"event": "comment_created"}), hook("confluence")).ignored
    assert read(confluence({}), hook("confluence")).ignored == "an event without a name changes no document"


def test_a_release():
    payload = {"action": "edited", "release": {"tag_name": "v2"}, "changes": {"tag_name": {"from": "v1"}}}
    notice = read(github({**payload, "repository": push()["repository"]}, event="release"), hook("github"))
    assert told(notice) == {("release", "v2"): False, ("release", "v1"): True}
    payload = {"action": "deleted", "release": {"tag_name": "v1"}, "repository": push()["repository"]}
    assert told(read(github(payload, event="release"), hook("github"))) == {("release", "v1"): True}


def test_a_push_to_gitlab():
    notice = read(gitlab(gitlab_push(), x_gitlab_event_uuid="u", idempotency_key="k"), hook("gitlab"))
    assert told(notice) == {("path", "a.md"): False, ("path", "b.md"): True, ("everything", ""): False}
    assert notice.delivery_id == "k"
    gone = read(gitlab(gitlab_push(after="0" * 40, commits=[], total_commits_count=0)), hook("gitlab"))
    assert everything(gone) == ["a push to main: the branch was deleted"]
    payload = {"object_kind": "release", "action": "create", "tag": "v1", "project": gitlab_push()["project"]}
    assert told(read(gitlab(payload), hook("gitlab"))) == {("release", "v1"): False}


def test_deliveries_of_older_gitlabs_are_told_apart():
    first, second = (
        gitlab(gitlab_push(), x_gitlab_event_uuid="u"),
        gitlab({"object_kind": "x"}, x_gitlab_event_uuid="u"),
    )
    ids = [read(one, hook("gitlab")).delivery_id for one in (first, first, second, gitlab(gitlab_push()))]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert ids[3] == ""


# help centers and wikis -----------------------------------------------------------------------------------


def article(event: str, **inner: str) -> dict[str, object]:
    return {
        "type": f"zen:event-type:article.{event}",
        "id": "01GX",
        "subject": "zen:article:7005414006398",
        "detail": {"brand_id": "224", "id": "7005414006398"},
        "event": inner,
        "zendesk_event_version": "2022-11-06",
    }


def test_articles():
    notice = read(zendesk(article("published", locale="en-US", title="x")), hook("zendesk"))
    assert (notice.delivery_id, told(notice)) == ("01GX", {("article", "7005414006398"): False})
    assert notice.looks[0].hint.locale == "en-us"
    for event in ("unpublished", "deleted"):
        assert told(read(zendesk(article(event)), hook("zendesk"))) == {("article", "7005414006398"): True}
    bare = {**article("published"), "detail": {}, "id": None}
    notice = read(zendesk(bare), hook("zendesk"))
    assert (notice.delivery_id, told(notice)) == ("77", {("article", "7005414006398"): False})


def test_pages():
    page = {"page": {"id": 98316, "title": "x", "spaceKey": "DS"}}
    for event, access in (
        ("page_created", False),
        ("page_updated", False),
        ("page_trashed", True),
        ("page_removed", True),
    ):
        notice = read(confluence({"event": event, "timestamp": 1596182511300, **page}), hook("confluence"))
        assert told(notice) == {("page", "98316"): access}
        assert len(notice.delivery_id) == 40
    for event in ("page_moved", "content_permissions_updated", "space_permissions_updated"):
        assert told(read(confluence({"event": event, **page}), hook("confluence"))) == {("everything", ""): True}
    by_rule = read(automation({"event": "page_updated", "page": {"id": "98316"}}), hook("confluence"))
    assert (told(by_rule), by_rule.delivery_id) == ({("page", "98316"): False}, "")


def test_an_event_without_a_name_is_looked_at_too():
    assert told(read(automation({"page": {"id": 5}}), hook("confluence"))) == {("page", "5"): True}
    file = {"attachments": [{"id": 1}], "attachedTo": {"id": 5}}
    assert told(read(automation(file), hook("confluence"))) == {("attachment", "1"): True}


def test_what_belongs_to_pages():
    files = {"attachments": [{"id": 1}, {"id": "2"}], "attachedTo": {"id": 98316, "contentType": "page"}}
    notice = read(confluence({"event": "attachment_created", **files}), hook("confluence"))
    assert told(notice) == {("attachment", "1"): False, ("attachment", "2"): False}
    assert {look.hint.parent for look in notice.looks} == {"98316"}
    notice = read(confluence({"event": "attachment_removed", "attachment": {"id": 1}}), hook("confluence"))
    assert told(notice) == {("everything", ""): True}
    notice = read(confluence({"event": "label_added", "label": {}, "labeled": {"id": 5}}), hook("confluence"))
    assert told(notice) == {("page", "5"): False}
    assert read(confluence({"event": "label_created", "label": {}}), hook("confluence")).ignored


# any other ------------------------------------------------------------------------------------------------


def test_paths_lead_to_documents():
    settings = hook(
        "generic", SIGNING, documents=("$.pages[*].slug", "$.ids"), access=("$.gone[*]",), template="https://x/{}"
    )
    payload = {"type": "changed", "pages": [{"slug": "a"}, {"slug": "b"}, {}], "ids": ["b", 7], "gone": ["b", "c"]}
    notice = read(standard(payload), settings)
    assert (notice.delivery_id, notice.event) == ("msg_1", "changed")
    assert told(notice) == {
        ("document", "https://x/b"): True,
        ("document", "https://x/c"): True,
        ("document", "https://x/a"): False,
        ("document", "https://x/7"): False,
    }
    assert read(standard({}), settings).ignored == "it names no document"
    assert read(standard([]), settings).ignored
    assert told(read(standard({"type": 3}), hook("generic", SIGNING))) == {("everything", ""): False}
    much = read(standard({"ids": [str(n) for n in range(1_001)]}), settings)
    assert told(much) == {("everything", ""): False}


# what is not in form --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]" * 2, b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5_000, b"null"]
)
def test_what_is_no_json(body, maker):
    kind, sign, settings = maker
    if kind != "generic" or body != b"null":
        with pytest.raises(MalformedError):
            read(sign(body), settings)


@pytest.mark.parametrize(
    "changed",
    [
        {"repository": None},
        {"repository": {"default_branch": "main"}},
        {"repository": []},
        {"ref": 7},
        {"commits": {}},
        {"commits": [1]},
        {"commits": [{"added": "a"}]},
        {"commits": [{"added": [None]}]},
        {"commits": [{"added": ["x" * 2_001]}]},
        {"total_commits_count": "many"},
    ],
)
def test_a_push_of_wrong_types(changed):
    with pytest.raises(MalformedError):
        read(github(push(**changed)), hook("github"))


@pytest.mark.parametrize("id", [None, "", "x", -1, 1.5, True, 10**30, "9" * 21, [1], "１"])
def test_numbers_that_are_none(id):
    with pytest.raises(MalformedError):
        read(confluence({"event": "page_updated", "page": {"id": id}}), hook("confluence"))
    with pytest.raises(MalformedError):
        read(zendesk({**article("published"), "subject": "", "detail": {"id": id}}), hook("zendesk"))


@pytest.mark.parametrize("id", ["", "x" * 2_001, True, 1.5, {"a": 1}, [[1]], 10**30])
def test_ids_that_are_none(id):
    with pytest.raises(MalformedError):
        read(standard({"ids": [id]}), hook("generic", SIGNING, documents=("$.ids[*]",)))
