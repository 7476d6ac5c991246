from datetime import timedelta
from pathlib import Path

import pytest

from headwater.errors import ConfigError
from headwater.model import Access
from headwater.settings import Settings, find_file, load, parse_duration
from tests.settings.conftest import Write

DESIGN = """
[groups]
support = "Support agents"
sre = "Site reliability"
[owners]
docs-team = "mailto:docs@example.com"
[embedding]
model = "packaged"
[index]
url = ""
[ledger]
url = ""
[promises]
max_lag = "24h"
max_age = { help = "180d", sop = "365d" }
[[source]]
name = "handbook"
kind = "folder"
path = "examples/handbook"
content = "sop"
default_access = ["group:support"]
owner = "docs-team"
schedule = "*/30 * * * *"
timezone = "Europe/Madrid"
passage_tokens = 800
max_age = "90d"
allow_widening = true
chunker = "fixed"
include = ["*.md"]
"""


def source(text: str) -> str:
    return f'[[source]]\nname = "a"\nkind = "folder"\ndefault_access = ["public"]\n{text}\n'


def test_the_whole_vocabulary(write: Write, tmp_path: Path) -> None:
    settings = write(DESIGN)
    assert settings.warnings == ()
    assert settings.groups == {"support": "Support agents", "sre": "Site reliability"}
    assert settings.known_groups == {"support", "sre"}
    assert settings.home == tmp_path / ".headwater"
    assert settings.promises.age_of("help") == parse_duration("180d")
    (handbook,) = settings.sources
    assert settings.source("handbook") is handbook
    assert handbook.default_access == Access(frozenset({"group:support"}))
    assert handbook.options == {"path": "examples/handbook"}
    assert (handbook.content.default, handbook.owner, handbook.schedule) == ("sop", "docs-team", "*/30 * * * *")
    assert (handbook.timezone, handbook.passage_tokens, handbook.chunker.of("sop")) == ("Europe/Madrid", 800, "fixed")
    assert (handbook.allow_widening, handbook.include, handbook.base) == (True, ("*.md",), tmp_path)
    assert handbook.promises.age_of("anything") == parse_duration("90d")
    assert handbook.promises.max_lag.approximate == timedelta(hours=24)
    assert handbook.place == 'headwater.toml line 16, [[source]] "handbook"'


def test_content_rules_keep_their_order(write: Write) -> None:
    settings = write(source('content = { "rel/**" = "release-note", "b/**" = "sop", "**" = "help" }'))
    assert settings.sources[0].content.rules == (("rel/**", "release_note"), ("b/**", "sop"), ("**", "help"))


def test_chunkers_are_chosen_for_all_kinds_or_by_kind(write: Write) -> None:
    assert write(source("")).sources[0].chunker.of("sop") == "auto"
    chunker = write(source('chunker = { Release-Note = "fixed", "*" = "structure" }')).sources[0].chunker
    assert (chunker.of("release_note"), chunker.of("faq")) == ("fixed", "structure")


def test_a_source_fills_in_the_promises_it_does_not_make(write: Write) -> None:
    settings = write('[promises]\nmax_lag = "2h"\n' + source('max_age = { sop = "1 year" }'))
    promises = settings.sources[0].promises
    assert str(promises.max_lag) == "2h"
    assert {kind: str(age) for kind, age in promises.max_age.items()} == {"help": "180d", "sop": "1 year"}
    assert promises.age_of("release_note") is None


def test_access_with_denies(write: Write) -> None:
    text = '[groups]\nx = ""\n[[source]]\nname = "a"\nkind = "folder"\n'
    settings = write(text + 'default_access = { allow = "Public", deny = ["group:X"] }')
    assert settings.sources[0].default_access == Access(frozenset({"public"}), frozenset({"group:x"}))


def test_without_any_file(tmp_path: Path) -> None:
    settings = load()
    assert settings == Settings(home=tmp_path / ".headwater", base=tmp_path)
    assert settings.known_groups is None


def test_the_environment_overrides_the_file(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "HEADWATER_EMBEDDING__MODEL": "BAAI/bge-small-en-v1.5",
        "headwater_index__url": "http://q:6333",
        "HEADWATER_PROMISES__MAX_AGE__HELP": "10d",
        "HEADWATER_GROUPS__LEGAL": "Lawyers",
        "HEADWATER_PARSING__WORKERS": "3",
        "HEADWATER_HOME": str(tmp_path / "state"),
        "HEADWATER_DATA": "/somewhere",
    }.items():
        monkeypatch.setenv(name, value)
    settings = write(DESIGN)
    assert settings.embedding.model == "BAAI/bge-small-en-v1.5"
    assert settings.index.url.reveal() == "http://q:6333"
    assert {kind: str(age) for kind, age in settings.promises.max_age.items()} == {"help": "10d", "sop": "365d"}
    assert set(settings.groups) == {"support", "sre", "legal"}
    assert settings.parsing.workers == 3
    assert settings.home == tmp_path / "state"


def test_sources_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    table = '[{"name": "a", "kind": "folder", "default_access": ["public"], "path": "x"}]'
    monkeypatch.setenv("HEADWATER_SOURCE", table)
    assert load().sources[0].options == {"path": "x"}


def test_where_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a/b")
    assert find_file() is None
    (tmp_path / "headwater.toml").write_text("")
    assert find_file() == tmp_path / "headwater.toml"
    (tmp_path / "other.toml").write_text("")
    monkeypatch.setenv("HEADWATER_CONFIG", str(tmp_path / "other.toml"))
    assert find_file() == tmp_path / "other.toml"
    assert find_file(Path("../../headwater.toml")) is not None
    monkeypatch.setenv("HEADWATER_CONFIG", str(tmp_path / "nowhere.toml"))
    with pytest.raises(ConfigError, match=r"nowhere\.toml does not exist"):
        load()


def test_a_model_folder_is_meant_from_the_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "models/mini").mkdir(parents=True)
    assert write('[embedding]\nmodel = "models/mini"').embedding.model == str(tmp_path / "models/mini")
    assert write('[embedding]\nmodel = "./elsewhere"').embedding.model == str(tmp_path / "elsewhere")
    assert write('[embedding]\nmodel = "org/name"').embedding.model == "org/name"


def test_findings_that_stop_nothing(write: Write) -> None:
    settings = write(
        '[groups]\nsupport = ""\n[owners]\ndocs-team = ""\n[[source]]\nname = "a"\nkind = "folder"\n'
        'default_access = ["group:suport"]\nowner = "doc-team"\ncontent = "relase_note"\n'
        '[[source]]\nname = "b"\nkind = "folder"\ndefault_access = []\n'
    )
    place = 'headwater.toml line 5, [[source]] "a"'
    assert settings.warnings == (
        f"{place}: default_access names group:suport, which is not under [groups]; did you mean group:support?",
        f"{place}: owner doc-team is not under [owners]; did you mean docs-team?",
        f"{place}: content names the kind 'relase_note'; did you mean release_note?",
        'headwater.toml line 11, [[source]] "b": default_access names nobody, so that nobody can read this source',
    )


def test_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "headwater.toml").write_bytes(b'\xef\xbb\xbf[groups]\r\na = "A"\r\n')
    assert load().groups == {"a": "A"}
