"""The page of a freshness report, in a real browser: by keyboard, on a phone, in the dark, and with scripts off."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from app.pages.freshness import MOST_DOCUMENTS, MOST_FINDINGS, freshness_page, parts_of
from app.pages.writing import write_page
from headwater.freshness.values import Report
from tests.app.browser import open_browser
from tests.freshness.driven import Tab, browser
from tests.freshness.made import empty, made, report_of, unpromised

STYLE = Path(__file__).parents[2] / "app" / "pages" / "templates" / "freshness.css"
REPORTS = {"ordinary": made(), "hostile": made(40, 60, hostile=True), "empty": empty(), "unpromised": unpromised()}


def parsed(report: Report, **more: Any) -> BeautifulSoup:
    return BeautifulSoup(freshness_page(report, **more), "lxml")


def rows(page: BeautifulSoup, table: str) -> list[Any]:
    return list(page.select(f"#{table}-table tbody tr"))


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def shown(tab: Tab, tmp_path: Path) -> Tab:
    """The ordinary report, as it opens."""
    tab.complaints.clear()
    tab.open(written(REPORTS["ordinary"], tmp_path))
    return tab


def written(report: Report, folder: Path) -> Path:
    file = folder / f"report-{time.monotonic_ns()}.html"
    write_page(file, freshness_page(report))
    return file


# what it says -------------------------------------------------------------------------------------------------------


def test_the_headline_and_four_sums_apart() -> None:
    page = parsed(REPORTS["ordinary"])
    of = REPORTS["ordinary"].headline
    assert page.h1.text == of.sentence
    figures = {one.h2.text: " ".join(one.text.split()) for one in page.select(".figure")}
    assert list(figures) == ["Pipeline lag", "Content age", "No promise", "Unowned"]
    assert f"{of.lag_kept} in time {of.lag_broken} late {of.lag_unknown} unknown" in _spaced(figures["Pipeline lag"])
    assert f"{of.content_broken} overdue {of.content_unknown} unknown" in _spaced(figures["Content age"])
    assert f"No promise {of.content_unpromised} documents" in figures["No promise"]
    assert f"Unowned {of.unowned} documents" in figures["Unowned"]
    assert "searches made through Headwater only" in page.select_one(".served").text


def _spaced(text: str) -> str:
    return re.sub(r"(?<=[a-z])(?=\d)", " ", text)


def test_nothing_promised_is_not_all_kept() -> None:
    for name in ("empty", "unpromised"):
        page = parsed(REPORTS[name])
        assert "100%" not in page.select_one(".figures").text.replace("100% of 12 documents", "")
        assert [one.text for one in page.select(".value")][:2] == ["–", "–"]
        assert {row.select_one('[data-label="Within"]').text for row in rows(page, "sources")} == {"-"}


def test_shares_are_rounded_down() -> None:
    whole = REPORTS["ordinary"]
    of = replace(whole.headline, lag_kept=9_996, lag_broken=4, lag_unknown=0)
    source = replace(whole.sources[0], documents=10_000, within=9_996, stale=4, unknown=0, kept_share=0.9996)
    page = parsed(replace(whole, headline=of, sources=(source,)))
    assert page.select_one(".value").text == "99.9%"
    assert rows(page, "sources")[0].select_one('[data-label="Within"]').text == "99.9%"


def test_times_have_their_zone() -> None:
    page = parsed(REPORTS["ordinary"])
    assert page.select_one(".when time").text == "2026-11-22 15:05 CET"
    assert "Europe/Madrid" in page.select_one(".dek").text
    assert all("Europe/Madrid" in page.select_one(f"#{name}-table caption").text for name in ("sources", "findings"))
    assert re.search(r"2026-11-22 14:05 CET", rows(page, "sources")[0].text)


def test_a_finding_says_where_to_correct_it_and_how() -> None:
    report = REPORTS["ordinary"]
    found = rows(parsed(report), "findings")
    assert len(found) == len(report.findings)
    for row, one in zip(found, report.findings, strict=True):
        assert row.select_one(".pill").text == one.severity.word
        assert row.select_one(".evidence").text == one.evidence
        assert row.select_one(".next bdi").text == one.next_step
        link = row.select_one("a.act")
        expected = one.edit or one.uri
        assert (link["href"] if link else "") == expected
        if link:
            assert link.text.split()[0] == ("Edit" if one.edit else "Read")


def test_a_command_in_a_next_step_is_set_as_one() -> None:
    one = replace(REPORTS["ordinary"].findings[0], next_step="Run `headwater approve <docs>`, or wait.")
    page = parsed(report_of(REPORTS["ordinary"].documents, [one]))
    assert page.select_one(".next code").text == "headwater approve <docs>"


def test_addresses_that_could_run_something_are_no_links() -> None:
    one = replace(REPORTS["ordinary"].findings[0], edit="javascript:alert(1)", uri="https://example.com/read")
    first, second = rows(
        parsed(report_of([], [one, replace(one, uri="data:text/html,x", document="other")])), "findings"
    )
    assert first.a["href"] == "https://example.com/read"
    assert second.a is None


def test_much_is_capped_and_said() -> None:
    many = made(MOST_DOCUMENTS + 1, MOST_FINDINGS + 3_000)
    begun = time.monotonic()
    text = freshness_page(many)
    assert time.monotonic() - begun < 10
    assert len(text) < 6_000_000
    page = BeautifulSoup(text, "lxml")
    assert len(rows(page, "findings")) == MOST_FINDINGS
    assert "The first 2,000 of 5,000 findings" in page.select_one(".cap").text
    assert not rows(page, "documents")
    assert "2,001 documents" in page.select_one("#documents").text
    assert len(rows(parsed(made(MOST_DOCUMENTS, 1)), "documents")) == MOST_DOCUMENTS


def test_what_the_report_was_narrowed_to_is_said() -> None:
    assert "3 of 9 findings" in parsed(REPORTS["ordinary"], narrowed="3 of 9 findings.").select_one(".narrowed").text


def test_a_bar_shows_the_least_there_is_and_never_overflows() -> None:
    for counts in ([1, 999_999, 1], [99_999, 1, 0], [0, 0, 0], [5, 5, 5], [0, 0, 1]):
        parts = parts_of(list(zip("abc", counts, strict=True)), sum(counts) or 1)
        assert sum(one.width for one in parts) <= 100.05
        assert all(one.width >= 0.8 for one in parts)
        assert all(first.x + first.width <= second.x + 0.05 for first, second in pairwise(parts))
        assert len(parts) == sum(map(bool, counts))


# for everybody ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPORTS)
def test_landmarks_headings_and_tables(name: str) -> None:
    page = parsed(REPORTS[name])
    assert page.html["lang"] == "en"
    assert [len(page.select(tag)) for tag in ("main", "header.masthead", "footer", "nav", "h1")] == [1] * 5
    assert page.a["href"] == "#findings"
    for table in page.select("table"):
        assert table.caption is not None
        assert all(head.get("scope") for head in table.select("th"))
    assert all(one.get("aria-label") or one.get("aria-hidden") for one in page.select("svg"))
    ids = [one["id"] for one in page.select("[id]")]
    assert len(ids) == len(set(ids))
    assert all(page.find(id=one["href"][1:]) for one in page.select('a[href^="#"]'))
    assert not page.select("[style]")


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_in_both_schemes(scheme: str) -> None:
    blocks = re.findall(r":root\{color-scheme:(light|dark);(.*?)\}", STYLE.read_text(), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", dict(blocks)[scheme]))
    pairs = [(text, ground) for text in ("ink", "soft", "link", "critical") for ground in ("paper", "tint")]
    pairs += [(one, f"{one}-tint") for one in ("critical", "warning", "notice")]
    pairs += [("ink", "warning-tint")]
    assert {pair: ratio for pair in pairs if (ratio := contrast(*(colours[name] for name in pair))) < 4.5} == {}
    drawn = ("kept", "broken", "unknown", "apart")
    assert {name: ratio for name in drawn if (ratio := contrast(colours[name], colours["paper"])) < 3} == {}


@pytest.mark.parametrize("width", [390, 768, 1440])
@pytest.mark.parametrize("name", ["ordinary", "hostile", "empty"])
def test_no_page_is_wider_than_its_window(tab: Tab, tmp_path: Path, name: str, width: int) -> None:
    tab.open(written(REPORTS[name], tmp_path), width=width)
    tab.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert tab.run("document.documentElement.scrollWidth") <= width


def test_colours_follow_the_reader(tab: Tab, tmp_path: Path) -> None:
    grounds = set()
    for dark in (False, True):
        tab.open(written(REPORTS["ordinary"], tmp_path), dark=dark)
        grounds.add(tab.run("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_on_paper_there_is_nothing_to_press(shown: Tab) -> None:
    shown.send(
        "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    seen = "[...document.querySelectorAll('form, nav, .skip, .status')].filter(one => one.offsetParent !== null).length"
    assert shown.run(seen) == 0
    assert shown.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert shown.run("getComputedStyle(document.querySelector('.data thead')).display") == "table-header-group"
    shown.send("Emulation.setEmulatedMedia", media="", features=[])


# by keyboard --------------------------------------------------------------------------------------------------------

VISIBLE = "[...document.querySelectorAll('#findings-table tbody tr')].filter(one => !one.hidden)"
STATUS = "document.querySelector('[data-status=findings-table]').textContent"


def focus(tab: Tab, selector: str) -> None:
    tab.run(f"document.querySelector({selector!r}).focus()")


def test_the_first_key_leads_to_the_findings(shown: Tab) -> None:
    shown.press("Tab")
    assert shown.run("document.activeElement.className") == "skip"
    assert shown.run("document.activeElement.getBoundingClientRect().left") >= 0
    shown.press("Enter")
    assert shown.run("location.hash") == "#findings"


def test_columns_sort_by_keyboard(shown: Tab) -> None:
    owners = f"{VISIBLE}.map(one => one.dataset.owner)"
    before = shown.run(owners)
    shown.press("Tab")
    focus(shown, "#findings-table th:nth-child(4) button")
    assert shown.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    shown.press("Enter")
    up = shown.run(owners)
    named = [name for name in up if name]
    assert named == sorted(named)
    assert up == [*named, *[""] * before.count("")]
    assert shown.run("document.querySelector('#findings-table [aria-sort]').textContent") == "Owner"
    assert "sorted by Owner, ascending" in shown.run(STATUS)
    shown.press("Space")
    down = shown.run(owners)
    assert down == [*reversed(named), *[""] * before.count("")]
    assert shown.run("document.querySelector('#findings-table [aria-sort]').getAttribute('aria-sort')") == "descending"
    assert shown.complaints == []


def test_numbers_sort_as_numbers_and_what_is_not_known_is_last(shown: Tab) -> None:
    focus(shown, "#findings-table th:nth-child(5) button")
    shown.press("Enter")
    values = shown.run(f"{VISIBLE}.map(one => one.cells[4].dataset.value)")
    known = [int(value) for value in values if value]
    assert known == sorted(known, reverse=True)
    assert "" in values
    assert values[len(known) :] == [""] * (len(values) - len(known))


def test_findings_filter_by_keyboard(shown: Tab) -> None:
    report = REPORTS["ordinary"]
    focus(shown, "form[data-for=findings-table] select[data-key=severity]")
    shown.press("ArrowDown")
    chosen = shown.run("document.activeElement.value").removeprefix("=")
    expected = sum(one.severity.word == chosen for one in report.findings)
    assert 0 < expected < len(report.findings)
    assert shown.run(f"{VISIBLE}.length") == expected
    assert f"{expected} of {len(report.findings)} shown" in shown.run(STATUS)
    focus(shown, "form[data-for=findings-table] input")
    shown.type("nothing says this")
    shown.run("new Promise(go => setTimeout(go, 300))")
    assert shown.run(f"{VISIBLE}.length") == 0
    focus(shown, "form[data-for=findings-table] button")
    shown.press("Enter")
    shown.run("new Promise(go => setTimeout(go, 100))")
    assert shown.run(f"{VISIBLE}.length") == len(report.findings)
    assert shown.complaints == []


def test_counts_of_an_owner_lead_to_the_findings(shown: Tab) -> None:
    report = REPORTS["ordinary"]
    focus(shown, "#owners-table a.counts[data-value='']")
    shown.press("Enter")
    assert shown.run(f"{VISIBLE}.length") == sum(not one.owner for one in report.findings)
    assert shown.run("location.hash") == "#findings"


# for nobody else ----------------------------------------------------------------------------------------------------


def test_a_hostile_report_is_shown_as_text(tmp_path: Path) -> None:
    file = written(REPORTS["hostile"], tmp_path)
    seen = open_browser(tmp_path)(file)
    assert (seen.console, seen.hosts) == ([], set())
    page = BeautifulSoup(seen.dom, "lxml")
    assert page.title.text == "Freshness, 2026-11-22"
    assert len(page.select("script")) == len(page.select("style")) == 1
    assert not page.select("img, iframe, [onclick], [onerror]")
    assert "<script>document.title='taken'</script>" in page.select_one("#findings").text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", file.read_text())
    # The page's own script ran: its filters came out.
    assert page.select_one("form[data-for=findings-table]").get("hidden") is None


def test_only_its_own_script_runs(tmp_path: Path) -> None:
    file = written(REPORTS["ordinary"], tmp_path)
    taken = "document.title='taken'"
    attack = f"""<script>{taken}</script><img src='http://tracker.example/y.png' onerror="{taken}">"""
    file.write_text(file.read_text().replace("<footer>", f"{attack}<footer>"))
    seen = open_browser(tmp_path)(file)
    assert "<title>taken" not in seen.dom
    assert "tracker.example" not in seen.hosts
    assert len([line for line in seen.console if "Content Security Policy" in line]) >= 2


def test_without_scripts_everything_is_there(tab: Tab, tmp_path: Path) -> None:
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.open(written(REPORTS["ordinary"], tmp_path), width=390)
        assert tab.run(f"{VISIBLE}.length") == len(REPORTS["ordinary"].findings)
        pressed = "[...document.querySelectorAll('form, button')].filter(one => one.offsetParent !== null).length"
        assert tab.run(pressed) == 0
        assert tab.run("document.querySelector('h1').textContent") == REPORTS["ordinary"].headline.sentence
    finally:
        tab.send("Emulation.setScriptExecutionDisabled", value=False)
