import pickle
import traceback

import pytest

from headwater.errors import ConfigError
from headwater.settings import Secret
from tests.settings.conftest import Write

WORD = "hunter2-swordfish"


def test_a_reference_is_expanded_where_it_is_used(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = write('[index]\napi_key = "${QDRANT_KEY}"\n[ledger]\nurl = "postgresql://u:${PASSWORD}@host/db$${x}"')
    monkeypatch.setenv("QDRANT_KEY", WORD)
    monkeypatch.setenv("PASSWORD", WORD)
    assert settings.index.api_key.reveal() == WORD
    assert settings.ledger.url.reveal() == f"postgresql://u:{WORD}@host/db${{x}}"
    assert WORD not in repr(settings) + str(settings.index.api_key) + f"{settings.ledger.url}"
    assert "${QDRANT_KEY}" in repr(settings)


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named_with_its_setting(
    write: Write, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    settings = write('[index]\napi_key = "${QDRANT_KEY}"')
    monkeypatch.delenv("QDRANT_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("QDRANT_KEY", value)
    with pytest.raises(
        ConfigError, match=r"\[index\] api_key refers to the environment variable QDRANT_KEY, which is not"
    ):
        settings.index.api_key.reveal()


def test_a_literal_secret_is_never_shown(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_INDEX__API_KEY", WORD)
    settings = write(f'[index]\nurl = "https://u:{WORD}@host"\n[[source]]\nname = "a"\nkind = "x"\n'
                     f'default_access = []\ntoken = "{WORD}"\n')  # fmt: skip
    assert settings.index.api_key.reveal() == WORD
    assert WORD not in repr(settings)
    assert WORD not in str(settings.warnings)


@pytest.mark.parametrize(
    "text",
    [
        f'[index]\napi_key = ["{WORD}"]',
        f'[index]\napi_key = "{WORD}${{"',
        f'[index]\napi_kye = "{WORD}"',
        f'index = "{WORD}"',
        f'ledger = ["{WORD}"]',
        f'[index]\napi_key = "{WORD}',
        f"[index]\napi_key = {WORD}",
        f'[parsing]\nworkers = "{WORD}"',
        f'[[source]]\ntoken = "{WORD}"',
    ],
)
def test_no_error_repeats_a_secret(write: Write, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        write(text)
    assert WORD not in "".join(traceback.format_exception(caught.value)).replace(repr(text), "")
    assert WORD not in caught.value.advice


def test_values_as_such() -> None:
    assert not Secret()
    assert Secret().reveal() == ""
    assert Secret("x", "s") == pickle.loads(pickle.dumps(Secret("x", "s")))
    assert repr(Secret("x", "s")) == "Secret(***)"
