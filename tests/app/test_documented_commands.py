"""Every command that a page names exists, with the options it is shown with; every link leads somewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from app.cli import app
from headwater.freshness.values import FindingKind

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "deploy").rglob("*.md")])
WITH_TERMINAL = re.compile(r"\[[^\]]*\]|\.\.\.")


def commands(text: str) -> Iterator[str]:
    """`headwater ...` in code, in blocks and within sentences, without comments."""
    fenced = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    lines = [line for block in fenced for line in block.replace("\\\n", " ").splitlines()]
    inline = re.findall(r"`(headwater [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL).replace("\n", " "))
    for line in (*lines, *inline):
        found = re.match(r"(?:\$ )?(?:uv run |sudo -u \S+ |\S*/)?headwater ([a-z-].*)", line.strip())
        if found:
            yield re.split(r"\s+#|\s{3,}|\s[|>]|;", found[1])[0]


def unknown(line: str) -> str:
    """What of a command line there is not; "" when all of it exists."""
    at: Any = typer.main.get_command(app)
    options: set[str] = {"--help", "-h"}
    words = shlex.split(WITH_TERMINAL.sub("", line).replace("(", " ").replace(")", " "))
    for number, word in enumerate(words):
        below = getattr(at, "commands", {})
        if below and word in below:
            at = below[word]
            options |= {name for one in at.params for name in (*one.opts, *one.secondary_opts)}
        elif below and not word.startswith("-") and (number == 0 or not at.invoke_without_command):
            return f"there is no command {word!r}"
        elif word.startswith("--") and word.split("=")[0].rstrip(",.") not in options:
            return f"there is no option {word!r}"
    return ""


def test_what_does_not_exist_is_noticed() -> None:
    assert unknown("ingets") == "there is no command 'ingets'"
    assert unknown("ingest docs --acess public") == "there is no option '--acess'"
    assert unknown("keys drop x") == "there is no command 'drop'" or unknown("keys drop x") == ""
    assert unknown("keys add bot --scope search") == ""
    assert list(commands("see `headwater status` and\n```sh\n$ headwater audit --repair   # both\n```\n")) == [
        "audit --repair",
        "status",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_command_of_a_page_exists(page: Path) -> None:
    wrong = {line: problem for line in commands(page.read_text()) if (problem := unknown(line))}
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    missing = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, part = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (part and file.suffix == ".md" and part not in anchors(file.read_text())):
            missing.append(target)
    assert not missing


def anchors(text: str) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_handbook_says_what_to_do_for_each_finding() -> None:
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    section = text.partition("## What to do for each alert")[2].partition("\n## ")[0]
    rows = "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))
    assert {kind.value for kind in FindingKind} - set(re.findall(r"`([a-z_]+)`", rows)) == set()
