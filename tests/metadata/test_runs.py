"""A run as a person sees it: what is held back and why, what is counted, in which language words are found."""

import re

import pytest

from connectors.registry import check
from flows.inspect import status_of
from flows.show import show_document
from headwater.errors import ConfigError
from headwater.ingest.report import RunReport
from headwater.retrieval.filters import parse_filters
from headwater.retrieval.languages import languages_for
from headwater.retrieval.unmatched import unmatched
from tests.support.project import Project

OWNED = "---\nowner: ann\nupdated: 2026-02-01\n---\n# Keys\n\nRotate the key once a quarter, and tell the team of it.\n"
BARE = "# Hooks\n\nA hook is called when a crossing arrives, and it is called again when it fails.\n"
GERMAN = "# Schlüssel\n\nÖffnen Sie die Einstellungen und wählen Sie den Schlüssel aus, der erneuert werden soll. {}\n"


def outcomes(report: RunReport) -> dict[str, int]:
    (source,) = report.sources
    names = ("indexed", "unchanged", "failed", "quarantined")
    return {name: count for name in names if (count := getattr(source, name))}


def live(project: Project) -> dict[str, str]:
    with project.open() as workshop:
        return {row.id: str(row.meta.get("owner", "")) for row in workshop.ledger.documents(workshop.generation)}


def test_what_lacks_a_required_field_is_reported(project: Project) -> None:
    project.write("a.md", OWNED)
    project.write("b.md", BARE)
    project.configure(required='["owner", "updated"]')
    report = project.ingest()
    assert (outcomes(report), report.exit_code) == ({"indexed": 2}, 0)
    assert "docs: 1 of 2 documents state no owner, which the source requires (b.md)" in report.notes
    assert report.as_json()["sources"][0]["coverage"]["owner"] == {"with": 1, "of": 2}
    again = project.ingest()
    assert outcomes(again) == {"unchanged": 2}
    assert [note for note in again.notes if "owner" in note] == [note for note in report.notes if "owner" in note]
    with project.open() as workshop:
        assert status_of(workshop)["sources"][0]["coverage"]["updated"] == {"with": 1, "of": 2}


def test_what_lacks_a_required_field_is_held_back_until_it_has_it(project: Project) -> None:
    project.write("a.md", OWNED)
    project.write("b.md", BARE)
    project.configure(required='["owner"]', on_missing='"quarantine"')
    report = project.ingest()
    assert (outcomes(report), report.exit_code) == ({"indexed": 1, "quarantined": 1}, 3)
    (problem,) = report.problems
    assert (problem.document, problem.outcome) == ("b.md", "quarantined")
    assert "owner" in problem.reason
    assert "front matter" in problem.reason
    assert live(project) == {"a.md": "ann"}
    again = project.ingest()
    assert (outcomes(again), again.exit_code) == ({"unchanged": 1, "quarantined": 1}, 3)
    assert project.parsing.asked == [], "it is not tried again in the same version under the same policy"
    project.write("b.md", "---\nowner: bob\n---\n" + BARE)
    assert outcomes(project.ingest()) == {"indexed": 1, "unchanged": 1}
    assert live(project) == {"a.md": "ann", "b.md": "bob"}


def test_the_last_good_version_stays_while_a_new_one_is_held_back(project: Project) -> None:
    project.write("a.md", OWNED)
    project.configure(required='["owner"]', on_missing='"quarantine"')
    project.ingest()
    project.write("a.md", "---\naccess: [group:sre]\n---\n# Keys\n\nRotate it twice.\n")
    report = project.ingest()
    assert (outcomes(report), report.exit_code) == ({"quarantined": 1}, 3)
    assert live(project) == {"a.md": "ann"}
    (found,) = project.search("rotate the key", "group:sre")
    assert "once a quarter" in found.text
    assert project.search("rotate the key") == [], "rights that were taken away are gone at once"


def test_another_policy_tries_again(project: Project) -> None:
    project.write("b.md", BARE)
    project.configure(required='["owner"]', on_missing='"quarantine"')
    assert outcomes(project.ingest()) == {"quarantined": 1}
    project.configure(on_missing='"report"')
    assert outcomes(project.ingest()) == {"indexed": 1}
    project.configure(on_missing='"quarantine"')
    assert outcomes(project.ingest()) == {"quarantined": 1}
    assert live(project) == {"b.md": ""}
    project.configure(owner='"docs-team"')
    assert outcomes(project.ingest()) == {"indexed": 1}
    assert live(project) == {"b.md": "docs-team"}


def test_show_says_where_every_value_is_from(project: Project) -> None:
    project.write("crm/2.3/a.md", OWNED)
    project.write("crm/.headwater.toml", 'access = ["group:sre"]\n')
    project.configure(paths='["{product}/{version}/**"]')
    project.ingest()
    with project.open() as workshop:
        (row,) = workshop.ledger.documents(workshop.generation)
        shown = show_document(workshop, row)
    assert shown["origins"]["owner"] == "front matter"
    assert shown["origins"]["version"] == "path rule {product}/{version}/**"
    assert shown["origins"]["access"].endswith("narrowed by folder defaults in crm/.headwater.toml")
    assert shown["origins"]["language"] == "detected in its text"
    assert shown["metadata"]["version"] == "2.3"
    assert "origins" not in shown["metadata"]


def test_who_may_read_for_another_reason_is_shown_at_once(project: Project) -> None:
    project.write("a.md", OWNED)
    project.configure(default_access='["group:sre"]')
    project.ingest()
    project.write(".headwater.toml", 'access = ["group:sre"]\n')
    assert outcomes(project.ingest()) == {"indexed": 1}
    assert project.dense.texts == []
    with project.open() as workshop:
        (row,) = workshop.ledger.documents(workshop.generation)
        assert show_document(workshop, row)["origins"]["access"].endswith("in .headwater.toml")
        assert row.meta["language"] == "en", "what only the text shows stays"
    assert outcomes(project.ingest()) == {"unchanged": 1}


def test_filters_find_by_version_and_date(project: Project) -> None:
    texts = {
        "1.9": "Rotate it with the vault command, once a quarter.",
        "2.3": "Keys rotate by themselves; press the button only after a leak.",
        "2.10": "To rotate, open settings, choose what to replace, and wait a day for the old one to end.",
    }
    months = {"1.9": "09", "2.3": "03", "2.10": "01"}
    for version, text in texts.items():
        project.write(f"{version}/a.md", f"---\nupdated: 2026-{months[version]}-01\n---\n# Keys {version}\n\n{text}\n")
    project.configure(paths='["{version}/**"]')
    project.ingest()
    with project.open() as workshop:

        def found(*expressions: str) -> set[str]:
            passages = workshop.searcher().search("rotate", frozenset(), filters=parse_filters(expressions))
            return {passage.document[:-5] for passage in passages}

        assert found("version>=2.1") == {"2.3", "2.10"}
        assert found("version=v2.3.0") == {"2.3"}
        assert found("version<2.10", "updated>=2026-03-01") == {"1.9", "2.3"}
        assert found("version=3") == set()


def test_a_version_is_found_although_a_newer_one_says_the_same(project: Project) -> None:
    for version in ("2.3", "2.4"):
        project.write(f"{version}/a.md", BARE)
    project.configure(paths='["{version}/**"]')
    project.ingest()
    with project.open() as workshop:
        passages = workshop.searcher().search("hook", frozenset(), filters=parse_filters(["version=2.3"]))
    assert [passage.document for passage in passages] == ["2.3/a.md"]


def test_values_that_nobody_carries_name_the_nearest(project: Project) -> None:
    project.write("a.md", "---\nproduct: Ferrybell\naudience: [admins]\n---\n# A\n\nText.\n")
    project.write("b.md", "---\nproduct: Secret\naccess: [group:sre]\n---\n# B\n\nText.\n")
    project.ingest()
    with project.open() as workshop:
        rows = list(workshop.ledger.documents(workshop.generation))
    nobody = frozenset[str]()
    assert unmatched(["product=ferybell"], rows, nobody) == [
        "no document has product=ferybell; did you mean ferrybell?"
    ]
    assert unmatched(["product=FERRYBELL", "audience=admins"], rows, nobody) == []
    assert unmatched(["product=secre"], rows, nobody) == ["no document has product=secre; there are ferrybell"]
    assert unmatched(["product=secre"], rows, frozenset({"group:sre"}))[0].endswith("did you mean secret?")
    assert unmatched(["owner=x"], rows, nobody) == ["no document states its owner"]
    assert unmatched(["kind=hepl", "updated>=2026-01-01", "product!=x", "version=2"], rows, nobody) == [
        "no document has kind=hepl; did you mean help?"
    ]


# languages ------------------------------------------------------------------------------------------------


def test_words_are_found_in_every_language_that_the_asker_may_read(project: Project) -> None:
    project.write("en.md", OWNED)
    project.write("de.md", "---\naccess: [group:sre]\n---\n" + GERMAN.format("Rechnungen gehen an die Buchhaltung."))
    project.ingest()
    with project.open() as workshop:
        assert languages_for(workshop.ledger, frozenset()) == ("en",)
        assert languages_for(workshop.ledger, frozenset({"group:sre"})) == ("de", "en")
    found = project.search("Rechnung an Buchhaltung", "group:sre")
    assert [passage.bm25 is not None for passage in found if passage.document == "de.md"] == [True]
    project.write("de.md", "Short.")
    project.ingest()
    with project.open() as workshop:
        assert languages_for(workshop.ledger, frozenset({"group:sre"})) == ("", "en")


def test_a_changed_language_is_stemmed_anew_without_embedding(project: Project) -> None:
    project.write("a.txt", "Rechnungen")
    project.configure(language='"en"')
    project.ingest()
    project.write("b.txt", "Einstellungen")
    project.configure(language='"de"')
    report = project.ingest()
    assert outcomes(report) == {"indexed": 2}
    assert len(project.dense.texts) == 1
    assert next(passage for passage in project.search("Rechnung") if passage.document == "a.txt").bm25 is not None


def test_a_language_that_the_model_does_not_know_is_said(project: Project) -> None:
    project.write("en.md", OWNED)
    assert not any("languages" in note for note in project.ingest().notes)
    project.write("de.md", GERMAN.format(""))
    (note,) = [note for note in project.ingest().notes if "languages" in note]
    assert "1 of 2 chunks" in note
    assert "(de 1)" in note
    assert "[embedding] model" in note
    assert note in project.ingest().notes, "also when nothing changed"


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("required", '["ownr"]', "did you mean owner"),
        ("on_missing", '"quarantaine"', "on_missing"),
        ("language", '"klingonisch"', "names no language"),
        ("paths", '["{produkt}/**"]', "did you mean product"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(project: Project, setting: str, value: str, said: str) -> None:
    project.configure(**{setting: value})
    with pytest.raises(ConfigError, match=re.escape(said)), project.open() as workshop:
        check(workshop.settings)
