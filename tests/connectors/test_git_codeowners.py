import pytest

from connectors.gitrepo.codeowners import parsed


@pytest.mark.parametrize(
    ("pattern", "owned", "others"),
    [
        ("*", ["a.md", "x/y/a.md"], []),
        ("*.md", ["a.md", "x/y/a.md"], ["a.html"]),
        ("/build/logs/", ["build/logs/a", "build/logs/x/a"], ["x/build/logs/a", "build/logs"]),
        ("docs/*", ["docs/a.md"], ["docs/x/a.md", "x/docs/a.md"]),
        ("docs/**", ["docs/a.md", "docs/x/a.md"], ["x/docs/a.md"]),
        ("apps/", ["apps/a", "x/apps/a", "x/apps/y/a"], ["apps"]),
        ("/docs", ["docs/a", "docs/x/a"], ["x/docs/a"]),
        ("**/logs", ["logs/a", "x/y/logs/a"], ["blogs/a"]),
        ("/apps/*.md", ["apps/a.md"], ["apps/x/a.md"]),
        ("/a/**/z.md", ["a/z.md", "a/b/c/z.md"], ["z.md"]),
        (r"path\ with\ spaces/", ["path with spaces/a"], ["path/a"]),
        (r"\#hash.md", ["#hash.md"], []),
        ("a+b(1).md", ["a+b(1).md", "x/a+b(1).md"], ["aab1.md"]),
        ("file?.md", ["file1.md"], ["file12.md", "file/.md"]),
    ],
)
def test_patterns(pattern: str, owned: list[str], others: list[str]) -> None:
    found = parsed(f"{pattern} @team\n")
    assert {path: found.of(path) for path in owned} == dict.fromkeys(owned, ("@team",))
    assert {path: found.of(path) for path in others} == dict.fromkeys(others, ())


def test_the_last_match_wins_and_may_name_nobody() -> None:
    found = parsed("# everything\n* @global # inline\n*.md @docs ann@example.com\n/free/\n")
    assert found.of("a.txt") == ("@global",)
    assert found.of("a.md") == ("@docs", "ann@example.com")
    assert found.of("free/a.md") == ()


def test_sections_add_up_and_have_defaults() -> None:
    docs = "[Docs][2] @writers\n*.md\nREADME.md @lead\n!drafts/\n"
    text = f"* @all\n{docs}\n^[Ops] @@maintainers\nops/ @sre\n[docs]\n*.rst\n"
    found = parsed(text)
    assert found.of("a.md") == ("@all", "@writers")
    assert found.of("README.md") == ("@all", "@lead")
    assert found.of("drafts/a.md") == ("@all",)
    assert found.of("ops/a.txt") == ("@all", "@sre")
    assert found.of("a.rst") == ("@all",)


def test_nothing_that_can_be_written_breaks_it() -> None:
    for text in (
        "",
        "\0\0",
        "[",
        "[]",
        "[] @x",
        "* ",
        "/ @x",
        "! @x",
        "\\",
        "\\ @x",
        "(" * 1000 + " @x",
        "**/**/** @x",
    ):
        parsed(text).of("a/b.md")
