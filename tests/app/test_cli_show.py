"""`show`: a document drawn in the terminal and as a page, whoever wrote it and whatever model is configured."""

from pathlib import Path

import pytest

from app.pages.rendering import clean, href, page
from app.pages.writing import write_page
from headwater.errors import ConfigError
from tests.app.browser import Browser, open_browser
from tests.app.conftest import Headwater

HOSTILE = """\
---
owner: "<script>document.title='taken'</script>"
---

# Keys <script>document.title = 'taken'</script>

Text with `<img src="http://tracker.example/x.png" onerror="document.title='taken'">` in it,
and [a link](javascript:alert(1)).

```html
<script src="http://tracker.example/x.js"></script></pre></section><style>body{display:none}</style>
<iframe src="http://tracker.example/"></iframe>
```

## Steps <b onclick="alert(1)">now</b>

1. Open the door.
2. Close it & lock "it".
"""


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return open_browser(tmp_path)


@pytest.fixture
def hostile(headwater: Headwater, project: Path, folder: Path) -> Headwater:
    """Commands over a project with one document that attacks whoever looks at it."""
    (folder / "hostile.md").write_text(HOSTILE)
    assert headwater("ingest", "--direct", cwd=project, home=project / "home").code == 0
    return lambda *arguments: headwater(*arguments, cwd=project, home=project / "home")


def test_chunks_are_drawn_with_what_is_known_of_them(example: Headwater) -> None:
    ran = example("show", "sop-001-major-incident.md")
    assert ran.code == 0
    found = example("show", "sop-001-major-incident.md", "--json").json
    for chunk in found["chunks"]:
        assert f"{chunk['position'] + 1}/{len(found['chunks'])}  {chunk['tokens']} tokens" in ran.out
    assert "SOP-001: Major incident > Procedure" in ran.out
    assert "╭" in ran.out
    assert "blocks: " in ran.out
    assert "part of a procedure: chunks" in ran.out


def test_every_block_is_in_some_chunk(example: Headwater) -> None:
    for name in ("rotate-api-key.html", "sop-001-major-incident.md", "2.4.0.md"):
        found = example("show", name, "--json").json
        placed = {number for chunk in found["chunks"] for number in chunk["blocks"]}
        assert placed == set(range(len(found["blocks"]))), name
        wholes = [span for chunk in found["chunks"] for span in chunk["wholes"]]
        assert all(0 <= span["first"] < span["last"] < len(found["chunks"]) for span in wholes)


def test_metadata_says_where_it_is_from(example: Headwater) -> None:
    found = example("show", "sop-001-major-incident.md", "--json").json
    assert found["origins"]["owner"]
    assert "origins" not in found["metadata"]
    assert (
        f"owner: {found['metadata']['owner']}  from {found['origins']['owner']}"
        in example("show", "sop-001-major-incident.md").out
    )


def test_what_was_left_out_is_said(headwater: Headwater, project: Path, folder: Path) -> None:
    (folder / "page.html").write_text("<h1>Keys</h1><p>Seen.</p><p style='display:none'>Never seen by anyone</p>")
    home = project / "home"
    headwater("ingest", "--direct", cwd=project, home=home)
    found = headwater("show", "page.html", "--json", cwd=project, home=home).json
    assert [(one["words"], one["sample"]) for one in found["stripped"]] == [(4, "Never seen by anyone")]
    assert "Never seen" not in str(found["chunks"])
    assert "Never seen by anyone" in headwater("show", "page.html", cwd=project, home=home).out


def test_no_model_is_needed(headwater: Headwater, project: Path) -> None:
    home = project / "home"
    headwater("ingest", "--direct", cwd=project, home=home)
    config = project / "headwater.toml"
    config.write_text(config.read_text() + '\n[embedding]\nmodel = "./no-such-model"\n')
    assert headwater("search", "invoices", cwd=project, home=home).code != 0
    shown = headwater("show", "billing.md", cwd=project, home=home)
    assert shown.code == 0
    assert "Invoices are sent" in shown.out


def test_an_index_of_another_ledger_is_refused(headwater: Headwater, project: Path) -> None:
    home = project / "home"
    headwater("ingest", "--direct", cwd=project, home=home)
    headwater("ingest", "--direct", cwd=project, home=project / "other")
    for file in home.glob("ledger.db*"):
        file.unlink()
    (project / "other" / "ledger.db").rename(home / "ledger.db")
    ran = headwater("show", "billing.md", cwd=project, home=home)
    assert ran.code == 1
    assert "another ledger" in ran.err


def test_a_source_that_changed_shows_what_is_live(headwater: Headwater, project: Path, folder: Path) -> None:
    home = project / "home"
    headwater("ingest", "--direct", cwd=project, home=home)
    (folder / "billing.md").write_text("# Other\n\nSomething else.\n")
    found = headwater("show", "billing.md", "--json", cwd=project, home=home).json
    assert found["blocks"] is found["stripped"] is found["chunks"][0]["blocks"] is None
    assert "another version" in headwater("show", "billing.md", cwd=project, home=home).out


def test_the_page_shows_everything_and_asks_for_nothing(example: Headwater, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert example("show", "sop-001-major-incident.md", "--html", str(file)).code == 0
    found, shown = example("show", "sop-001-major-incident.md", "--json").json, browser(file)
    assert (shown.console, shown.hosts) == ([], set())
    assert file.stat().st_mode & 0o077 == 0
    for chunk in found["chunks"]:
        assert f'id="chunk-{chunk["position"] + 1}"' in shown.dom
        assert chunk["heading_path"][-1] in shown.dom
    assert found["origins"]["owner"] in shown.dom


def test_a_hostile_document_is_shown_as_text(hostile: Headwater, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert hostile("show", "hostile.md", "--html", str(file)).code == 0
    shown = browser(file)
    assert (shown.console, shown.hosts) == ([], set())
    lower = shown.dom.lower()
    assert all(f"<{tag}" not in lower for tag in ("script", "img", "iframe", "b onclick"))
    assert lower.count("<style") == 1
    assert "javascript:" not in [part[:11] for part in lower.split('href="')]
    assert "&lt;iframe src=" in lower
    assert "Close it &amp; lock" in shown.dom


def test_the_pages_policy_stops_what_slips_through(hostile: Headwater, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    hostile("show", "hostile.md", "--html", str(file))
    attack = "<script>document.title='taken'</script><img src='http://tracker.example/y.png'><p id=seen>x</p>"
    file.write_text(file.read_text().replace("</body>", f"{attack}</body>"))
    shown = browser(file)
    assert 'id="seen"' in shown.dom
    assert "<title>taken" not in shown.dom
    assert "tracker.example" not in shown.hosts
    assert len([line for line in shown.console if "Content Security Policy" in line]) >= 2


@pytest.mark.parametrize(
    ("uri", "linked"),
    [
        ("https://example.com/a#b", True),
        ("file:///docs/a.md", True),
        ("javascript:alert(1)", False),
        (" JaVaScript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//example.com", False),
        ("http://[broken", False),
    ],
)
def test_only_harmless_addresses_are_linked(uri: str, linked: bool) -> None:
    assert bool(href(uri)) is linked


def test_text_that_html_has_no_form_for() -> None:
    assert clean("a\x00b\x1b[31m\udcffc\n") == "ab[31m?c\n"


def test_a_page_that_cannot_be_written_is_said(example: Headwater, tmp_path: Path) -> None:
    ran = example("show", "rotate-api-key.html", "--html", str(tmp_path / "none" / "page.html"))
    assert ran.code == 2
    assert "cannot be written" in ran.err
    with pytest.raises(ConfigError):
        write_page(tmp_path / "none" / "x.html", "")


def test_a_value_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(Exception, match="undefined"):
        page("document.html.j2")
