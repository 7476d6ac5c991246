"""Folders to measure on: seeded small documents in any number, and copies of real pages.

Generated documents have one or two passages each: enough to go through every stage, small enough that ten thousand
of them embed in minutes.
"""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

REAL_PAGES = Path("/usr/share/doc/postgresql-doc-15/html")
PER_FOLDER = 100

_SUBJECTS = (
    "the gateway|the delivery queue|a signing key|the audit log|an endpoint|the retry policy|a webhook|the proxy"
)
_VERBS = "accepts|rejects|stores|forwards|signs|delays|reports|replaces|validates|compresses"
_OBJECTS = "expired tokens|large payloads|duplicate events|failed attempts|client certificates|rate limits|empty bodies"
_TAILS = (
    "before the next attempt|after the configured timeout|when the account is suspended|without a restart|"
    "for every region|as long as the lease holds|unless the header says otherwise|within the same transaction"
)
_SECTIONS = "Symptoms|Procedure|Verification|Limits|Background|Configuration|Rollback"


def generate(root: Path, documents: int, *, seed: int = 7) -> Path:
    """Markdown and HTML by turns, `PER_FOLDER` to a folder; the same seed writes the same bytes."""
    for number in range(documents):
        folder = root / f"part-{number // PER_FOLDER:03}"
        folder.mkdir(parents=True, exist_ok=True)
        suffix = "md" if number % 2 else "html"
        (folder / f"article-{number:05}.{suffix}").write_text(article(number, seed=seed), encoding="utf-8")
    return root


def article(number: int, *, seed: int = 7, note: str = "") -> str:
    """One document; `note` becomes its first sentence, to tell an edited version from the one before."""
    rng = random.Random(f"{seed}/{number}")
    title = f"{_pick(rng, _SUBJECTS)} {_pick(rng, _VERBS)} {_pick(rng, _OBJECTS)} ({number})".capitalize()
    sections = rng.sample(_SECTIONS.split("|"), 1 + number % 2)
    body = [(heading, " ".join(_sentences(rng, rng.randint(2, 4)))) for heading in sections]
    if note:
        body[0] = (body[0][0], f"{note} {body[0][1]}")
    return _markdown(title, body) if number % 2 else _html(title, body)


def real_pages(root: Path, pages: int | None = None, source: Path = REAL_PAGES) -> Path:
    """A copy of `pages` HTML pages, evenly spread over the alphabet, of all of them by default."""
    found = sorted(source.glob("*.html"))
    if not found:
        raise SystemExit(f"no HTML pages in {source}; install postgresql-doc-15, or name another folder")
    chosen = found if pages is None or pages >= len(found) else found[:: max(1, len(found) // pages)][:pages]
    root.mkdir(parents=True, exist_ok=True)
    for page in chosen:
        shutil.copyfile(page, root / page.name)
    return root


def _sentences(rng: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        parts = (_pick(rng, _SUBJECTS), _pick(rng, _VERBS), _pick(rng, _OBJECTS), _pick(rng, _TAILS))
        yield f"{' '.join(parts).capitalize()}; code {rng.randint(1000, 9999)}."


def _pick(rng: random.Random, words: str) -> str:
    return rng.choice(words.split("|"))


def _markdown(title: str, body: list[tuple[str, str]]) -> str:
    return "\n".join([f"# {title}", *(f"\n## {heading}\n\n{text}" for heading, text in body), ""])


def _html(title: str, body: list[tuple[str, str]]) -> str:
    sections = "".join(f'<h2 id="{heading.lower()}">{heading}</h2><p>{text}</p>' for heading, text in body)
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>{title}</title></head><body>"
        f"<nav><a href='/'>Home</a></nav><main><h1>{title}</h1>{sections}</main></body></html>\n"
    )
