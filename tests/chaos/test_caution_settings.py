"""How far a source is believed, as its settings say it."""

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.registry import check
from flows.processing import caution_of
from headwater.errors import ConfigError
from headwater.ingest.caution import Caution
from headwater.settings import SourceSettings, load

SOURCE = '[[source]]\nname = "wiki"\nkind = "folder"\ndefault_access = ["public"]\n'


def read(folder: Path, lines: str) -> SourceSettings:
    file = folder / "headwater.toml"
    file.write_text(SOURCE + lines)
    (source,) = load(file).sources
    return source


def test_the_defaults_are_those_of_a_run(tmp_path: Path) -> None:
    assert caution_of(read(tmp_path, "")) == Caution()


def test_each_can_be_set(tmp_path: Path) -> None:
    lines = 'max_removals = 0\nmax_removed_share = 0.5\ntombstones = "36h"\nmax_access_age = "3 weeks"'
    expected = Caution(documents=0, share=0.5, tombstone=timedelta(hours=36), access=timedelta(weeks=3))
    assert caution_of(read(tmp_path, lines)) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("max_removals = -1", "max_removals has to be at least 0"),
        ("max_removals = 1.5", "max_removals has to be a whole number"),
        ("max_removed_share = 1.1", "max_removed_share has to be at most 1"),
        ("max_removed_share = -0.1", "max_removed_share has to be at least 0"),
        ('tombstones = "soon"', "tombstones is wrong: 'soon' is not a duration"),
        ("max_access_age = 7", "max_access_age has to be a duration"),
        ('max_acess_age = "7d"', "did you mean max_access_age?"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "headwater.toml"
    file.write_text(f'{SOURCE}path = "."\n{line}\n')
    with pytest.raises(ConfigError) as caught:
        check(load(file))
    assert message in str(caught.value)
