"""How little a run does: what is embedded, what is parsed, and what is only written again."""

import os

import pytest

from connectors import opened
from flows import steps
from headwater.ingest.report import SourceReport
from tests.support.compare import disagreements
from tests.support.project import Project

PARAGRAPHS = [f"Paragraph {n} says what the {word} is for, and who may change it." for n, word in enumerate(
    ("valve", "pump", "weir", "sluice", "gauge", "lock", "tide", "ledger", "queue", "crossing")
)]  # fmt: skip


def page(title: str = "Harbour", paragraphs: list[str] = PARAGRAPHS, front: str = "") -> str:
    sections = "\n\n".join(f"## Section {n}\n\n{text}" for n, text in enumerate(paragraphs))
    return f"{f'---{chr(10)}{front}{chr(10)}---{chr(10)}' if front else ''}# {title}\n\n{sections}\n"


def ran(project: Project) -> SourceReport:
    report = project.ingest()
    with project.open() as workshop:
        assert disagreements(workshop) == []
    [source] = report.sources
    assert source.error == ""
    assert source.embedded == len(project.dense.texts)
    return source


def test_an_edited_paragraph_embeds_the_chunks_whose_text_changed(project: Project) -> None:
    project.write("page.md", page())
    first = ran(project)
    assert first.embedded == first.chunks > 5
    edited = [text.replace("sluice", "sluice gate") for text in PARAGRAPHS]
    project.write("page.md", page(paragraphs=edited))
    second = ran(project)
    assert (second.embedded, second.reused) == (1, first.chunks - 1)
    assert ["sluice gate" in text for text in project.dense.texts] == [True]


def test_a_paragraph_put_before_all_others_embeds_itself_alone(project: Project) -> None:
    project.write("page.txt", "\n\n".join([*PARAGRAPHS, ""]))
    project.configure(chunk_tokens="16")
    before = ran(project)
    project.write("page.txt", "\n\n".join(["A new first paragraph of some length, ahead of all.", *PARAGRAPHS, ""]))
    after = ran(project)
    assert after.embedded < before.chunks / 2


@pytest.mark.parametrize(
    "front",
    [
        "access: [group:sre]",
        "access: { deny: [group:sre] }",
        "access: [nobody]",
        "kind: sop",
        "owner: ann",
        "tags: [a]",
    ],
)
def test_what_is_said_about_a_document_embeds_nothing(project: Project, front: str) -> None:
    project.write("page.md", page())
    chunks = ran(project).chunks
    project.write("page.md", page(front=front))
    again = ran(project)
    assert (again.indexed, again.embedded, again.reused) == (1, 0, chunks)


def test_a_change_of_access_alone_parses_nothing_either(project: Project) -> None:
    project.write("page.md", page())
    ran(project)
    project.configure(default_access='["group:sre"]')
    assert ran(project).indexed == 1
    assert project.parsing.asked == []
    assert project.search("valve") == []
    assert project.search("valve", "group:sre") != []
    project.configure(default_access='["public"]')
    assert ran(project).indexed == 1
    assert project.parsing.asked == []
    assert project.search("valve") != []


def test_a_renamed_document_embeds_nothing_and_changes_its_name_in_one_epoch(project: Project) -> None:
    path = project.write("old.md", page())
    ran(project)
    path.rename(path.with_name("new.md"))
    with project.open() as workshop:
        before = workshop.ledger.epoch()
    renamed = ran(project)
    assert (renamed.indexed, renamed.removed, renamed.embedded) == (1, 1, 0)
    with project.open() as workshop:
        assert workshop.ledger.epoch() == before + 1
        assert [row.id for row in workshop.ledger.documents(workshop.generation)] == ["new.md"]
        assert [event.reason for event in workshop.ledger.history("docs", "old.md", 1)] == ["renamed"]


def test_going_back_to_an_earlier_version_embeds_nothing(project: Project) -> None:
    project.write("page.md", page())
    ran(project)
    project.write("page.md", page(paragraphs=PARAGRAPHS[:3]))
    ran(project)
    project.write("page.md", page())
    back = ran(project)
    assert (back.indexed, back.embedded) == (1, 0)


def test_the_same_text_in_two_documents_is_embedded_once(project: Project) -> None:
    project.write("a/page.md", page())
    project.write("b/page.md", page())
    both = ran(project)
    assert (both.indexed, both.embedded, both.reused) == (2, both.chunks / 2, both.chunks / 2)


def test_a_touched_file_is_unchanged_and_a_setting_without_effect_embeds_nothing(project: Project) -> None:
    path = project.write("page.md", page())
    chunks = ran(project).chunks
    os.utime(path, (1_600_000_000, 1_600_000_000))
    touched = ran(project)
    assert (touched.unchanged, touched.indexed, project.parsing.asked) == (1, 0, [])
    project.configure(overlap_tokens="4")
    again = ran(project)
    assert (again.indexed, again.reused, again.embedded) == (1, chunks, 0)


@pytest.mark.parametrize("kept", [0, 2**20])
def test_a_changed_chunker_cuts_files_anew_that_have_not_changed(
    project: Project, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "KEPT_BYTES", kept)
    monkeypatch.setattr(opened, "SETTLED_NS", 0)
    project.write("page.md", page())
    chunks = ran(project).chunks
    assert ran(project).unchanged == 1
    project.configure(chunker='"fixed"')
    again = ran(project)
    assert again.indexed == 1
    assert again.chunks != chunks
    assert ran(project).unchanged == 1


def test_a_listing_that_is_suddenly_empty_removes_nothing(project: Project) -> None:
    path = project.write("page.md", page())
    ran(project)
    path.unlink()
    [source] = project.ingest().sources
    assert "nothing was removed" in source.error
    assert project.search("valve") != []


def test_what_is_wrong_with_access_is_said_even_when_the_readers_stay_the_same(project: Project) -> None:
    project.write("page.md", page(front="access: [group:sre]"))
    assert ran(project).problems == []
    project.write("page.md", page(front="access: [group:sre, group:ser]"))
    wrong = ran(project)
    assert [problem.document for problem in wrong.problems] == ["page.md"]
    assert "group:sre" in wrong.problems[0].reason
    project.write("page.md", page(front="access: [group:sre]"))
    assert ran(project).problems == []
    assert ran(project).unchanged == 1
