"""Run as a script: edit, withdraw and remove documents of a project and ingest them, until the standard input ends."""

import sys
import threading
from pathlib import Path

from headwater.parsing.pool import ParserPool
from tests.support.project import Project
from tests.support.state import SharedParsing

DOCUMENTS = 40


def text(number: int, turn: int) -> str:
    readers = "---\naccess: [group:sre]\n---\n\n" if (number + turn) % 3 == 0 else ""
    return f"{readers}# Article {number}\n\nInvoice number {number}, turn {turn}.\n\n## Vault\n\nRotated in {turn}.\n"


def main() -> None:
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    with ParserPool(workers=1) as pool:
        project = Project(Path(sys.argv[1]), SharedParsing(pool))
        turn = 0
        while not stop.is_set():
            turn += 1
            for number in range(DOCUMENTS):
                project.write(f"{number}.md", text(number, turn))
            gone = project.folder / "docs" / f"{turn % DOCUMENTS}.md"
            gone.unlink()
            report = project.ingest(wait=30)
            assert not report.sources[0].error, report.sources[0].error
            print(turn, flush=True)


if __name__ == "__main__":
    main()
