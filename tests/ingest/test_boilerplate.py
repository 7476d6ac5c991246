"""What most pages of a source repeat is left out: learned of all of them, in any order, and kept up to date."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import opened
from flows.steps import direct_steps, run_sources
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.ingest.boilerplate import Boilerplate, Repeated, key_of, learn, looks_of
from headwater.ingest.boilerplate_learning import recall
from headwater.model import NOBODY, Block, BlockKind, Document, RawDocument
from headwater.parsing.pool import ParserPool
from headwater.settings import load
from tests.support.compare import rows, visible
from tests.support.state import SharedParsing, open_workshop, run_all, scratch

SURVEY, PHONE = "Was anything on this page wrong? Write to the editors.", "Call us on weekdays, from nine to five."


def document(*blocks: Block, title: str = "t") -> Document:
    raw = RawDocument(
        source="s", id=title, version="1", uri="u", title=title, kind="help", media_type="text/html", content=b"",
        updated_at=None, access=NOBODY,
    )  # fmt: skip
    return Document(raw, blocks)


def text(said: str, kind: BlockKind = BlockKind.PARAGRAPH, **more: object) -> Block:
    return replace(Block(kind=kind, text=said), **more)  # type: ignore[arg-type]  # fields of Block


def heading(said: str, level: int = 2) -> Block:
    return Block(kind=BlockKind.HEADING, text=said, level=level)


def leaves_out(*said: Block) -> Boilerplate:
    return Boilerplate({key_of(block): Repeated(block.text, 9) for block in said}, 9)


# what is repeated ----------------------------------------------------------------------------------------------------


def looks(number: int, *shared: str) -> Document:
    return document(
        heading(f"Page {number}", 1), text(f"Own words of page {number}."), *map(text, shared), title=f"Page {number}"
    )


def learned(documents: list[Document]) -> Boilerplate:
    found = [looks_of(one) for one in documents]
    return learn([page for page, _ in found], {key: said for _, texts in found for key, said in texts.items()})


def test_what_most_pages_repeat_is_boilerplate() -> None:
    pages = [looks(n, SURVEY) for n in range(6)] + [looks(n) for n in range(6, 10)]
    assert [one.text for one in learned(pages).blocks.values()] == [SURVEY]
    assert not learned([*pages, looks(10)]).blocks, "59% are too few"
    assert not learned([looks(n, SURVEY) for n in range(4)]).blocks, "four pages are too few"


def test_versions_of_one_page_are_one_page() -> None:
    shared = [f"Sentence {n} of a page that is kept in many versions." for n in range(9)]
    versions = [document(heading("Install", 1), *map(text, shared), text(f"Version {n}."), title="t") for n in range(9)]
    assert not learned(versions).blocks


@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(["a", "b", "c"]), min_size=5, max_size=12))
def test_the_order_of_pages_does_not_matter(order: random.Random, shared: list[str]) -> None:
    pages = [looks(n, *dict.fromkeys((said, shared[0]))) for n, said in enumerate(shared)]
    mixed = list(pages)
    order.shuffle(mixed)
    assert learned(mixed).blocks == learned(pages).blocks


# what is left out ----------------------------------------------------------------------------------------------------


def test_repeated_blocks_go_and_headings_with_them() -> None:
    own = [heading("Title", 1), text("Own text.")]
    help_ = [heading("More help"), text(PHONE)]
    assert leaves_out(*help_).without(document(text(SURVEY), *own, *help_)).blocks == (text(SURVEY), *own)
    assert leaves_out(text(SURVEY)).without(document(text(SURVEY), *own)).blocks == tuple(own)


@pytest.mark.parametrize(
    "stays",
    [
        (heading("Prerequisites"), text("Own.")),
        (text("a step", BlockKind.STEP, ordinal="1"), text("Own.")),
        (text("x = 1", BlockKind.CODE), text("Own.")),
        (text("| a |", BlockKind.TABLE, rows=(("a",),)), text("Own.")),
        (text("Never do that.", BlockKind.ADMONITION, label="Warning"), text("Own.")),
        (text("Do this:"), text("Own.")),
        (text("shared", BlockKind.LIST_ITEM, group=1), text("own", BlockKind.LIST_ITEM, group=1)),
        (text(SURVEY),),
        (heading("Title"), text(SURVEY)),
    ],
)
def test_content_stays_however_often_it_is_said(stays: tuple[Block, ...]) -> None:
    shared = (block for block in stays if "own" not in block.text.lower())
    assert leaves_out(*shared).without(document(*stays)).blocks == stays


def test_the_only_text_of_an_own_heading_stays() -> None:
    page = document(heading("T", 1), text("Own."), heading("Who may do it"), text(PHONE), heading("End"), text("Own."))
    assert leaves_out(text(PHONE)).without(page).blocks == page.blocks


_blocks = st.lists(
    st.builds(
        text,
        st.sampled_from(["a", "b:", "c", "d"]),
        st.sampled_from(list(BlockKind)),
        level=st.integers(1, 3),
        group=st.integers(0, 2),
    ),
    max_size=12,
)


@given(_blocks, st.sets(st.sampled_from(["a", "b:", "c", "d"])))
def test_what_stays_is_in_order_and_nothing_else_goes(blocks: list[Block], repeated: set[str]) -> None:
    found = leaves_out(*(block for block in blocks if block.text in repeated)).without(document(*blocks)).blocks
    left = iter(blocks)
    assert all(any(block is other for other in left) for block in found), "in order"
    untouchable = (BlockKind.STEP, BlockKind.CODE, BlockKind.TABLE)
    assert [b for b in found if b.kind in untouchable] == [b for b in blocks if b.kind in untouchable]
    assert [b for b in found if b.text not in repeated] == [b for b in blocks if b.text not in repeated]
    assert bool(found) == bool(blocks)


# in a run ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parsing() -> Iterator[SharedParsing]:
    with ParserPool(workers=2) as pool:
        yield SharedParsing(pool)


class Site:
    """A folder of pages with the same last paragraph."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "site").mkdir()
        self.config = root / "headwater.toml"
        self.configure("")

    def configure(self, more: str) -> None:
        self.config.write_text(
            f'[[source]]\nname = "site"\nkind = "folder"\npath = "site"\ndefault_access = ["public"]\n{more}\n'
        )

    def page(self, number: int, *said: str, own: str = "Own words") -> None:
        body = "".join(f"<p class=x{place}>{sentence}</p>" for place, sentence in enumerate(said))
        (self.root / "site" / f"{number}.html").write_text(
            f"<title>Page {number}</title><h1>Page {number}</h1><p>{own} of page {number}.</p>{body}"
        )


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(opened, "SETTLED_NS", 0)
    with scratch("boilerplate") as folder:
        yield Site(folder)


def shown(workshop: Workshop) -> str:
    return "\n".join(visible(workshop).elements())


def test_the_first_run_leaves_it_out_and_reads_every_page_once(site: Site, parsing: SharedParsing) -> None:
    for number in range(8):
        site.page(number, SURVEY)
    (site.root / "site" / "notes.md").write_text(f"# Notes\n\n{SURVEY}\n")
    parsing.asked.clear()
    with open_workshop(site.config, site.root / "home", parsing=parsing) as workshop:
        report = run_all(workshop)
        assert "Own words of page 7" in shown(workshop)
        assert all(SURVEY not in said or "notes.md" in said for said in visible(workshop).elements())
        assert recall(workshop.ledger, "site").pages == 8
        assert sorted(parsing.asked) == sorted([*(f"{n}.html" for n in range(8)), "notes.md"])
        assert any(SURVEY[:20] in note and "site" in note for note in report.notes), report.notes


def test_it_follows_the_pages_and_equals_a_fresh_index(site: Site, parsing: SharedParsing) -> None:
    for number in range(4):
        site.page(number, SURVEY)
    home = site.root / "home"
    rounds = 0

    def check(boilerplate: list[str], changed: int) -> None:
        nonlocal rounds
        rounds += 1
        with open_workshop(site.config, home, parsing=parsing) as workshop:
            report = run_all(workshop).sources[0]
            assert (report.error, report.indexed) == ("", changed)
            assert [one.text for one in recall(workshop.ledger, "site").blocks.values()] == boilerplate
            with open_workshop(site.config, site.root / f"fresh{rounds}", parsing=parsing) as fresh:
                run_all(fresh)
                assert visible(workshop) == visible(fresh)
                assert {key: row.fingerprint for key, row in rows(workshop).items()} == {
                    key: row.fingerprint for key, row in rows(fresh).items()
                }
            assert run_all(workshop).sources[-1].unchanged == report.indexed + report.unchanged

    check([], changed=4)
    site.page(4, SURVEY)
    check([SURVEY], changed=5)
    site.page(5, "Something else.")
    check([SURVEY], changed=1)
    site.page(2, PHONE, own="Other words")
    check([], changed=6)
    site.page(6, SURVEY)
    check([SURVEY], changed=7)
    (site.root / "site" / "6.html").unlink()
    check([], changed=6)


def test_one_document_alone_uses_what_is_known(site: Site, parsing: SharedParsing) -> None:
    for number in range(6):
        site.page(number, SURVEY)
    with open_workshop(site.config, site.root / "home", parsing=parsing) as workshop:
        run_all(workshop)
    site.page(3, SURVEY, own="New words")
    parsing.asked.clear()
    with open_workshop(site.config, site.root / "home", parsing=parsing, only="3.html") as workshop:
        assert run_sources(workshop, ["site"], direct_steps(workshop)).sources[0].indexed == 1
        assert "New words" in shown(workshop)
        assert SURVEY not in shown(workshop)
    assert parsing.asked == ["3.html"]


def test_selectors_of_a_source_reach_its_pages(site: Site, parsing: SharedParsing) -> None:
    for number in range(3):
        site.page(number, SURVEY, PHONE)
    for more, expected in (
        ("", (True, True)),
        ('drop = [".x0"]', (False, True)),
        ('keep = ["h1", ".x1"]', (False, True)),
        ('keep = ["body"]\ndrop = [".x1", "p + .x0"]', (False, False)),
        ("", (True, True)),
    ):
        site.configure(more)
        with open_workshop(site.config, site.root / "home", parsing=parsing) as workshop:
            assert run_all(workshop).sources[0].indexed == 3
            assert (SURVEY in shown(workshop), PHONE in shown(workshop)) == expected


def test_what_is_no_selector_is_named(site: Site) -> None:
    site.configure('drop = ["p[["]')
    with pytest.raises(ConfigError, match=r"drop.*'p\[\['.*CSS selector"):
        load(site.config)
