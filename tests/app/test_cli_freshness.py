"""`headwater freshness`: what it prints, how it is narrowed, when it fails, and what it refuses."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from app import freshness_drawing
from app.commands.freshness import FOUND, moment_of, narrowed_to
from app.freshness_drawing import SHOWN_FINDINGS, draw_report
from app.measures import sparkline
from headwater.errors import ConfigError
from headwater.freshness.values import Day, FindingKind, Report
from tests.app.conftest import Headwater
from tests.app.test_commands_doc import check, shape_with
from tests.freshness.made import empty, made, unpromised


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> "Drawn":
    return Drawn(monkeypatch)


class Drawn:
    """A report as it stands in a terminal of 80 columns that has no colours."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def __call__(self, report: Report, narrowed: str = "") -> str:
        console = Console(
            file=io.StringIO(), width=80, highlight=False, soft_wrap=True, force_terminal=True, no_color=True
        )
        self._patch.setattr(freshness_drawing, "out", console)
        draw_report(report, narrowed=narrowed)
        text = console.file.getvalue()
        for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[22m"):
            text = text.replace(code, "")
        return text


# in the terminal ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", [made(1_204, 340), empty(), unpromised()], ids=["many", "empty", "unpromised"])
def test_it_fits_in_80_columns(drawn: Drawn, report: Report) -> None:
    lines = drawn(report).splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert report.headline.sentence in " ".join(" ".join(lines).split())


def test_the_worst_is_first_and_the_rest_is_counted(drawn: Drawn) -> None:
    report = made(60, 34)
    text = drawn(report)
    words = [line.split()[0] for line in text.splitlines() if line.startswith(("critical ", "warning ", "notice "))]
    assert words == [one.severity.word for one in report.findings[:SHOWN_FINDINGS]]
    assert f"... and {34 - SHOWN_FINDINGS} more: add --json or --html" in text
    flat = " ".join(text.split())
    for one in report.findings[:SHOWN_FINDINGS]:
        assert one.next_step in flat
        assert one.title in flat


def test_zone_lag_and_owners_are_said(drawn: Drawn) -> None:
    report = made()
    text = drawn(report)
    assert "As of 2026-11-22 15:05 CET; days and times are in Europe/Madrid." in text
    assert "listed 2026-11-22 14:05 CET" in text
    assert sparkline(report.sources[0].days, "24h") in text
    assert "searches made through Headwater only" in " ".join(text.split())
    assert "overdue reviews of" in text
    assert "mailto:content@example.com" in text


def test_a_hostile_report_moves_no_cursor(drawn: Drawn) -> None:
    text = drawn(made(13, 13, hostile=True))
    assert not any(not c.isprintable() and c != "\n" for c in text)
    assert "[bold red]not markup[/bold red]" in " ".join(text.split())
    assert "word word" in text


def test_nothing_promised_is_not_all_kept(drawn: Drawn) -> None:
    assert "%" not in drawn(unpromised()).replace("95% in", "").replace("(95%)", "")


def test_a_line_of_lags_is_measured_by_the_promise() -> None:
    days = [Day("2026-11-01", 0, None, None)]
    days += [Day("2026-11-02", 1, timedelta(hours=n), timedelta(hours=n)) for n in (0, 12, 24, 25)]
    assert sparkline(days, "24h") == "·▁▄▇█"
    assert sparkline(days, "none") == "·▁▄▇▇"
    assert sparkline([], "24h") == ""


# which moment -------------------------------------------------------------------------------------------------------


def test_a_date_is_its_last_moment_in_the_zone_of_the_report() -> None:
    assert moment_of("2026-10-31", "UTC") == datetime(2026, 10, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert moment_of("2026-10-31", "Europe/Madrid").astimezone(UTC).hour == 22
    # The clocks go back on the 25th, at 3: that day has 25 hours.
    madrid = [moment_of(f"2026-10-{day}", "Europe/Madrid").astimezone(UTC) for day in (24, 25)]
    assert (madrid[1] - madrid[0]).total_seconds() == 25 * 3_600
    assert moment_of("2026-10-31T12:00Z", "Europe/Madrid") == datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert moment_of("2026-10-31T12:00+02:00", "UTC") == datetime(2026, 10, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "31.10.2026", "", "9999-12-31"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not a date"):
        moment_of(text, "UTC")


def test_a_time_without_a_zone_is_refused_with_advice() -> None:
    with pytest.raises(ConfigError, match="any time zone") as caught:
        moment_of("2026-10-31T12:00", "UTC")
    assert "2026-10-31T12:00Z" in caught.value.advice


# narrowed -----------------------------------------------------------------------------------------------------------


def test_narrowing_leaves_the_sums() -> None:
    report = made()
    narrowed = narrowed_to(report, {"sre"}, {FindingKind.FAILING, FindingKind.MISSING})
    assert narrowed.headline == report.headline
    assert {one.owner for one in (*narrowed.findings, *narrowed.documents)} == {"sre"}
    assert {one.kind for one in narrowed.findings} <= {FindingKind.FAILING, FindingKind.MISSING}
    assert [one.name for one in narrowed.owners] == ["sre"]
    assert narrowed_to(report, (), ()) is report


# the whole command --------------------------------------------------------------------------------------------------


def test_the_documentation_shows_what_it_prints(example: Headwater, repository: Path) -> None:
    ran = example("freshness", "--json", "--documents")
    assert ran.code == 0
    blocks = (repository / "docs" / "commands.md").read_text().split("```json\n")[1:]
    check(ran.json, shape_with([json.loads(block.split("```")[0]) for block in blocks], "schema", "headline"))
    assert ran.json["findings"]
    assert ran.json["headline"]["documents"] == len(ran.json["documents"])
    assert "documents" not in example("freshness", "--json").json


def test_findings_end_with_3_when_asked_to(example: Headwater) -> None:
    found = example("freshness", "--json", "--fail-on", "warning")
    severe = [one for one in found.json["findings"] if one["severity"] != "notice"]
    assert severe
    assert (found.code, found.json["failing"], found.json["fail_on"]) == (FOUND, len(severe), "warning")
    said = example("freshness", "--fail-on", "notice")
    assert said.code == FOUND
    assert "--fail-on notice" in said.said
    assert example("freshness", "--fail-on", "critical").code == 0
    assert example("freshness", "--fail-on", "notice", "--kind", "wrong-access").code == 0


def test_owners_and_kinds_narrow_it(example: Headwater) -> None:
    found = example("freshness", "--json", "--owner", "platform-sre", "--kind", "overdue_review").json
    assert {(one["owner"], one["finding"]) for one in found["findings"]} == {("platform-sre", "overdue_review")}
    assert found["asked"] == {"sources": [], "owners": ["platform-sre"], "kinds": ["overdue_review"]}
    assert found["headline"] == example("freshness", "--json").json["headline"]
    assert all(not one["owner"] for one in example("freshness", "--json", "--owner", "nobody").json["findings"])
    said = " ".join(example("freshness", "--owner", "platform-sre", "--kind", "overdue_review").out.split())
    assert "Narrowed to platform-sre, overdue review: 1 of" in said


def test_one_source_alone(example: Headwater) -> None:
    found = example("freshness", "sops", "--json").json
    assert [one["source"] for one in found["sources"]] == found["asked"]["sources"] == ["sops"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "nowhere"),
        (("--fail-on", "criticl"), "did you mean"),
        (("--kind", "overdue_revew"), "did you mean"),
        (("--owner", "docs-taem"), "did you mean"),
        (("--as-of", "2026-10-31T12:00"), "any time zone"),
    ],
)
def test_what_is_not_known_is_refused(example: Headwater, arguments: tuple[str, ...], said: str) -> None:
    ran = example("freshness", *arguments, "--json")
    assert ran.code == 2
    assert said in ran.json["error"] + ran.json["advice"]


def test_the_past_and_the_future(example: Headwater) -> None:
    assert example("freshness", "--as-of", "2020-01-01", "--json").json["as_of"] == "2020-01-01T21:59:59Z"
    later = example("freshness", "--as-of", "2050-01-01", "--json").json
    kinds = [one["finding"] for one in later["findings"]]
    assert kinds.count("overdue_review") > 2


def test_a_page_is_written_beside_the_json(example: Headwater, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    ran = example("freshness", "--html", str(file), "--json")
    assert ran.json["headline"]["sentence"] in file.read_text()
    assert f"Wrote {file}" in ran.said
    assert file.stat().st_mode & 0o077 == 0
    assert example("freshness", "--html", str(tmp_path / "none" / "x.html")).code == 2
