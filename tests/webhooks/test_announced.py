"""From what a service tells to the documents of every source that reads that place, by the ids of its connector."""

import pytest

from connectors.announced import announced, repository_of
from headwater.inbox.inbox import Inbox
from headwater.ledger.open import open_ledger
from headwater.ledger.waiting import WHOLE
from headwater.model import PUBLIC
from headwater.settings import SourceSettings
from headwater.webhooks.kinds import authentic, read
from tests.webhooks.conftest import NOW, confluence, github, gitlab, gitlab_push, hook, push, zendesk

URL = "https://github.com/acme/handbook"
CLOUD = "https://x.atlassian.net"


def source(name, kind, include=(), exclude=(), **options):
    return SourceSettings(
        name=name, kind=kind, default_access=PUBLIC, include=include, exclude=exclude, options=options
    )


def touched(notice, addressed, *others, known=()):
    def live(name, ending):
        return [id for of, id in known if of == name and id.endswith(ending)]

    found = announced(notice, addressed, (addressed, *others), live)
    assert len({(one.source, one.document) for one in found}) == len(found)
    assert all(one.reason for one in found)
    return {(one.source, one.document): one.access for one in found}


def pushed(**changed):
    return read(github(push(**changed)), hook("github"))


def test_a_push_reaches_every_source_of_that_branch():
    docs = source("docs", "git", url=URL, folder="docs/")
    everything = source("all", "git", url="git@github.com:Acme/handbook.git", branch="main", exclude=("src/",))
    others = (
        source("dev", "git", url=URL, branch="develop"),
        source("other", "git", url="https://github.com/acme/website"),
        source("elsewhere", "git", url="https://gitlab.com/acme/handbook"),
        source("local", "git", path="/srv/handbook.git"),
        source("site", "website", url="https://acme.example.com"),
    )
    assert touched(pushed(), docs, everything, *others) == {
        ("docs", "new.md"): False, ("docs", "a.md"): False, ("docs", "old.md"): True,
        ("all", "docs/new.md"): False, ("all", "docs/a.md"): False, ("all", "docs/old.md"): True,
    }  # fmt: skip
    assert touched(pushed(ref="refs/heads/develop"), docs) == {}
    assert ("dev", "docs/a.md") in touched(pushed(ref="refs/heads/develop"), docs, *others)


def test_files_that_no_source_lists_are_no_look():
    docs = source("docs", "git", url=URL, include=("*.md",))
    commit = {"added": ["a.md", "b.txt", ".github/x.md", "c/.hidden/x.md"]}
    assert touched(pushed(commits=[commit]), docs) == {("docs", "a.md"): False}


def test_whoever_addresses_a_source_knows_where_its_repository_is():
    for one in (
        source("local", "git", path="/srv/handbook"),
        source("mirror", "git", url="https://git.intra/acme/handbook"),
    ):
        assert (one.name, "docs/a.md") in touched(pushed(), one)
    assert touched(pushed(), source("other", "git", url="https://github.com/acme/website")) == {}


def test_what_cannot_be_told_is_looked_at_as_a_whole():
    site = source("site", "website", url="https://acme.example.com")
    docs = source("docs", "git", url=URL)
    assert touched(pushed(), site, docs).items() >= {("site", WHOLE): True, ("docs", "docs/a.md"): False}.items()
    assert touched(pushed(forced=True), docs)["docs", WHOLE] is False


def test_releases_and_the_changelog():
    releases = source("releases", "github-releases", repository="acme/handbook", changelog="CHANGELOG.md")
    docs = source("docs", "git", url=URL)
    payload = {"action": "published", "release": {"tag_name": "v1"}, "repository": push()["repository"]}
    notice = read(github(payload, event="release"), hook("github"))
    assert touched(notice, docs, releases) == {("releases", "releases/v1"): False}
    changed = pushed(commits=[{"modified": ["CHANGELOG.md", "README.md"]}])
    assert touched(changed, releases, docs).items() >= {("releases", "CHANGELOG.md"): False}.items()
    assert ("releases", "README.md") not in touched(changed, releases)
    assert touched(pushed(ref="refs/heads/x", commits=[{"modified": ["CHANGELOG.md"]}]), releases) == {}


def test_gitlab_names_paths_and_then_everything():
    docs = source("docs", "git", url="git@gitlab.example.com:acme/handbook.git")
    notice = read(gitlab(gitlab_push()), hook("gitlab"))
    assert touched(notice, docs) == {("docs", "a.md"): False, ("docs", "b.md"): True, ("docs", WHOLE): False}


def article(event, **inner):
    payload = {"type": f"zen:event-type:article.{event}", "detail": {"id": "7"}, "event": inner}
    return read(zendesk(payload), hook("zendesk"))


def test_articles_by_locale():
    url = "https://acme.zendesk.com"
    both = source("both", "zendesk", url=url, locales=["en-US", "de"])
    german = source("german", "zendesk", url=url, locales=["de"])
    other = source("other", "zendesk", url="https://other.zendesk.com", locales=["de"])
    assert touched(article("published", locale="de"), both, german, other) == {
        ("both", "de/7"): False,
        ("german", "de/7"): False,
    }
    assert touched(article("published", locale="fr"), both) == {}
    assert touched(article("unpublished"), both, german) == {
        ("both", "de/7"): True, ("both", "en-us/7"): True, ("german", "de/7"): True
    }  # fmt: skip


def test_articles_of_locales_that_only_the_help_center_knows():
    center = source("center", "zendesk", url="https://acme.zendesk.com")
    known = [("center", "en-us/7"), ("center", "en-us/17"), ("wiki", "x/7")]
    assert touched(article("published", locale="en-us"), center, known=known) == {("center", "en-us/7"): False}
    assert touched(article("deleted"), center, known=known) == {("center", "en-us/7"): True}
    assert touched(article("published", locale="en-us"), center) == {("center", WHOLE): False}
    assert touched(article("deleted"), center) == {}


def test_pages_and_attachments():
    wiki = source("wiki", "confluence", url=CLOUD, attachments=True)
    plain = source("plain", "confluence", url=CLOUD + "/wiki", spaces=["DS"])
    server = source("server", "confluence", url="https://wiki.example.com", attachments=True)
    page = read(confluence({"event": "page_trashed", "page": {"id": 5}}), hook("confluence"))
    assert touched(page, wiki, plain, server) == {("wiki", "5"): True, ("wiki", WHOLE): True, ("plain", "5"): True}
    payload = {"event": "attachment_created", "attachments": [{"id": 9}], "attachedTo": {"id": 5}}
    file = read(confluence(payload), hook("confluence"))
    assert touched(file, wiki, plain) == {("wiki", "5"): False, ("wiki", "5/att9"): False, ("plain", "5"): False}
    assert touched(file, server) == {("server", "5"): False, ("server", "5/9"): False}
    moved = read(confluence({"event": "page_moved", "page": {"id": 5}}), hook("confluence"))
    assert touched(moved, wiki, plain, server) == {("wiki", WHOLE): True, ("plain", WHOLE): True}


def test_a_service_says_nothing_of_sources_that_have_no_host():
    export, notes = source("export", "folder", path="export"), source("notes", "folder", path="notes")
    assert touched(article("published", locale="de"), export, notes) == {("export", WHOLE): False}


def test_a_delivery_goes_into_the_inbox_once(tmp_path):
    settings, docs = hook("github"), source("docs", "git", url=URL, folder="docs")
    inbox = Inbox(open_ledger(tmp_path / "ledger.sqlite"))
    for _ in range(2):
        delivery = github(push())
        authentic(delivery, settings, NOW)
        notice = read(delivery, settings)
        inbox.receive(docs.name, notice.delivery_id, announced(notice, docs, [docs], lambda *_: ()))
    assert {row.document: (row.access, row.notices) for row in inbox.rows()} == {
        "a.md": (False, 1), "new.md": (False, 1), "old.md": (True, 1)
    }  # fmt: skip
    assert [row.document for row in inbox.take(1)] == ["old.md"]


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/acme/handbook",
        "https://token@GitHub.com/Acme/handbook.git/",
        "git@github.com:acme/handbook.git",
        "ssh://git@github.com:22/acme/handbook.git",
        "github.com:acme/handbook",
    ],
)  # fmt: skip
def test_a_repository_has_one_name_however_it_is_written(address):
    assert repository_of(address) == ("github.com", "acme/handbook")


@pytest.mark.parametrize("address", ["", "acme/handbook", "https://[", "://", ":::", "https://host:x/y"])
def test_odd_addresses_are_no_error(address):
    assert repository_of(address)[0] in ("", "host")
