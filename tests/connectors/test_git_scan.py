"""What a repository's own ways do to a listing and to what is known of a document."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.git import GitConnector
from connectors.gitrepo.snapshot import close_all, held, newest
from connectors.registry import build, not_older
from headwater.errors import FatalError, FetchError, GoneError, HeadwaterError
from headwater.interfaces import Connector
from headwater.model import Access, Complete, RawDocument, Ref, Unreadable
from headwater.settings import SourceSettings
from tests.support.repository import FIRST, Repository

SUPPORT = Access(frozenset({"group:support", "group:sre"}))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


Made = Callable[..., GitConnector]


@pytest.fixture
def made(repository: Repository, tmp_path: Path) -> Iterator[Made]:
    def make(fresh: float = 0, include: tuple[str, ...] = (), owner: str = "", **options: Any) -> GitConnector:
        named = options if {"url", "path"} & options.keys() else {"path": str(repository.root), **options}
        source = SourceSettings(
            name="docs", kind="git", default_access=SUPPORT, options=named, include=include, owner=owner,
            cache=tmp_path / "cache",
        )  # fmt: skip
        built = build(source, frozenset({"support", "sre"}))
        assert isinstance(built, GitConnector)
        return replace(built, fresh=fresh)

    yield make
    close_all()


def listed(connector: GitConnector) -> dict[str, str]:
    items = list(connector.scan())
    assert isinstance(items[-1], Complete)
    return {item.id: item.version for item in items if isinstance(item, Ref)}


def fetch(connector: GitConnector, id: str) -> RawDocument:
    raw = connector.fetch(id)
    assert isinstance(raw, RawDocument)
    assert raw.version == listed(connector)[id]
    return raw


def moment(hours: int) -> datetime:
    return datetime.fromtimestamp(FIRST + 3600 * hours, UTC)


# dates and people -----------------------------------------------------------------------------------------


def test_the_last_commit_that_gave_a_file_its_content_dates_it(repository: Repository, made: Made) -> None:
    repository.put("a.md", "one")
    repository.put("b.md", "other")
    repository.put("a.md", "two")
    repository.put("c.md", "third")
    found = {id: fetch(made(), id) for id in ("a.md", "b.md", "c.md")}
    assert [raw.updated_at for raw in found.values()] == [moment(2), moment(1), moment(3)]
    assert found["a.md"].meta["updated"] == moment(2).isoformat()
    assert "updated: from its source" in found["a.md"].meta["origins"]  # type: ignore[operator]


def test_what_front_matter_states_counts_before_the_commit(repository: Repository, made: Made) -> None:
    repository.put("stated.md", "---\nupdated: 2020-05-01\n---\ntext")
    repository.put("created.md", "---\ndate: 2020-05-01\n---\ntext")
    assert fetch(made(), "stated.md").updated_at == datetime(2020, 5, 1, tzinfo=UTC)
    created = fetch(made(), "created.md")
    assert created.updated_at == moment(1)
    assert created.meta["created"] == "2020-05-01T00:00:00+00:00"


def test_merges(repository: Repository, made: Made) -> None:
    repository.put("kept.md", "base")  # 0
    repository.put("both.md", "1\n2\n3\n")  # 1
    repository.git("checkout", "-q", "-b", "side")
    repository.put("kept.md", "side's, which the merge throws away")  # 2
    repository.put("side.md", "only there")  # 3
    repository.put("both.md", "1\n2\nside\n")  # 4
    repository.git("checkout", "-q", "main")
    repository.put("both.md", "main\n2\n3\n")  # 5
    repository.git("merge", "-q", "--no-ff", "--no-commit", "side")
    repository.git("checkout", "main", "--", "kept.md")
    repository.commit("merge")  # 6
    dates = {id: fetch(made(), id).updated_at for id in listed(made())}
    assert dates == {"kept.md": moment(0), "both.md": moment(6), "side.md": moment(3)}


def test_a_rename_is_told_and_dated(repository: Repository, made: Made) -> None:
    repository.put("old.md", "the same words")
    repository.git("mv", "old.md", "new.md")
    repository.commit()
    connector = made()
    assert listed(connector).keys() == {"new.md"}
    raw = fetch(connector, "new.md")
    assert raw.meta["renamed_from"] == "old.md"
    assert raw.updated_at == moment(1)
    with pytest.raises(GoneError):
        connector.fetch("old.md")
    repository.put("new.md", "other words")
    assert "renamed_from" not in fetch(connector, "new.md").meta


def test_rewritten_history_with_other_dates_changes_the_version(repository: Repository, made: Made) -> None:
    repository.put("a.md", "text")
    connector = made()
    before = fetch(connector, "a.md")
    repository.git("commit", "-q", "--amend", "--no-edit", "--date", f"{FIRST} +0000",
                   GIT_COMMITTER_DATE=f"{FIRST + 86400} +0000")  # fmt: skip
    after = fetch(connector, "a.md")
    assert after.version != before.version
    assert after.updated_at == moment(24)


def test_impossible_times_are_no_dates(repository: Repository, made: Made) -> None:
    repository.put("a.md", "text")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    person = "Ann <ann@example.com>"
    commit = f"tree {tree}\nauthor {person} 1 +0000\ncommitter {person} 99999999999999 +0000\n\nlate\n"
    (repository.root / "commit").write_text(commit)
    id = repository.git("hash-object", "-t", "commit", "-w", "commit")
    repository.git("reset", "-q", "--hard", id)
    assert fetch(made(), "a.md").updated_at is None


def test_owners_by_codeowners_and_by_author(repository: Repository, made: Made) -> None:
    repository.write(".github/CODEOWNERS", "*.md @org/docs\n/ops/ @org/sre ann@example.com\n")
    repository.write("ops/.headwater.toml", "")
    repository.write("stated/.headwater.toml", 'owner = "folder-owner"')
    for path in ("a.md", "ops/b.md", "stated/c.md", "page.html"):
        repository.write(path, "text")
    repository.write("front.md", "---\nowner: front-owner\n---\ntext")
    repository.commit(author="Bob Builder")
    owners = {id: fetch(made(owner="source-owner"), id).meta.get("owner") for id in listed(made())}
    assert owners == {
        "a.md": "@org/docs", "ops/b.md": "@org/sre", "stated/c.md": "folder-owner", "front.md": "front-owner",
        "page.html": "source-owner",
    }  # fmt: skip
    assert fetch(made(owner_from="author"), "a.md").meta["owner"] == "Bob Builder"
    assert "owner" not in fetch(made(owner_from=""), "a.md").meta


def test_other_codeowners_change_the_versions_of_what_they_own(repository: Repository, made: Made) -> None:
    repository.write("a.md", "a")
    repository.put("b.md", "b")
    before = listed(made())
    repository.put("CODEOWNERS", "b.md @new\n")
    after = listed(made())
    assert after["a.md"] == before["a.md"]
    assert after["b.md"] != before["b.md"]


# what is a document ---------------------------------------------------------------------------------------


def test_links_submodules_and_hidden_files_are_no_documents(repository: Repository, made: Made) -> None:
    repository.write("a.md", "text")
    repository.write(".hidden/b.md", "text")
    repository.write("data.bin", "text")
    (repository.root / "link.md").symlink_to("/etc/passwd")
    (repository.root / "folder").symlink_to(".hidden")
    first = repository.commit()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{first},vendor.md")
    repository.git("commit", "-q", "-m", "submodule", **repository.next_moment())
    connector = made()
    assert listed(connector).keys() == {"a.md"}
    assert connector.left_out() == {"link": 2, "submodule": 1, ".bin": 1}
    for id in ("link.md", "folder/b.md", ".hidden/b.md", "vendor.md", "data.bin"):
        with pytest.raises(GoneError):
            connector.fetch(id)


def test_a_large_file_pointer_is_reported(repository: Repository, made: Made) -> None:
    repository.put("a.pdf", "version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 12\n")
    connector = made()
    assert listed(connector).keys() == {"a.pdf"}
    with pytest.raises(FetchError, match=r"a\.pdf is a Git LFS pointer"):
        connector.fetch("a.pdf")


def test_odd_names(repository: Repository, made: Made) -> None:
    names = ("größe 名前.md", "a b%20\"q'.md", "new\nline.md", "\n:1 2 a b M.md", "-dash.md", "tab\t.md")
    for name in names:
        repository.write(name, "text of " + name)
    raw_name = os.fsencode(repository.root) + b"/caf\xe9.md"
    with open(raw_name, "wb") as stream:  # noqa: PTH123 (a name that is no text)
        stream.write(b"latin")
    repository.commit()
    connector = made()
    assert listed(connector).keys() == {*names, "caf%E9.md"}
    for id in names:
        raw = fetch(connector, id)
        assert raw.content.decode() == "text of " + id
        assert raw.updated_at == moment(0)
    assert fetch(connector, "caf%E9.md").uri.endswith("/caf%E9.md")


def test_names_that_become_the_same_text_are_reported(repository: Repository, made: Made) -> None:
    repository.write("caf%E9.md", "text")
    with open(os.fsencode(repository.root) + b"/caf\xe9.md", "wb") as stream:  # noqa: PTH123 (a name that is no text)
        stream.write(b"latin")
    repository.commit()
    items = list(made().scan())
    assert [item.id for item in items if isinstance(item, Ref)] == ["caf%E9.md"]
    assert [item.id for item in items if isinstance(item, Unreadable)] == ["caf%E9.md (as named)"]


def test_only_a_folder_with_patterns_from_there(repository: Repository, made: Made) -> None:
    for path in ("docs/a.md", "docs/guides/b.md", "docs/guides/c.html", "src/d.md"):
        repository.write(path, "text")
    repository.commit()
    assert listed(made(folder="/docs/")).keys() == {"a.md", "guides/b.md", "guides/c.html"}
    assert listed(made(folder="docs", include=("/guides/*.md",))).keys() == {"guides/b.md"}
    with pytest.raises(FatalError, match="has no folder 'nowhere'"):
        listed(made(folder="nowhere"))


def test_rules_above_the_folder_hold_too(repository: Repository, made: Made) -> None:
    repository.write(".headwater.toml", 'access = ["group:sre"]')
    repository.write("docs/guides/a.md", "text")
    repository.commit()
    connector = made(folder="docs")
    before = fetch(connector, "guides/a.md")
    assert before.access.allow == {"group:sre"}
    repository.put("docs/guides/.headwater.toml", "access = [broken")
    after = fetch(connector, "guides/a.md")
    assert not after.access.allow & {"group:sre"} or "public" in after.access.deny
    assert after.version != before.version
    assert after.meta["access_findings"]


def test_rules_that_are_a_link_close_what_is_below(repository: Repository, made: Made) -> None:
    repository.write("a.md", "text")
    (repository.root / ".headwater.toml").symlink_to("elsewhere")
    repository.commit()
    assert not fetch(made(), "a.md").access.admits(frozenset({"group:support", "group:sre"}))


# the repository as a whole --------------------------------------------------------------------------------


def test_nothing_is_transferred_or_read_when_nothing_changed(repository: Repository, made: Made) -> None:
    repository.put("a.md", "text")
    connector = made()
    before = listed(connector)
    packs = sorted(path.name for path in (connector.mirror.folder / "objects").rglob("*"))
    close_all()
    assert listed(made()) == before
    assert sorted(path.name for path in (connector.mirror.folder / "objects").rglob("*")) == packs


def test_a_forced_push(repository: Repository, made: Made) -> None:
    first = repository.put("a.md", "one")
    repository.put("b.md", "two")
    connector = made()
    assert listed(connector).keys() == {"a.md", "b.md"}
    repository.git("reset", "-q", "--hard", first)
    repository.put("c.md", "three")
    assert listed(connector).keys() == {"a.md", "c.md"}


def test_other_branches_and_a_branch_that_goes(repository: Repository, made: Made) -> None:
    repository.put("a.md", "one")
    repository.git("checkout", "-q", "-b", "release/2.0")
    repository.put("b.md", "two")
    repository.git("checkout", "-q", "main")
    connector = made(branch="release/2.0", fresh=0)
    assert listed(connector).keys() == {"a.md", "b.md"}
    assert listed(made()).keys() == {"a.md"}
    repository.git("branch", "-q", "-D", "release/2.0")
    with pytest.raises(FatalError, match=r"has no branch 'release/2\.0'.*: nothing was removed") as failed:
        listed(connector)
    assert "main" in failed.value.advice


def test_a_mistyped_branch_names_the_nearest(repository: Repository, made: Made) -> None:
    repository.put("a.md", "one")
    with pytest.raises(FatalError, match="did you mean main"):
        listed(made(branch="mian"))


def test_an_empty_repository_lists_nothing(repository: Repository, made: Made) -> None:
    connector = made()
    assert listed(connector) == {}
    with pytest.raises(GoneError):
        connector.fetch("a.md")
    repository.put("a.md", "text")
    assert listed(connector).keys() == {"a.md"}


def test_a_detached_head_and_a_bundle(repository: Repository, made: Made, tmp_path: Path) -> None:
    repository.put("a.md", "text")
    repository.git("bundle", "create", "-q", str(tmp_path / "b.bundle"), "HEAD", "main")
    bundle = made(path=str(tmp_path / "b.bundle"))
    assert listed(bundle).keys() == {"a.md"}
    repository.git("checkout", "-q", "--detach")
    repository.git("branch", "-q", "-D", "main")
    assert listed(made()).keys() == {"a.md"}


@pytest.mark.parametrize("damage", ["objects", "HEAD", "refs", "packed", "everything"])
def test_a_broken_mirror_is_made_anew(repository: Repository, made: Made, damage: str) -> None:
    for n in range(3):
        repository.put(f"{n}.md", f"text {n}")
    connector = made(fresh=600)
    before = listed(connector)
    close_all()
    folder = connector.mirror.folder
    for path in sorted(folder.rglob("*"), reverse=True):
        inside = path.relative_to(folder).parts[0]
        if path.is_file() and (damage == "everything" or inside == damage or (damage, inside) == ("packed", "objects")):
            path.chmod(0o644)
            if damage == "packed":
                path.write_bytes(path.read_bytes()[:10])
            else:
                path.unlink()
    (folder / "headwater-history.json").write_text("{broken")
    assert listed(connector) == before
    assert b"text 1" in fetch(connector, "1.md").content


def test_what_a_killed_run_left_behind_is_in_nobodys_way(repository: Repository, made: Made) -> None:
    repository.put("a.md", "one")
    connector = made()
    listed(connector)
    (connector.mirror.folder / "refs/headwater/branch.lock").touch()
    left = connector.mirror.cache / "git-new-killed"
    left.mkdir()
    os.utime(left, (0, 0))
    repository.put("b.md", "two")
    assert listed(connector).keys() == {"a.md", "b.md"}
    assert [path.name for path in connector.mirror.cache.iterdir()] == [connector.mirror.folder.name]


def test_another_branch_takes_the_place_of_the_mirror(repository: Repository, made: Made) -> None:
    repository.put("a.md", "one")
    repository.git("branch", "other")
    first, second = made(), made(branch="other")
    listed(first)
    listed(second)
    assert [path.name for path in second.mirror.cache.iterdir()] == [second.mirror.folder.name]


def test_blobs_that_vanish_between_listing_and_reading(repository: Repository, made: Made) -> None:
    repository.put("a.md", "text")
    connector = made(fresh=600)
    listed(connector)
    for path in (connector.mirror.folder / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(Exception, match="has been made anew"):
        connector.fetch("a.md")
    assert b"text" in fetch(connector, "a.md").content


def test_a_listing_holds_while_its_documents_are_read(repository: Repository, made: Made) -> None:
    repository.put("a.md", "one")
    connector = made(fresh=600)
    version = listed(connector)["a.md"]
    repository.put("a.md", "two")
    raw = connector.fetch("a.md")
    assert isinstance(raw, RawDocument)
    assert (raw.version, raw.content) == (version, b"one")
    assert listed(connector)["a.md"] != version


def test_what_was_announced_is_never_read_from_the_commit_before(repository: Repository, made: Made) -> None:
    def raw(connector: Connector) -> RawDocument:
        found = connector.fetch("a.md")
        assert isinstance(found, RawDocument)
        return found

    repository.put("a.md", "one")
    connector = made(fresh=600)
    listed(connector)
    repository.put("a.md", "two")
    assert raw(connector).content == b"one"
    assert raw(not_older(connector, 0)).content == b"two"
    # Listed since then: several documents of one push need one transfer.
    before = newest(connector.mirror).taken
    assert raw(not_older(connector, 500)).content == b"two"
    assert held(connector.mirror, 500).taken == before
    repository.root.rename(repository.root.parent / "away")
    with pytest.raises(HeadwaterError):
        not_older(connector, 0).fetch("a.md")


def test_a_shallow_clone_gives_no_dates_and_says_so(repository: Repository, made: Made, tmp_path: Path) -> None:
    repository.put("a.md", "one")
    repository.put("b.md", "two")
    repository.git("clone", "-q", "--depth=1", repository.root.as_uri(), str(tmp_path / "clone"))
    raw = fetch(made(path=str(tmp_path / "clone")), "a.md")
    assert raw.updated_at is None
    assert "without its whole history" in raw.meta["findings"][0]  # type: ignore[index]
    newest = made(url=repository.root.as_uri(), history=False)
    assert fetch(newest, "a.md").updated_at is None
    assert "findings" not in fetch(newest, "a.md").meta
    repository.put("a.md", "three")
    assert fetch(newest, "a.md").content == b"three"
    count = subprocess.run(
        ["git", "rev-list", "--count", "refs/headwater/branch"],
        env={**os.environ, "GIT_DIR": str(newest.mirror.folder)}, capture_output=True, check=True,
    )  # fmt: skip
    assert count.stdout.strip() == b"1"


def test_the_commands_and_settings_of_a_repository_are_not_run(
    repository: Repository, made: Made, tmp_path: Path
) -> None:
    repository.put("a.md", "text")
    witness = tmp_path / "witness"
    script = tmp_path / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {witness}\n")
    script.chmod(0o755)
    for hook in ("reference-transaction", "post-checkout", "pre-receive", "post-update", "pre-auto-gc"):
        path = repository.root / ".git/hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(script.read_bytes())
        path.chmod(0o755)
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "diff.external", "gpg.program", "core.askPass",
                "uploadpack.packObjectsHook", "credential.helper"):  # fmt: skip
        repository.git("config", key, str(script))
    repository.git("config", "log.showSignature", "true")
    repository.git("config", "remote.origin.url", f"ext::{script}")
    assert fetch(made(), "a.md").content == b"text"
    assert not witness.exists()
    mirror = made().mirror.folder
    assert not list((mirror / "hooks").glob("*")) if (mirror / "hooks").exists() else True
    assert str(repository.root) not in (mirror / "config").read_text()
