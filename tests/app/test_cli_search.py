"""`search`, `show`, `status` and `access` over the example knowledge base."""

import json
from pathlib import Path

from tests.app.conftest import Headwater

QUESTION = "how do I rotate an API key"
PASSAGE_KEYS = {"document", "source", "kind", "title", "heading_path", "uri", "text", "score", "updated_at"}


def documents(ran: object) -> list[str]:
    return [passage["document"] for passage in ran.json["passages"]]  # type: ignore[attr-defined]


def test_everyone_finds_the_public_article(example: Headwater) -> None:
    ran = example("search", QUESTION, "--json")
    assert ran.code == 0
    passages = ran.json["passages"]
    assert passages[0]["title"] == "Rotate an API key"
    assert passages[0]["uri"].startswith("file://")
    assert all(passage.keys() >= PASSAGE_KEYS for passage in passages)
    assert all("internal" not in passage["document"] for passage in passages)


def test_a_group_sees_what_is_theirs_and_no_more(example: Headwater) -> None:
    public, support, sre = (
        set(documents(example("search", QUESTION, "--json", "--limit", "20", *who)))
        for who in ([], ["--as", "group:support"], ["--as", "group:sre"])
    )
    assert {"internal/rotate-key-for-customer.md"} <= support - public - sre
    assert {"sre/sop-007-rotate-signing-key.docx"} <= sre - public - support


def test_people_see_title_path_citation_and_date(example: Headwater) -> None:
    ran = example("search", QUESTION)
    assert ran.code == 0
    assert "1. Rotate an API key" in ran.out
    assert "rotate-api-key.html#" in ran.out
    assert "2026-" in ran.out


def test_filters_narrow(example: Headwater) -> None:
    notes = example("search", QUESTION, "--json", "--filter", "kind=release_note").json["passages"]
    assert notes
    assert {passage["kind"] for passage in notes} == {"release_note"}
    recent = example("search", "what changed", "--json", "--filter", "updated>=2026-06-01").json["passages"]
    assert recent
    assert all(passage["updated_at"] >= "2026-06-01" for passage in recent)


def test_a_match_comes_with_its_whole_and_a_budget_is_kept(example: Headwater) -> None:
    asked = ("search", "restore the event store", "--as", "group:sre", "--json")
    wholes = example(*asked).json["passages"]
    chunks = example(*asked, "--passage-tokens", "0").json["passages"]
    assert {passage["whole"] for passage in chunks} == {"chunk"}
    assert {passage["whole"] for passage in wholes} > {"chunk"} or "chunk" not in {p["whole"] for p in wholes}
    assert all(passage["tokens"] <= 800 and passage["chunk"] in passage["matched"] for passage in wholes)
    assert max(len(passage["matched"]) for passage in wholes) > 1
    filled = example(*asked, "--budget", "300").json["passages"]
    assert 100 < sum(passage["tokens"] for passage in filled) <= 300


def test_questions_from_a_file_are_answered_line_by_line(example: Headwater, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    asked = {"question": QUESTION, "as": ["group:sre"], "filter": "kind=sop"}
    questions.write_text(f"{QUESTION}\n\n{json.dumps(asked)}\n")
    ran = example("search", "--from", str(questions))
    plain, filtered = (json.loads(line) for line in ran.out.splitlines())
    assert plain["question"] == QUESTION
    assert {passage["kind"] for passage in filtered["passages"]} == {"sop"}


def test_a_wrong_line_of_questions_is_named(example: Headwater, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('fine\n{"question": "x", "whom": "y"}\n')
    ran = example("search", "--from", str(questions))
    assert ran.code == 2
    assert "line 2" in ran.err


def test_a_misspelt_group_is_pointed_out(example: Headwater) -> None:
    assert "did you mean group:support?" in example("search", QUESTION, "--as", "group:suport").err


def test_a_bare_name_is_no_principal(example: Headwater) -> None:
    ran = example("search", QUESTION, "--as", "support")
    assert ran.code == 2
    assert "--as group:support" in ran.err


def test_show_has_blocks_of_everything_known(example: Headwater) -> None:
    found = example("show", "rotate-api-key.html", "--json").json
    assert found["title"] == "Rotate an API key"
    assert found["access"]["allow"] == ["public"]
    for chunk in found["chunks"]:
        assert chunk["text"]
        assert found["title"] in chunk["embedded"]
        assert 0 < chunk["tokens"] <= 256
        assert chunk["citation"].startswith(found["uri"])
    assert [event["outcome"] for event in found["history"]] == ["indexed"]
    assert found["blocks"]


def test_show_for_people(example: Headwater) -> None:
    ran = example("show", "rotate-api-key.html")
    assert "readable by public" in ran.out
    assert "history" in ran.out


def test_an_ambiguous_or_unknown_document_is_said(example: Headwater) -> None:
    assert "may be any of" in example("show", ".html").err
    unknown = example("show", "nowhere.html")
    assert unknown.code == 2
    assert "headwater status --documents" in unknown.err


def test_status_counts_what_is_searchable(example: Headwater) -> None:
    found = example("status", "--json", "--documents").json
    counts = {source["source"]: source["documents"] for source in found["sources"]}
    assert counts["help"] >= 12
    assert counts["release-notes"] == 10
    assert counts["sops"] >= 5
    assert len(found["documents"]) == sum(counts.values())
    assert found["failures"] == []


def test_access_lists_what_someone_can_read(example: Headwater) -> None:
    public = {d["document"] for d in example("access", "--json").json["documents"]}
    sre = {d["document"] for d in example("access", "--as", "group:sre", "--json").json["documents"]}
    assert public < sre
    assert "documents readable by everyone" in example("access").out
