"""Path rules read metadata out of paths, the most specific first, and translations are found where they lie."""

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.described import Described, from_source, stated_by_document, stated_by_path
from connectors.folder import FolderConnector
from connectors.frontmatter import split
from connectors.paths import path_rules
from connectors.policy import SourcePolicy
from connectors.translations import translated
from headwater.errors import ConfigError
from headwater.metadata.origins import origins_of
from headwater.model import PUBLIC, RawDocument, Ref

POLICY = SourcePolicy(access=PUBLIC, groups=frozenset({"sre"}))


def stated(path: str, *rules: str) -> Described:
    policy = replace(POLICY, paths=rules)
    return stated_by_path(from_source(policy), path, policy)


@pytest.mark.parametrize(
    ("rule", "path", "meta"),
    [
        ("docs/{product}/{version}/**", "docs/crm/2.3/keys/rotate.md", {"product": "crm", "version": "2.3"}),
        ("docs/{product}/{version}/**", "docs/crm/v2.3/rotate.md", {"product": "crm", "version": "v2.3"}),
        ("docs/{product}/{version}/**", "docs/crm/latest/rotate.md", {"product": "crm", "version": "latest"}),
        ("docs/{product}/{version}/**", "docs/crm/guides/rotate.md", {}),
        ("docs/{product}/{version}/**", "docs/crm/2.3.md", {}),
        ("docs/{product}/{version}/**", "other/docs/crm/2.3/a.md", {}),
        ("**/{product}/{version}/*.md", "a/b/crm/2.3/a.md", {"product": "crm", "version": "2.3"}),
        ("**/{version}/*.md", "2.3/a.md", {"version": "2.3"}),
        ("v{version}/**", "v2.3/a.md", {"version": "2.3"}),
        ("{product}-{version}/**", "crm-2.3/a.md", {"product": "crm", "version": "2.3"}),
        ("{language}/**", "pt-BR/a.md", {"language": "pt-BR"}),
        ("{language}/**", "guides/a.md", {}),
        ("**/*.{language}.md", "x/a.de.md", {"language": "de"}),
        ("teams/{owner}/**", "teams/ops+db/a.md", {"owner": "ops+db"}),
        ("{audience}/**", "admins/a.md", {"audience": ("admins",)}),
        ("./{product}/**", "crm/a.md", {"product": "crm"}),
    ],
)
def test_what_a_rule_reads(rule: str, path: str, meta: dict[str, object]) -> None:
    found = stated(path, rule)
    assert found.meta == meta
    assert {found.origins[name] for name in meta} <= {f"path rule {rule}"}


def test_the_most_specific_rule_counts_for_each_field() -> None:
    found = stated("docs/crm/2.3/a.md", "{owner}/{product}/**", "docs/crm/{version}/**", "docs/{product}/**")
    assert found.meta == {"owner": "docs", "product": "crm", "version": "2.3"}
    assert found.origins["product"] == "path rule docs/{product}/**"


def test_kinds_are_checked_and_the_document_goes_first() -> None:
    found = stated("SOP/crm/a.md", "{kind}/{product}/**")
    assert found.kind == "sop"
    document = stated_by_document(found, split(b"---\nproduct: other\nversions: [2.1, 2.2]\n---\n"), POLICY)
    assert document.meta == {"product": "other", "version": "2.1, 2.2"}
    assert document.origins["product"] == "front matter"


@pytest.mark.parametrize(
    "rule", ["docs/**", "docs/{}/x", "docs/{produkt}/**", "{product}/{product}", "docs/{product/**"]
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(ConfigError) as caught:
        path_rules((rule,))
    assert rule in str(caught.value)
    assert caught.value.advice


def test_a_misspelt_field_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"did you mean product\?"):
        path_rules(("{produkt}/**",))


# translations ---------------------------------------------------------------------------------------------

FILES = {
    "docs/en/a.md",
    "docs/de/a.md",
    "b.md",
    "b.de.md",
    "c.en.md",
    "c.fr.md",
    "guide/d.md",
    "de/guide/d.md",
    "it/e.md",
}


@pytest.mark.parametrize(
    ("path", "original", "rules"),
    [
        ("docs/de/a.md", "docs/en/a.md", ()),
        ("docs/en/a.md", "", ()),
        ("b.de.md", "b.md", ()),
        ("b.md", "", ()),
        ("c.fr.md", "c.en.md", ()),
        ("de/guide/d.md", "", ()),
        ("de/guide/d.md", "guide/d.md", ("{language}/**",)),
        ("it/e.md", "", ()),
    ],
)
def test_what_a_document_translates(path: str, original: str, rules: tuple[str, ...]) -> None:
    assert translated(path, replace(POLICY, paths=rules), FILES.__contains__) == original


def test_the_original_is_in_the_language_of_the_source() -> None:
    german = replace(POLICY, language="de")
    assert translated("docs/en/a.md", german, FILES.__contains__) == "docs/de/a.md"
    assert translated("docs/de/a.md", german, FILES.__contains__) == ""


def test_an_original_that_comes_or_goes_changes_the_version(tmp_path: Path) -> None:
    connector = FolderConnector(name="docs", root=tmp_path, policy=POLICY)
    (tmp_path / "a.de.md").write_text("Text")

    def seen() -> tuple[str, RawDocument]:
        (version,) = [item.version for item in connector.scan() if isinstance(item, Ref) and item.id == "a.de.md"]
        raw = connector.fetch("a.de.md")
        assert isinstance(raw, RawDocument)
        assert raw.version == version
        return version, raw

    alone, raw = seen()
    assert "translation_of" not in raw.meta
    (tmp_path / "a.md").write_text("Text")
    beside, raw = seen()
    assert beside != alone
    assert raw.meta["translation_of"] == "a.md"
    assert origins_of(raw.meta)["translation_of"].startswith("path rule")
    (tmp_path / "a.md").unlink()
    assert seen()[0] == alone


# the whole cascade ----------------------------------------------------------------------------------------


def test_every_value_says_where_it_is_from(tmp_path: Path) -> None:
    folder = tmp_path / "docs" / "crm" / "2.3"
    folder.mkdir(parents=True)
    (tmp_path / "docs" / ".headwater.toml").write_text('owner = "docs"\nproduct = "none"\naudience = ["admins"]\n')
    (folder / ".headwater.toml").write_text('access = ["group:sre"]\n')
    (folder / "a.md").write_text("---\nowner: ann\nreviewed: 2026-01-02\naccess: [group:sre, public]\n---\nText")
    policy = replace(POLICY, owner="all", tags=("x",), paths=("docs/{product}/{version}/**",))
    raw = FolderConnector(name="docs", root=tmp_path, policy=policy).fetch("docs/crm/2.3/a.md")
    assert isinstance(raw, RawDocument)
    assert origins_of(raw.meta) == {
        "access": "source settings (default_access), narrowed by folder defaults in docs/crm/2.3/.headwater.toml, "
        "narrowed by front matter",
        "audience": "folder defaults in docs/.headwater.toml",
        "kind": "source settings (content)",
        "last_reviewed_on": "front matter",
        "owner": "front matter",
        "product": "path rule docs/{product}/{version}/**",
        "tags": "source settings",
        "version": "path rule docs/{product}/{version}/**",
    }
    assert (raw.meta["owner"], raw.meta["product"], raw.meta["version"]) == ("ann", "crm", "2.3")
    assert raw.access.allow == {"group:sre"}
