"""Ingests changed documents again and again, until it is stopped: `python -m tests.audit.ingesting_process PROJECT`."""

import itertools
import sys
from pathlib import Path

from connectors import opened
from flows.steps import direct_steps, run_sources
from flows.workshop import Workshop
from headwater.settings import load
from tests.support.hash_embedder import HashDense

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    opened.SETTLED_NS = 0
    for number in itertools.count():
        for name in ("billing.md", "keys.md"):
            readers = ("group:sre", "group:support")[number % 2]
            text = f"---\naccess: [{readers}]\n---\n# Turn {number}\n\n## One\n\nOf {number}.\n\n## Two\n\nAlso.\n"
            (folder / "docs" / name).write_text(text * (1 + number % 3))
        with Workshop(load(folder / "headwater.toml", home=folder / "home"), command="ingest") as workshop:
            vars(workshop)["dense"] = HashDense()
            run_sources(workshop, ["docs"], direct_steps(workshop))
        print(number, flush=True)
