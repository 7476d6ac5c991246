"""Whatever levels state, nobody reads who the source does not let read, unless it allows widening."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.access import narrowed
from connectors.policy import SourcePolicy
from headwater.model import Access

GROUPS = ("group:a", "group:b", "group:c")
PRINCIPALS = ("public", *GROUPS, "user:x@example.com")
principals = st.frozensets(st.sampled_from(PRINCIPALS), max_size=3)
words = st.sampled_from((*PRINCIPALS, "GROUP:A", "group:unknown", "a", "everyone", "", "group:", "public "))
lists = st.one_of(words, st.lists(words, max_size=3))
stated = st.one_of(
    lists,
    st.fixed_dictionaries({}, optional={"allow": lists, "deny": lists}),
    st.just({"readers": ["public"]}),
    st.just([["public"]]),
    st.just({"allow": {"x": "y"}}),
)
askers = st.frozensets(st.sampled_from((*GROUPS, "user:x@example.com")))


def policy(access: Access, *, widen: bool = False) -> SourcePolicy:
    return SourcePolicy(access=access, allow_widening=widen, groups=frozenset("abc"))


@given(st.builds(Access, principals, principals), st.lists(stated, max_size=4), askers)
def test_no_level_admits_more_than_the_source(source: Access, levels: list[object], asker: frozenset[str]) -> None:
    access = source
    for level in levels:
        above, access = access, narrowed(access, level, where="x", policy=policy(source)).access
        assert not access.admits(asker) or above.admits(asker)
    assert not access.admits(asker) or source.admits(asker)


@given(st.builds(Access, principals, principals), st.lists(stated, max_size=4), askers)
def test_denies_always_add_up(source: Access, levels: list[object], asker: frozenset[str]) -> None:
    access = source
    for level in levels:
        access = narrowed(access, level, where="x", policy=policy(source, widen=True)).access
    assert not access.admits(asker) or not (source.deny & (asker | {"public"}))


@given(st.builds(Access, principals), stated)
def test_less_than_was_written_is_always_reported(source: Access, level: object) -> None:
    ruling = narrowed(source, level, where="x", policy=policy(source))
    if ruling.findings:
        return
    allow = level.get("allow", sorted(source.allow)) if isinstance(level, dict) else level
    names = allow.split(",") if isinstance(allow, str) else allow
    assert isinstance(names, list)
    assert {name.strip().lower() for name in names} == ruling.access.allow or "public" in source.allow


def rule(source: str, level: object, *, widen: bool = False) -> tuple[set[str], set[str], int]:
    parent = Access(frozenset(source.split()))
    ruling = narrowed(parent, level, where="front matter", policy=policy(parent, widen=widen))
    return set(ruling.access.allow), set(ruling.access.deny), len(ruling.findings)


def test_examples() -> None:
    assert rule("public", ["group:a"]) == ({"group:a"}, set(), 0)
    assert rule("group:a group:b", ["group:b"]) == ({"group:b"}, set(), 0)
    assert rule("group:a", "public") == ({"group:a"}, set(), 1)
    assert rule("group:a", "public", widen=True) == ({"public"}, set(), 0)
    assert rule("group:a", ["group:b"]) == (set(), set(), 1)
    assert rule("group:a", ["group:b"], widen=True) == ({"group:b"}, set(), 0)
    assert rule("public", {"deny": ["group:a"]}) == ({"public"}, {"group:a"}, 0)
    assert rule("public", {"deny": ["group:nowhere"]}) == ({"public"}, {"group:nowhere"}, 1)
    assert rule("public", ["group:a", "group:nowhere"]) == ({"group:a"}, set(), 1)
    assert rule("public", "group:a, group:b") == ({"group:a", "group:b"}, set(), 0)


def test_a_misspelt_deny_closes_the_document() -> None:
    assert rule("public", {"deny": ["contractors"]})[0] == set()
    assert rule("public", {"allow": ["public"], "deny": "contractors"}, widen=True)[0] == set()


def test_findings_name_the_place_and_what_was_meant() -> None:
    parent = Access(frozenset({"public"}))
    (first, _) = narrowed(parent, ["a"], where="front matter", policy=policy(parent)).findings
    assert first == "front matter: 'a' is not a reader and names nobody; did you mean group:a?"


def test_without_a_configuration_no_group_is_unknown() -> None:
    parent = Access(frozenset({"public"}))
    assert narrowed(parent, ["group:any"], where="x", policy=SourcePolicy(access=parent)).access.allow == {"group:any"}
