"""A small library on disk that hypothesis rearranges: files, rules beside them, and the configuration over both."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import strategies as st

SOURCES = ("handbook", "notes")
ANCHOR = "anchor.md"
"""Never changed or left out: a listing that is suddenly empty is taken for a fault of the source."""
FOLDERS = ("", "ops", "ops/größe 名前")
NAMES = ("a.md", "guide.html", "prices.csv", "log.txt", "ключ.md", "a b%20.html", "c.txt")
PATHS = tuple(f"{folder}/{name}".lstrip("/") for folder in FOLDERS for name in NAMES)
ASKERS = (frozenset[str](), frozenset({"group:sre"}), frozenset({"group:support", "user:ann@example.com"}))
QUESTIONS = ("rotate the signing key", "Rechnung naïve 42", "restore, backup; tide gauge")

_SENTENCES = (
    "Rotate the signing key once a quarter with the vault command, and tell the team.",
    "Invoices are sent on the first day of each month, Rechnung 42 among them.",
    "A naïve restore from the backup takes an hour; the tide gauge is read before it and after it.",
    "If the harbour closes, nothing is sent. Wait for the notice, then start the crossing again from the queue.",
    "Keys, keys, keys.",
    "用户可以在设置页面更换密钥。 Then the old one ends.",
    "The limit is ten crossings a minute for each key, or one hundred where the plan says so, and both are counted by "
    "the hour, so that a burst at the end of one hour does not use up the next, and no one has to wait for long.",
)
_HEADINGS = ("Overview", "Steps", "Straße & Hafen", "FAQ", "Steps")

Front = Mapping[str, str]
FRONTS: tuple[Front, ...] = (
    {},
    {"access": "[group:sre]"},
    {"access": "[public]"},
    {"access": "{deny: [group:sre]}"},
    {"access": "[group:support, group:sre]", "kind": "sop"},
    {"access": "[group:nobody-knows]"},
    {"access": "[group:sre, group:nobody-knows]"},
    {"access": "everyone"},
    {"kind": "release_note", "tags": "[keys, harbour]"},
    {"owner": "ann", "version": "2.10", "updated": "2026-03-01"},
    {"title": "Réglages: {x}", "language": "no"},
)
RULES = (
    'access = ["group:sre"]\n',
    'access = ["public", "group:support"]\nkind = "sop"\n',
    'access = { deny = ["group:support"] }\n',
    'owner = "harbour-team"\ntags = ["ops"]\n',
    "access = [broken\n",
)


@dataclass(frozen=True, slots=True)
class Text:
    """A document's content: `sections` are pairs of a heading and indexes into the sentences."""

    title: str
    sections: tuple[tuple[str, tuple[int, ...]], ...]
    front: Front = field(default_factory=dict)

    def rendered(self, suffix: str) -> str:
        if suffix == ".csv":
            lines = [f'{heading},"{_SENTENCES[n]}"' for heading, numbers in self.sections for n in numbers]
            return "\n".join(["topic,text", *lines]) + "\n"
        front = "".join(f"{key}: {value}\n" for key, value in self.front.items())
        return (f"---\n{front}---\n" if front else "") + self._body(suffix)

    def _body(self, suffix: str) -> str:
        parts = [(heading, [_SENTENCES[n] for n in numbers]) for heading, numbers in self.sections]
        if suffix == ".html":
            body = "".join(f"<h2>{h}</h2>{''.join(f'<p>{p}</p>' for p in ps)}" for h, ps in parts)
            return f"<!doctype html><title>{self.title}</title><h1>{self.title}</h1>{body}"
        if suffix == ".txt":
            return "\n\n".join([self.title, *(p for _, ps in parts for p in ps)]) + "\n"
        return f"# {self.title}\n\n" + "\n\n".join(f"## {h}\n\n" + "\n\n".join(ps) for h, ps in parts) + "\n"


_numbers = st.lists(st.integers(0, len(_SENTENCES) - 1), min_size=1, max_size=4).map(tuple)
texts = st.builds(
    Text,
    title=st.sampled_from(("Signing keys", "Hafen", "Limits")),
    sections=st.lists(st.tuples(st.sampled_from(_HEADINGS), _numbers), min_size=1, max_size=3).map(tuple),
    front=st.sampled_from(FRONTS),
)


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One `[[source]]` as it is written down, with values in TOML."""

    name: str
    keys: Mapping[str, str] = field(default_factory=lambda: {"default_access": '["public", "group:sre"]'})

    def written(self) -> str:
        lines = [f'name = "{self.name}"', 'kind = "folder"', f'path = "{self.name}"']
        return "\n".join(["[[source]]", *lines, *(f"{key} = {value}" for key, value in self.keys.items())])


SETTINGS: Mapping[str, tuple[str, ...]] = {
    "default_access": ('["public", "group:sre"]', '["group:sre"]', '["group:support", "user:ann@example.com"]', "[]"),
    "content": ('"help"', '"sop"', '{ "ops/**" = "sop", "*.md" = "release_note" }'),
    "owner": ('""', '"docs-team"'),
    "chunker": ('"auto"', '"fixed"', '{ sop = "structure", "*" = "fixed" }'),
    "chunk_tokens": ("48", "32"),
    "passage_tokens": ("800", "100"),
    "overlap_tokens": ("0", "6"),
    "include": ("[]", '["*.md", "*.html"]', '["anchor.md", "ops/"]'),
    "exclude": ("[]", '["ops/"]', '["guide.html", "ops/größe 名前/"]'),
    "allow_widening": ("false", "true"),
    "timezone": ('"UTC"', '"Europe/Madrid"'),
}


class Library:
    """The folder `root` with its configuration file; what is on disk is the whole truth."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "headwater.toml"
        self.groups: tuple[str, ...] = ("sre", "support")
        self.tables = {name: SourceTable(name) for name in SOURCES}
        for name in SOURCES:
            (root / name).mkdir(parents=True)
            (root / name / ANCHOR).write_text("# Anchor\n\nThis page stays as it is.\n")
        self.configure()

    def configure(self) -> None:
        groups = "\n".join(f'{group} = "{group}"' for group in self.groups)
        tables = "\n\n".join(table.written() for table in self.tables.values())
        self.config.write_text(f"[groups]\n{groups}\n\n{tables}\n")

    def change(self, source: str, key: str, value: str) -> None:
        table = self.tables[source]
        self.tables[source] = replace(table, keys={**table.keys, key: value})
        self.configure()

    def path(self, source: str, id: str) -> Path:
        return self.root / source / id

    def files(self) -> list[tuple[str, str]]:
        """Every document that may be changed, as (source, id)."""
        return [(source, id) for source in SOURCES for id in PATHS if self.path(source, id).is_file()]

    def write(self, source: str, id: str, content: bytes) -> None:
        path = self.path(source, id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def rewrite_in_place(self, source: str, id: str) -> None:
        """Other content, with the size, the inode and the modification time it had."""
        path = self.path(source, id)
        content, times = path.read_bytes(), path.stat()
        swapped = content.replace(b"tide", b"tidy") if b"tide" in content else content.replace(b"key", b"kex")
        with path.open("r+b") as stream:
            stream.write(swapped)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
