"""What examples/README.md says about the example knowledge base is so."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

WRITTEN = date(2026, 11, 22)
HERE = Path(__file__).resolve().parents[2] / "examples"
SOURCES = {"help": "help", "release-notes": "release_note", "sops": "sop"}
KNOWN = {
    "title", "kind", "product", "version", "owner", "access", "audience", "tags", "created", "updated", "effective",
    "review_by", "revision", "superseded_by",
}  # fmt: skip
DOCUMENTS = sorted(
    path for folder in SOURCES for path in (HERE / folder).rglob("*") if path.is_file() and path.name[0] != "."
)
MARKDOWN = [path for path in DOCUMENTS if path.suffix == ".md"]
HTML = [path for path in DOCUMENTS if path.suffix == ".html"]
DESCRIPTION = (HERE / "README.md").read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(HERE).as_posix()


def front_matter(path: Path) -> dict[str, Any]:
    opening, front, _ = path.read_text(encoding="utf-8").split("---\n", 2)
    assert opening == ""
    found = yaml.safe_load(front)
    assert isinstance(found, dict)
    return found


def folder_file(path: Path) -> dict[str, Any]:
    file = path.parent / ".headwater.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def configured() -> dict[str, dict[str, Any]]:
    settings = tomllib.loads((HERE.parent / "headwater.toml").read_text(encoding="utf-8"))
    return {source["name"]: source for source in settings["source"]}


def owner(path: Path) -> str:
    stated = front_matter(path).get("owner", "") if path in MARKDOWN else ""
    source = configured()[name(path).split("/")[0]]
    return str(stated or folder_file(path).get("owner", "") or source.get("owner", ""))


def readers(path: Path) -> frozenset[str]:
    stated = front_matter(path).get("access") if path in MARKDOWN else None
    source = configured()[name(path).split("/")[0]]
    return frozenset(stated or folder_file(path).get("access") or source["default_access"])


def links(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield from re.findall(r"\]\(([^)\s]+)\)", text)
    else:
        yield from (str(tag["href"]) for tag in BeautifulSoup(text, "lxml").select("article a[href], .sidebar a[href]"))


def anchors(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return {str(tag["id"]) for tag in BeautifulSoup(text, "lxml").select("[id]")}
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_counts_are_as_described() -> None:
    for folder in SOURCES:
        documents = sum(name(path).startswith(f"{folder}/") for path in DOCUMENTS)
        assert re.search(rf"^\| `{folder}` \|.*\| {documents} \|", DESCRIPTION, re.MULTILINE), (folder, documents)
    articles = [path.suffix for path in DOCUMENTS if name(path).startswith("help/")]
    assert articles.count(".html") == articles.count(".md") == 10
    procedures = sorted(path.suffix for path in DOCUMENTS if name(path).startswith("sops/"))
    assert procedures == [".docx", ".docx", ".md", ".md", ".pdf", ".pptx", ".xlsx"]


def test_readers_are_as_described() -> None:
    by_readers = {name(path): readers(path) for path in DOCUMENTS}
    both = frozenset({"group:support", "group:sre"})

    def count(folder: str, who: frozenset[str]) -> int:
        return sum(document.startswith(folder) and found == who for document, found in by_readers.items())

    assert count("help/", frozenset({"public"})) == 17
    assert count("help/", frozenset({"group:support"})) == 3
    assert count("release-notes/", frozenset({"public"})) == 10
    assert (count("sops/", both), count("sops/", both - {"group:sre"}), count("sops/", both - {"group:support"})) == (
        1,
        3,
        3,
    )


def test_the_question_about_keys_has_an_answer_for_everyone_and_one_for_each_group() -> None:
    table = re.findall(r"^\| `([^`]+)` \| `?(public|group:\w+)`? \|", DESCRIPTION, re.MULTILINE)
    assert [readers for _, readers in table] == ["public", "group:support", "group:sre"]
    for document, who in table:
        assert readers(HERE / document) == {who}


def test_groups_and_owners_that_are_named_are_configured() -> None:
    settings = tomllib.loads((HERE.parent / "headwater.toml").read_text(encoding="utf-8"))
    groups = {principal.removeprefix("group:") for path in DOCUMENTS for principal in readers(path)} - {"public"}
    assert groups == set(settings["groups"])
    assert {owner(path) for path in DOCUMENTS} - {""} == set(settings["owners"])


@pytest.mark.parametrize("path", MARKDOWN, ids=name)
def test_front_matter_is_valid(path: Path) -> None:
    fields = front_matter(path)
    assert set(fields) <= KNOWN
    assert {"title", "created", "updated", "product"} <= set(fields)
    assert isinstance(fields["created"], date)
    assert fields["created"] <= fields["updated"] <= WRITTEN
    assert fields.get("kind", "help") == SOURCES[name(path).split("/")[0]]
    heading = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert heading is not None
    assert heading[1] == fields["title"]


@pytest.mark.parametrize("path", HTML, ids=name)
def test_pages_carry_their_dates_and_the_chrome_of_a_site(path: Path) -> None:
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
    for part in (
        "nav.site-nav",
        "nav.breadcrumbs",
        "footer",
        "div#cookie-bar",
        "aside.sidebar",
        "script",
        "article h1",
    ):
        assert page.select_one(part) is not None, part
    times = [page.select_one(f'meta[property="article:{kind}_time"]') for kind in ("published", "modified")]
    created, updated = (date.fromisoformat(str(tag["content"])[:10]) for tag in times if tag is not None)
    assert created <= updated <= WRITTEN
    shown = page.select_one("article time")
    assert shown is not None
    assert shown["datetime"] == updated.isoformat()


@pytest.mark.parametrize("path", [*MARKDOWN, *HTML], ids=name)
def test_links_between_documents_resolve(path: Path) -> None:
    for link in links(path):
        parts = urlsplit(link)
        if parts.scheme or link.startswith("/"):
            continue
        target = (path.parent / parts.path).resolve() if parts.path else path
        assert target in DOCUMENTS, link
        assert not parts.fragment or parts.fragment in anchors(target), link
        assert readers(path) <= readers(target) or "public" in readers(target), f"{link} leads where readers may not go"


def test_release_notes_are_ten_in_order_with_their_sections() -> None:
    notes = [path for path in MARKDOWN if name(path).startswith("release-notes/")]
    by_version = sorted(notes, key=lambda path: tuple(int(part) for part in path.stem.split(".")))
    dates = [front_matter(path)["created"] for path in by_version]
    assert dates == sorted(set(dates))
    sections = {title for path in notes for title in re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)}
    assert {"Added", "Changed", "Fixed", "Deprecated", "Security", "Breaking"} <= sections
    assert [path.stem for path in notes if "breaking" in front_matter(path)["tags"]] == ["2.0.0"]
    for path in notes:
        assert front_matter(path)["version"] == path.stem
        assert f"Released on {front_matter(path)['created']:%-d %B %Y}." in path.read_text()


def planted(flaw: str) -> Path:
    row = re.search(rf"^\| {flaw} \| `([^`]+)` \|", DESCRIPTION, re.MULTILINE)
    assert row is not None
    return HERE / row[1]


def test_exactly_one_procedure_is_overdue() -> None:
    dated = {path: fields["review_by"] for path in MARKDOWN if "review_by" in (fields := front_matter(path))}
    for source in (HERE / "binaries" / "sources").iterdir():
        review = re.search(r"^review_by: (\S+)$", source.read_text(encoding="utf-8"), re.MULTILINE)
        assert review is not None
        dated[source] = date.fromisoformat(review[1])
    assert [path for path, review in dated.items() if review < WRITTEN] == [planted("overdue review")]


def test_exactly_one_article_is_superseded_by_one_that_exists() -> None:
    replaced = {path: fields["superseded_by"] for path in MARKDOWN if "superseded_by" in (fields := front_matter(path))}
    assert list(replaced) == [planted("superseded")]
    old, new = replaced.popitem()
    assert old.parent / new in DOCUMENTS


def test_exactly_one_document_has_no_owner() -> None:
    assert [path for path in DOCUMENTS if not owner(path)] == [planted("no owner")]


def test_hidden_instructions_are_there_in_four_ways() -> None:
    text = planted("hidden text").read_text(encoding="utf-8")
    page = BeautifulSoup(text, "lxml")
    injection = "ignore previous instructions"
    hidden = [page.select_one(way) for way in ('[style*="display:none"]', '[style*="color:#ffffff"]', "p[aria-hidden]")]
    for element in hidden:
        assert element is not None
        assert injection in element.get_text().replace("\u200b", "").lower()
        element.extract()
    assert "\u200b" in text
    assert re.search(rf"<!--[^>]*{injection}", text, re.IGNORECASE)
    assert injection not in page.get_text().replace("\u200b", "").lower(), "also said where people can see it"


def test_exactly_one_page_is_german() -> None:
    german = [path for path in HTML if '<html lang="de">' in path.read_text(encoding="utf-8")]
    assert german == [planted("other language")]
    words = BeautifulSoup(german[0].read_text(encoding="utf-8"), "lxml").select_one("article")
    assert words is not None
    assert len(re.findall(r"\b(?:und|der|die|das|nicht|Sie|mit)\b", words.get_text())) > 15


def test_exactly_one_pair_of_articles_is_nearly_the_same() -> None:
    bodies = {path: path.read_text(encoding="utf-8").split("---\n", 2)[2] for path in MARKDOWN}
    pairs = [
        {name(one), name(other)}
        for one in bodies
        for other in bodies
        if one < other and SequenceMatcher(None, bodies[one], bodies[other], autojunk=False).quick_ratio() > 0.9
        if SequenceMatcher(None, bodies[one].splitlines(), bodies[other].splitlines()).ratio() > 0.6
    ]
    assert pairs == [{name(planted("near-duplicate")), "help/delivery/replay-events.md"}]
