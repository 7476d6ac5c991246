from pathlib import Path

import pytest

from headwater.errors import ConfigError
from headwater.settings import load
from tests.settings.conftest import Write

SOURCE = '[[source]]\nname = "a"\nkind = "folder"\ndefault_access = ["public"]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n[indx]\nurl = 'x'", "headwater.toml line 2: indx is not a setting; did you mean index?"),
        ("[index]\n\nulr = 'x'", "headwater.toml line 3, [index]: ulr is not a setting; did you mean url?"),
        ("model = 'x'", "headwater.toml line 1: model is not a setting; it belongs under [embedding]"),
        (
            "[index]\nmax_lag = '1h'",
            "headwater.toml line 2, [index]: max_lag is not a setting; it belongs under [promises]",
        ),
        ("_x = 1", "headwater.toml line 1: _x is not a setting; known are"),
        ("[index]\nurl = 5", "headwater.toml line 2, [index]: url has to be a text in quotes"),
        ("index = 5", "headwater.toml line 1: index has to be a table"),
        ("[source]\nname = 'a'", "headwater.toml line 1: source has to be a list"),
        ("[groups]\na = 1", "headwater.toml line 2, [groups]: a has to be a text in quotes"),
        ("[groups]\n'a b' = ''", "headwater.toml line 1, [groups]: 'a b' cannot be a group's name"),
        ("[parsing]\nworkers = 1.5", "workers has to be a whole number"),
        ("[parsing]\nmemory_mb = 1", "memory_mb has to be at least 256"),
        ("[parsing]\ntimeout = 60", 'timeout has to be a duration such as "24h" in quotes'),
        (
            "[promises]\nmax_lag = 'soon'",
            "headwater.toml line 2, [promises]: max_lag is wrong: 'soon' is not a duration",
        ),
        ("[promises]\nmax_age = { help = 'old' }", "max_age is wrong: 'old' is not a duration"),
        ("[embedding]\nmodel = '${M}'", "model cannot be taken from ${...}"),
        ("[index]\nurl = '${'", "url is wrong: ${...} has to hold the name of an environment variable"),
        ("[index\n", "headwater.toml is not valid TOML: "),
        ("[[source]]\nname = 'a'\nkind = 'folder'", '[[source]] "a": default_access is missing; say who may read'),
        ("[[source]]\nkind = 'folder'\ndefault_access = 'public'", "[[source]] number 1: name is missing"),
        (SOURCE + "name2 = 1\nschedule = '* * *'", "'* * *' has 3 fields; a schedule has five"),
        (SOURCE + "schedule = '61 * * * *'", "'61 * * * *' is not a cron schedule (bad minute)"),
        (SOURCE + "timezone = 'Europe/Madird'", "'Europe/Madird' is not a time zone; did you mean Europe/Madrid?"),
        (SOURCE + "chunker = 'structur'", "or a table of them by kind; did you mean structure?"),
        (SOURCE + "passage_tokens = 0", "passage_tokens has to be at least 16"),
        (SOURCE + "allow_widening = 'maybe'", "allow_widening has to be true or false"),
        (SOURCE + "content = '7'", "content is wrong: '7' is not a kind of document"),
        (SOURCE + "content = ['a']", "content has to be a kind such as help, or rules by path, in quotes"),
        (SOURCE + "include = [1]", "include has to be a list of texts"),
        (SOURCE.replace('"public"', '"support"'), "default_access is wrong: 'support' is not a principal"),
        (SOURCE.replace('["public"]', "{ read = 'public' }"), "default_access has to be a list of principals"),
        (SOURCE.replace('"a"', '"a/b"'), "name may hold letters"),
        (SOURCE + SOURCE, "headwater.toml line 6, [[source]] \"a\": another source has the name 'a' already"),
    ],
)
def test_plain_words_and_the_place(write: Write, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        write(text)
    assert message in str(caught.value)
    assert "pydantic" not in str(caught.value)
    assert caught.value.advice


def test_everything_that_is_wrong_is_said_at_once(write: Write) -> None:
    with pytest.raises(ConfigError) as caught:
        write("[index]\nulr = 'x'\n[ledger]\nulr = 'x'\n")
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "HEADWATER_INDX__URL",
            "x",
            "environment variable HEADWATER_INDX__URL is not a setting; did you mean HEADWATER_INDEX__URL?",
        ),
        ("HEADWATER_HOEM", "x", "environment variable HEADWATER_HOEM is not a setting; did you mean HEADWATER_HOME?"),
        (
            "HEADWATER_INDEX__ULR",
            "x",
            "environment variable HEADWATER_INDEX__ULR: ulr is not a setting; did you mean url?",
        ),
        (
            "HEADWATER_EMBEDDING__THREADS",
            "x",
            "environment variable HEADWATER_EMBEDDING__THREADS: threads has to be a whole",
        ),
        ("HEADWATER_GROUPS", "x", "environment variable HEADWATER_GROUPS is not JSON"),
    ],
)
def test_the_environment_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load()
    assert message in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "headwater.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load()
