"""Run as a script: own the index below the given folder until the standard input ends, or a kill."""

import sys
from pathlib import Path

from headwater.index.store import open_store


def main() -> None:
    store = open_store(Path(sys.argv[1]), wait=10, command="the owning process of a test")
    print("ready", flush=True)
    sys.stdin.read()
    store.close()


if __name__ == "__main__":
    main()
