"""A project with one source, as a person has it on disk, and runs over it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.workshop import Workshop
from headwater.ingest.report import RunReport
from headwater.retrieval.search import Passage, Wish
from tests.support.hash_embedder import HashDense
from tests.support.state import SharedParsing, open_workshop, run_all

SETTINGS = {"default_access": '["public", "group:sre"]'}


@dataclass(slots=True)
class Project:
    """A folder `docs`, its configuration and its state; each call opens everything anew, as a command does."""

    folder: Path
    parsing: SharedParsing
    dense: HashDense = field(default_factory=HashDense)
    keys: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))

    def write(self, id: str, content: str | bytes) -> Path:
        path = self.folder / "docs" / id
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def configure(self, **keys: str) -> None:
        """Change settings of the source; values as in TOML."""
        self.keys |= keys
        lines = "\n".join(f"{key} = {value}" for key, value in self.keys.items())
        (self.folder / "headwater.toml").write_text(
            '[groups]\nsre = "SRE"\nsupport = "Support"\n\n'
            f'[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\n{lines}\n'
        )

    def open(self, **options: Any) -> Workshop:
        config, home = self.folder / "headwater.toml", self.folder / "home"
        return open_workshop(config, home, dense=self.dense, parsing=self.parsing, **options)

    def ingest(self, **options: Any) -> RunReport:
        self.dense.texts.clear()
        self.parsing.asked.clear()
        with self.open(**options) as workshop:
            return run_all(workshop)

    def search(self, question: str, *asker: str) -> list[Passage]:
        with self.open() as workshop:
            return everything(workshop, question, *asker)


def everything(workshop: Workshop, question: str, *asker: str) -> list[Passage]:
    """What this person may read of it, chunk by chunk, duplicates too."""
    wish = Wish(limit=50, passage_tokens=0, duplicates=True)
    return workshop.searcher().find(question, frozenset(asker), wish)
