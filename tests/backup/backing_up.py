"""Run as a script: say that everything is loaded, then back up the project in the first folder to the second name."""

import sys
from pathlib import Path

from flows.backup import back_up
from tests.support.state import open_workshop


def main() -> None:
    folder = Path(sys.argv[1])
    with open_workshop(folder / "headwater.toml", folder / "home") as workshop:
        workshop.ledger.epoch()
        workshop.existing_index(workshop.generation)
        print("ready", flush=True)
        back_up(workshop, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
