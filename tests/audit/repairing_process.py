"""A repair to be killed: `python -m tests.audit.repairing_process PROJECT` says ready when it begins."""

import sys
from pathlib import Path

from connectors import opened
from flows.audit import audit
from flows.workshop import Workshop
from headwater.settings import load
from tests.support.hash_embedder import HashDense

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    opened.SETTLED_NS = 0
    with Workshop(load(folder / "headwater.toml", home=folder / "home"), command="audit") as workshop:
        vars(workshop)["dense"] = HashDense()
        workshop.index()
        print("ready", flush=True)
        audit(workshop, None, with_sources=True, mend=True)
