"""What a reader cannot see, or sees on every page, stays out."""

import pytest

from headwater.model import NOBODY, RawDocument
from headwater.parsing import html


def texts(page: str) -> list[str]:
    document = html.parse(
        RawDocument(
            source="s",
            id="d",
            version="1",
            uri="u",
            title="",
            kind="help",
            media_type="text/html",
            content=page.encode(),
            updated_at=None,
            access=NOBODY,
        )
    )
    return [block.text for block in document.blocks]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>x</p>",
        "<p style='display:none'>x</p>",
        "<p style='color:red; DISPLAY : none !important'>x</p>",
        "<p style='visibility:hidden'>x</p>",
        "<p style='opacity:0'>x</p>",
        "<p style='font-size:0px'>x</p>",
        "<p style='position:absolute;left:-9999px'>x</p>",
        "<span aria-hidden=true>x</span>",
        "<span class='sr-only'>x</span>",
        "<div hidden><p>x</p><ul><li>x</ul></div>",
        "<!-- x -->",
        "<template><p>x</p></template>",
        "<script>x</script>",
        "<noscript>x</noscript>",
        "<style>.secret{display:none} @media print{.shown{display:none}}</style><p class=secret>x</p>",
        "<style>p#gone, .other {visibility: hidden}</style><p id=gone>x</p>",
        "<svg><text>x</text></svg>",
        "<select><option>x</option></select><input value=x><textarea>x</textarea><button>x</button>",
        "<table><tr><td hidden>x</td></tr></table>",
        "<iframe>x</iframe>",
    ],
)
def test_hidden_text_is_not_read(hidden: str) -> None:
    assert texts(f"<html><body><p class=shown>seen</p>{hidden}<p>too</p></body></html>") == ["seen", "too"]


@pytest.mark.parametrize("place", ["<h2>{}</h2>", "<ul><li>{}</li></ul>", "<pre>{}</pre>", "<dl><dt>{}</dt></dl>"])
def test_hidden_text_inside_others_is_not_read(place: str) -> None:
    assert texts(place.format("seen<span style='display:none'>x</span><!--x--><b hidden>x</b>")) == ["seen"]


def test_hidden_cells_and_captions() -> None:
    assert texts(
        "<table><caption hidden>x</caption><tr><th>a</th><th>b<i hidden>x</i></th></tr>"
        "<tr><td>1</td><td>2</td></tr></table>"
    ) == ["| a | b |\n| --- | --- |\n| 1 | 2 |"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("pass\u200bword", "password"),
        ("pass&#8203;word", "password"),
        ("a\u202eevil\u202cb", "aevilb"),
        ("see\U000e0041\U000e0042n", "seen"),
        ("soft\u00adhyphen", "softhyphen"),
        ("e\u0301", "é"),
        ("in\u200dvisible\ufeff\u2060", "invisible"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"),
        ("a\ufe0f\U000e0100", "a"),
    ],
)
def test_invisible_characters_are_taken_out(written: str, shown: str) -> None:
    assert texts(f"<p>{written}</p><pre>{written}</pre><h2>{written}</h2>") == [shown, shown, shown]


FURNITURE = [
    "<nav><a href=/>x</a></nav>",
    "<header><a href=/>x</a><div>x</div></header>",
    "<footer>x</footer>",
    "<aside>x</aside>",
    "<div role=navigation>x</div>",
    "<div role=search>x</div>",
    "<div class='cookie-banner'>x</div>",
    "<div id=cookie-consent><p>x</p></div>",
    "<ul class=breadcrumbs><li>x</ul>",
    "<div class=sidebar>x</div>",
    "<div class=toc><ul><li>x</ul></div>",
    "<a class=skip-link href='#main'>x</a>",
    "<div class='pagination-nav'>x</div>",
    "<div class=navheader><table><tr><td>x</td></tr></table></div>",
    "<form><label for=q>x</label><input id=q><button>x</button></form>",
    "<table summary='Navigation footer'><tr><td><a href=a>x</a></td></tr></table>",
    "<table><tr><td><a href=a>Prev</a></td><td><a href=b>Up</a></td><td><a href=c>Next</a></td></tr></table>",
]


@pytest.mark.parametrize("furniture", FURNITURE)
@pytest.mark.parametrize(
    "frame",
    [
        "{}<h1>Title</h1><p>Seen text.</p>{}",
        "{}<main><h1>Title</h1><p>Seen text.</p></main>{}",
        "<main>{}<h1>Title</h1><p>Seen text.</p>{}</main>",
    ],
)
def test_furniture_is_not_content(furniture: str, frame: str) -> None:
    if frame.startswith("<main>"):
        # There, a header introduces the content.
        furniture = furniture.replace("<header>", "<nav>").replace("</header>", "</nav>")
    assert texts(f"<body>{frame.replace('{}', furniture)}</body>") == ["Title", "Seen text."]


def test_the_content_is_found_by_role_element_or_name() -> None:
    outside = "<div>Outside text that no class name gives away.</div>"
    for opening, closing in (
        ("<main>", "</main>"), ("<div role=main>", "</div>"), ("<article>", "</article>"),
        ("<div id=content>", "</div>"), ("<div class='markdown-body'>", "</div>"), ("<td class=main-content>", "</td>"),
    ):  # fmt: skip
        inside = f"{opening}<h1>Title</h1><p>{'Words of the page. ' * 9}</p>{closing}"
        page = f"<table><tr><td>{outside}</td>{inside}</tr></table>" if "td" in opening else outside + inside
        assert texts(f"<body>{page}</body>") == ["Title", ("Words of the page. " * 9).strip()], opening


def test_text_outside_the_container_is_kept_when_it_is_most_of_the_page() -> None:
    assert texts(f"<div id=content>small</div><p>{'large ' * 30}</p>") == ["small", ("large " * 30).strip()]


def test_a_list_of_links_ahead_of_the_text_is_furniture_but_an_index_page_is_read() -> None:
    links = "".join(f"<li><a href={i}>Link {i}</a>" for i in range(9))
    prose = "<p>" + "Real sentences about the matter. " * 20 + "</p>"
    assert len(texts(f"<ul>{links}</ul><h1>Title</h1>{prose}<h2>See also</h2><ul>{links}</ul>")) == 12
    assert len(texts(f"<h1>Contents</h1><ul>{links}</ul>")) == 10
    assert len(texts(f"<nav><ul>{links}</ul></nav>")) == 9


def test_a_name_like_furniture_does_not_hide_most_of_the_page() -> None:
    assert texts("<div class='has-sidebar toc'><h1>T</h1><p>Text of the page.</p></div>") == ["T", "Text of the page."]


def test_the_title_in_the_page_header_is_content_when_it_is_the_only_one() -> None:
    assert texts("<header><nav>x</nav><h1>Title</h1></header><p>Text.</p>") == ["Title", "Text."]
    assert texts("<header><h1>Site</h1></header><h1>Title</h1><p>Text.</p>") == ["Title", "Text."]


def test_tabs_are_one_click_away_and_so_are_read() -> None:
    assert texts("<div role=tablist><p>Linux</p></div><div role=tabpanel hidden><p>apt install</p></div>") == [
        "Linux",
        "apt install",
    ]


def test_buttons_that_unfold_a_heading_are_its_text() -> None:
    assert texts("<h3><button>Can I go back?</button></h3><p>Yes.<button>Copy</button></p>") == [
        "Can I go back?",
        "Yes.",
    ]


@pytest.mark.parametrize(
    "names",
    [
        "article-votes",
        "article-relatives",
        "relatedArticles",
        "wasThisHelpful",
        "page-feedback",
        "theme-edit-this-page",
        "on-this-page",
        "breadcrumbsContainer_Z_bl1",
        "cookieBanner",
        "onetrust-banner-sdk",
        "share-links",
        "comments-area",
        "post-footer",
        "side-menu",
        "search-form",
        "recently-viewed-articles",
        "tocCollapsible_ETCw2",
        "prevnext",
    ],
)
def test_furniture_is_known_by_the_names_that_themes_give_it(names: str) -> None:
    page = f"<main><h1>T</h1><p>Text of the page.</p><div class='{names}'><p>x</p></div></main>"
    assert texts(page) == ["T", "Text of the page."]


@pytest.mark.parametrize(
    "names",
    [
        "article-body",
        "has-sidebar",
        "rating-scale",
        "token-table",
        "navigation-keys",
        "helpful-tips",
        "share-permissions",
        "related-settings",
        "edit-profile",
        "cookbook",
        "search-results",
        "comments-explained",
    ],
)
def test_content_is_not_furniture_for_a_word_in_its_name(names: str) -> None:
    assert texts(f"<main><h1>T</h1><p>{'Text. ' * 30}</p><div class='{names}'><p>x</p></div></main>")[-1] == "x"


@pytest.mark.parametrize(
    "said",
    [
        "Was this article helpful? Yes No",
        "Did you find what you were looking for?",
        "3 out of 5 found this helpful",
        "Back to top",
        "<a href=e>Edit this page</a>",
        "<a href=e>Edit on GitHub</a>",
    ],
)
def test_what_a_page_says_of_itself_is_not_content(said: str) -> None:
    assert texts(f"<h1>T</h1><p>Text.</p><div class=z><p>{said}</p></div>") == ["T", "Text."]


@pytest.mark.parametrize("said", ["Is this helpful?!" + "!" * 90 + "x", "Edit this page", "<a href=e>Edit profile</a>"])
def test_content_may_speak_of_pages(said: str) -> None:
    assert len(texts(f"<h1>T</h1><p>{said}</p>")) == 2
