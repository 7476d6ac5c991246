"""Who may read a page: spaces, restrictions, what is inherited, and everything that is not known."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.confluence import ConfluenceConnector
from connectors.http.client import close_all
from connectors.registry import build
from connectors.wiki.checked import restricted_to
from headwater.errors import CredentialError, TransientSourceError
from headwater.interfaces import Connector
from headwater.model import PUBLIC, Access, Ref, Unreadable
from headwater.settings import SourceSettings
from tests.connectors.contract import fetched, hurried, refs
from tests.connectors.services.confluence import ANN, EMAIL, TOKEN, Confluence, failing
from tests.connectors.services.local import serving
from tests.connectors.test_confluence import BOB

STAFF, SRE, LEADS = "confluence-users", "sre", "leads"
NAMED = frozenset({"staff", "sre", "leads"})
GROUPS = {STAFF: "group:staff", SRE: "group:sre", LEADS: "group:leads"}


def source(wiki: Confluence, *, access: Access = PUBLIC, **options: Any) -> Connector:
    assert wiki.server is not None
    given: dict[str, Any] = {
        "url": wiki.server.url + ("/wiki" if wiki.cloud else ""), "deployment": "cloud" if wiki.cloud else "server",
        "email": EMAIL if wiki.cloud else "", "token": TOKEN, "groups": GROUPS, "allow_private_addresses": True,
        "users": {} if wiki.cloud else {"ann": "user:ann@example.com"},
    }  # fmt: skip
    made = SourceSettings(name="wiki", kind="confluence", default_access=access, options={**given, **options})
    return hurried(build(made, NAMED))


@pytest.fixture(params=["cloud", "server"])
def wiki(request: pytest.FixtureRequest) -> Iterator[Confluence]:
    made = Confluence(cloud=request.param == "cloud")
    with serving(made.answer) as local:
        made.server = local
        prepared(made)
        yield made
    close_all()


def prepared(wiki: Confluence) -> None:
    wiki.groups = {STAFF: "g-1", SRE: "g-2", LEADS: "g-3"}
    wiki.users = {"acc-ann": dict(ANN), "acc-bob": dict(BOB)}
    wiki.put(1, "<p>Top</p>", title="Top")
    wiki.put(2, "<p>Middle</p>", title="Middle", parent=1)
    wiki.put(3, "<p>Text</p>", title="Page", parent=2)
    open_to(wiki, groups=(STAFF,))


def open_to(
    wiki: Confluence, *, groups: tuple[str, ...] = (), users: tuple[dict[str, str], ...] = (), anonymous: bool = False
) -> None:
    named = [("group", wiki.groups[name] if wiki.cloud else name) for name in groups]
    named += [("user", user["accountId" if wiki.cloud else "userKey"]) for user in users]
    wiki.readers["DOCS"] = named + ([("anonymous", "")] if anonymous else [])


def readers(wiki: Confluence, id: str = "3", **options: Any) -> set[str]:
    """Of the page, as listed and as fetched."""
    (listed,) = [item for item in source(wiki, **options).scan() if isinstance(item, Ref) and item.id == id]
    raw = fetched(source(wiki, **options), id)
    assert fetched(source(wiki, **options), id) == raw, "with what the listing found out, and without"
    assert listed.access == raw.access
    assert listed.version == raw.version
    assert bool(raw.access.allow) or raw.meta.get("access_findings")
    return set(raw.access.allow)


def findings(wiki: Confluence, id: str = "3", **options: Any) -> str:
    found = fetched(source(wiki, **options), id).meta.get("access_findings", ())
    assert isinstance(found, tuple)
    return "; ".join(found)


def test_a_page_without_restrictions_is_for_those_of_its_space(wiki: Confluence) -> None:
    assert readers(wiki) == {"group:staff"}
    open_to(wiki, groups=(STAFF, SRE), users=(ANN,))
    assert readers(wiki) == {"group:staff", "group:sre", "user:ann@example.com"}


def test_anonymous_access_is_public_as_far_as_the_source_allows(wiki: Confluence) -> None:
    open_to(wiki, groups=(STAFF,), anonymous=True)
    assert readers(wiki) == {"public"}
    assert readers(wiki, access=Access(frozenset({"group:staff"}))) == {"group:staff"}
    wiki.restrict(2, groups=(SRE,))
    assert readers(wiki) == {"group:sre"}
    assert readers(wiki, "1") == {"public"}


def test_every_restricted_level_narrows(wiki: Confluence) -> None:
    open_to(wiki, groups=(STAFF, SRE, LEADS))
    wiki.restrict(1, groups=(STAFF, SRE))
    assert readers(wiki, "3") == {"group:staff", "group:sre"}
    wiki.restrict(2, groups=(SRE, LEADS))
    assert readers(wiki, "3") == {"group:sre"}
    wiki.restrict(3, groups=(LEADS,))
    assert readers(wiki, "3") == set()
    assert "readers in common" in findings(wiki)
    assert readers(wiki, "2") == {"group:sre"}


def test_a_restriction_on_an_ancestor_changes_the_version_of_what_is_below(wiki: Confluence) -> None:
    open_to(wiki, groups=(STAFF, SRE))
    before = refs(source(wiki))
    wiki.restrict(1, groups=(SRE,))
    after = refs(source(wiki))
    assert {id for id in before if before[id] != after[id]} == {"1", "2", "3"}


def test_people_pass_by_the_groups_they_are_in(wiki: Confluence) -> None:
    wiki.restrict(2, groups=(SRE,), users=(ANN,))
    assert readers(wiki) == set()
    wiki.members["acc-ann"] = [STAFF]
    assert readers(wiki) == {"user:ann@example.com"}
    wiki.restrict(3, groups=(LEADS,))
    assert readers(wiki) == set()
    wiki.members["acc-ann"] = [STAFF, LEADS]
    assert readers(wiki) == {"user:ann@example.com"}


def test_groups_of_the_service_that_stand_for_several_of_ours_have_readers_in_common(wiki: Confluence) -> None:
    wiki.restrict(3, groups=(SRE,))
    assert readers(wiki) == set()
    both = {**GROUPS, STAFF: ["group:staff", "group:sre"]}
    assert readers(wiki, groups=both) == {"group:sre"}


def test_who_has_no_address_here_may_not_read(wiki: Confluence) -> None:
    wiki.members["acc-bob"] = [STAFF]
    wiki.restrict(3, users=(BOB,))
    assert readers(wiki) == set()
    assert "Bob" in findings(wiki)
    known = {"acc-bob" if wiki.cloud else "bob": "user:bob@example.com"}
    assert readers(wiki, users=known) == {"user:bob@example.com"}


@pytest.mark.parametrize("address", ["", "bob", "bob@", "a b@c", "public", "group:staff", "bob@example.com:x"])
def test_an_address_that_is_none_names_nobody(wiki: Confluence, address: str) -> None:
    wiki.users["acc-bob"]["email"] = address
    wiki.members["acc-bob"] = [STAFF]
    wiki.restrict(3, users=({**BOB, "email": address},))
    assert readers(wiki) == set()


def test_unknown_groups_let_nobody_in_and_are_named(wiki: Confluence) -> None:
    wiki.groups["marketing"] = "g-9"
    open_to(wiki, groups=(STAFF, "marketing"))
    assert readers(wiki) == {"group:staff"}
    assert "group marketing stands for no reader" in findings(wiki)
    open_to(wiki, groups=("marketing",))
    assert readers(wiki) == set()


def test_readers_beyond_default_access_are_reported(wiki: Confluence) -> None:
    assert readers(wiki, access=Access(frozenset({"group:sre"}))) == set()
    assert "default_access" in findings(wiki, access=Access(frozenset({"group:sre"})))


def test_a_space_of_which_nothing_is_told(wiki: Confluence) -> None:
    wiki.readers.clear()
    assert readers(wiki) == set()
    assert "space_readers" in findings(wiki)
    for stated in ({"DOCS": "group:staff"}, {"*": "group:staff"}):
        assert readers(wiki, space_readers=stated) == {"group:staff"}
    wiki.restrict(2, groups=(SRE, STAFF))
    assert readers(wiki, space_readers={"*": ["group:sre", "group:leads"]}) == {"group:sre"}


def test_an_older_server_does_not_tell_who_may_read_a_space() -> None:
    wiki = Confluence(cloud=False)
    with serving(wiki.answer) as local:
        wiki.server = local
        prepared(wiki)
        local.faults += failing("/permissions", 404)
        assert readers(wiki) == set()
        assert "space_readers" in findings(wiki)
        assert readers(wiki, space_readers={"docs": "group:staff"}) == {"group:staff"}
    close_all()


def test_roles_in_a_space_let_read() -> None:
    wiki = Confluence()
    with serving(wiki.answer) as local:
        wiki.server = local
        prepared(wiki)
        wiki.readers.clear()
        wiki.roles["DOCS"] = [("group", "g-2"), ("access_class", "authenticated-users")]
        assert readers(wiki) == {"group:sre"}
        assert "authenticated-users" in findings(wiki)
        assert readers(wiki, groups={"authenticated-users": "group:staff"}) == {"group:staff"}
        wiki.roles["DOCS"] = [("access_class", "anonymous-users")]
        assert readers(wiki) == {"public"}
    close_all()


def test_what_cannot_be_told_is_a_failure_and_never_open(wiki: Confluence) -> None:
    assert wiki.server is not None
    wiki.server.faults += failing("/permissions", 400)
    items = list(source(wiki).scan())
    assert {item.id for item in items if isinstance(item, Unreadable)} == {"1", "2", "3"}
    assert not [item for item in items if isinstance(item, Ref)]
    with pytest.raises(TransientSourceError):
        source(wiki).fetch("3")
    wiki.server.faults.clear()
    assert readers(wiki) == {"group:staff"}


def test_restrictions_above_that_cannot_be_told_fail_what_is_below(wiki: Confluence) -> None:
    assert wiki.server is not None
    wiki.restrict(2, groups=(SRE,))
    for status in (400, 403, 404):
        wiki.server.faults[:] = failing("content/2/restriction", status)
        with pytest.raises(TransientSourceError):
            source(wiki).fetch("3")
        assert fetched(source(wiki), "1").access.allow == {"group:staff"}


def test_a_token_that_may_not_ask_for_permissions_says_so(wiki: Confluence) -> None:
    assert wiki.server is not None
    wiki.server.faults += failing("/permissions", 403)
    with pytest.raises(CredentialError) as refused:
        list(source(wiki).scan())
    assert "space_readers" in refused.value.advice
    assert "token" in refused.value.advice


def test_restrictions_in_another_form_are_asked_for_again(wiki: Confluence) -> None:
    """What a listing leaves out of a restriction may be a reader, or that there is one."""
    wiki.restrict(3, groups=(SRE, STAFF))
    whole = refs(source(wiki))
    for nested in (0, 1, 2):
        wiki.nested = nested
        assert refs(source(wiki)) == whole


def _readers(*names: str, **about: int) -> dict[str, Any]:
    return {"results": [{"type": "group", "name": name, "id": name} for name in names], "start": 0, **about}


@pytest.mark.parametrize(
    ("users", "groups", "whole"),
    [
        (_readers(limit=5, size=0), _readers("a", limit=5, size=1), True),
        (_readers(limit=5, size=0), _readers("a", limit=5, size=1, totalSize=9), False),
        (_readers(limit=5, size=3), _readers("a", limit=5, size=1), False),
        (_readers(limit=5, size=0), _readers("a", limit=1, size=1), False),
        (_readers(limit=5, size=0), _readers("a", size=1), False),
        (None, _readers("a", limit=5, size=1), False),
        (_readers(limit=5, size=0), {"_expandable": {}}, False),
    ],
)
def test_a_restriction_counts_only_where_it_is_whole(users: object, groups: object, whole: bool) -> None:
    assert (restricted_to({"operation": "read", "restrictions": {"user": users, "group": groups}}) is not None) == whole


PEOPLE = {"ann": ANN, "bob": {**BOB, "email": "bob@example.com"}}
levels = st.fixed_dictionaries(
    {
        "users": st.sets(st.sampled_from(sorted(PEOPLE)), max_size=2),
        "groups": st.sets(st.sampled_from((STAFF, SRE, LEADS)), max_size=3),
    }
)


@settings(max_examples=60, deadline=None)
@given(
    space=levels, anonymous=st.booleans(), restricted=st.lists(levels, min_size=3, max_size=3),
    members=st.fixed_dictionaries({name: st.sets(st.sampled_from((STAFF, SRE, LEADS))) for name in PEOPLE}),
    stranger=st.sets(st.sampled_from((STAFF, SRE, LEADS))),
)  # fmt: skip
def test_nobody_reads_here_what_the_wiki_keeps_from_them(
    shared: Confluence,
    space: dict[str, set[str]],
    anonymous: bool,
    restricted: list[dict[str, set[str]]],
    members: dict[str, set[str]],
    stranger: set[str],
) -> None:
    shared.users = {str(one["accountId"]): dict(one) for one in PEOPLE.values()}
    shared.members = {str(PEOPLE[name]["accountId"]): sorted(groups) for name, groups in members.items()}
    open_to(
        shared, groups=tuple(space["groups"]), users=tuple(PEOPLE[one] for one in space["users"]), anonymous=anonymous
    )
    for number, level in enumerate(restricted, 1):
        shared.restrict(number, groups=tuple(level["groups"]), users=tuple(PEOPLE[one] for one in level["users"]))
    connector = source(shared, groups=GROUPS)
    assert isinstance(connector, ConfluenceConnector)
    (listed,) = [item for item in connector.scan() if isinstance(item, Ref) and item.id == "3"]
    assert listed.access is not None
    for name, groups in {**members, "stranger": stranger, "": set()}.items():
        asker = frozenset({f"user:{name}@example.com"} if name else ()) | {GROUPS[group] for group in groups}
        allowed = _lets(space, name, groups, opened=anonymous) and all(
            _lets(level, name, groups, opened=not level["users"] and not level["groups"]) for level in restricted
        )
        assert allowed or not listed.access.admits(asker)
        if allowed and name in PEOPLE and any(name in level["users"] for level in (space, *restricted)):
            assert listed.access.admits(asker)


def _lets(level: dict[str, set[str]], name: str, groups: set[str], *, opened: bool) -> bool:
    return opened or name in level["users"] or bool(level["groups"] & groups)


@pytest.fixture(scope="module")
def shared() -> Iterator[Confluence]:
    wiki = Confluence()
    with serving(wiki.answer) as local:
        wiki.server = local
        prepared(wiki)
        yield wiki
    close_all()
