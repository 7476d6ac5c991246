"""Each package that Headwater is built from does its part on the default path: a run with Prefect over the examples."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.environment import QUIET

PARTS = {
    "unstructured": "unstructured.partition.docx",
    "langchain-text-splitters": "langchain_text_splitters.character",
    "qdrant-client": "qdrant_client.http.models.models",
    "fastembed": "fastembed.text.text_embedding",
    "prefect": "prefect.flow_engine",
    "beautifulsoup4": "bs4",
}

WITNESS = '''
import os, sys

class Witness:
    """Writes down which modules any process of the run looks for, and finds none itself."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in WANTED:
            with open(os.environ["WITNESS_FILE"], "a") as file:
                file.write(name + "\\n")
        return None

WANTED = {name.partition(".")[0] for name in os.environ["WITNESS_MODULES"].split(",")}
sys.meta_path.insert(0, Witness())
'''


@pytest.mark.prefect
def test_a_default_run_loads_every_package(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITNESS)
    seen = tmp_path / "seen"
    environment = {
        **os.environ,
        **QUIET,
        "HEADWATER_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(tmp_path),
        "WITNESS_FILE": str(seen),
        "WITNESS_MODULES": ",".join(PARTS.values()),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "app.cli", "ingest", "--json"],
        cwd=repository, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    loaded = set(seen.read_text().splitlines())
    assert [package for package, module in PARTS.items() if module not in loaded] == []
