import re
import subprocess
import sys

from headwater.settings import TEMPLATE
from headwater.settings.schema import Configuration, SourceTable, parts_of
from tests.settings.conftest import Write

COMMENTED = re.compile(r"(?m)^# (?=[\w-]+ = )")


def test_it_is_a_working_configuration(write: Write) -> None:
    settings = write(TEMPLATE)
    assert settings.warnings == ()
    (source,) = settings.sources
    assert source.options == {"path": "docs"}


def test_every_comment_that_looks_like_a_setting_is_one(write: Write) -> None:
    lines = COMMENTED.sub("", TEMPLATE).splitlines()
    # The second way of writing content goes in place of the first.
    lines.remove(next(line for line in lines if line.startswith('content = "help"')))
    settings = write("\n".join(lines))
    assert settings.warnings == ()
    assert settings.sources[0].owner == "docs-team"


def test_every_key_is_in_it() -> None:
    keys = set(re.findall(r"(?m)^(?:# )?([\w-]+) = ", TEMPLATE))
    tables = parts_of(Configuration)
    assert keys >= {key for part in tables.values() for key in part.model_fields}
    assert keys >= set(SourceTable.model_fields)
    assert set(re.findall(r"(?m)^\[+(\w+)\]+$", TEMPLATE)) == set(Configuration.model_fields)


def test_what_is_written_there_is_the_default(write: Write) -> None:
    shown, bare = write(TEMPLATE), write("")
    for part in ("embedding", "index", "ledger", "parsing", "promises"):
        assert getattr(shown, part) == getattr(bare, part)


def test_importing_settings_stays_light() -> None:
    heavy = ("prefect", "qdrant_client", "fastembed", "unstructured", "pandas", "numpy", "sqlalchemy", "connectors")
    code = f"import sys, headwater.settings; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
