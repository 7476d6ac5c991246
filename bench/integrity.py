"""What cutting breaks in real documents: `python -m bench.integrity --json FILE --cache FOLDER`.

Tables, code, procedures and items of lists that fit the model's window but are in no single chunk: none. Those that
fit `passage_tokens` but are in no whole of a chunk: none. Ends with 1 where a target is missed.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from bench.figures import Figure, show
from bench.integrity_edits import changed_by_edits
from bench.integrity_units import Unit, broken, units
from bench.machine import describe
from bench.retrieval_data import DATA, doc2dial, product_docs
from bench.retrieval_ours import parsed
from chunking.registry import PASSAGE_TOKENS, chunker_for, strategy_for
from headwater.embedding.open import open_dense
from headwater.errors import HeadwaterError
from headwater.interfaces import Tokens
from headwater.model import HELP, PUBLIC, RELEASE_NOTE, SOP, Document, RawDocument
from headwater.parsing.registry import format_of, media_type_of, supported_extensions

_LARGE = 1_000
"""Chunks; documents of more are not edited, since that would take most of the time."""
BUNDLES = {
    "openshift-runbooks": SOP,
    "pagerduty-incident-response": SOP,
    "moj-cloud-platform-user-guide": HELP,
    "mattermost-release-notes": RELEASE_NOTE,
}


def main() -> int:
    options = _options()
    tokens = open_dense().tokens
    figures: list[Figure] = []
    examples: list[dict[str, str]] = []
    for name, kind, documents in _corpora(options.cache):
        found, shown = _measured(name, strategy_for("auto", kind), documents, tokens)
        figures += found
        examples += shown
    show("integrity of chunks", figures)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        made = {"machine": describe(), "figures": [figure.as_json() for figure in figures], "examples": examples}
        options.json.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    return 1 if any(figure.met is False for figure in figures) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", required=True, help="keep clones there")
    return parser.parse_args()


def _measured(
    name: str, strategy: str, documents: Iterable[Document], tokens: Tokens
) -> tuple[list[Figure], list[dict[str, str]]]:
    chunker = chunker_for(strategy, tokens)
    seen: Counter[str] = Counter()
    bad: Counter[tuple[str, str]] = Counter()
    examples: list[dict[str, str]] = []
    edits: list[int] = []
    count = 0
    for document in documents:
        count += 1
        chunks = list(chunker(document))
        if len(chunks) < _LARGE:
            edits += changed_by_edits(document, chunks, chunker)
        whole = list(units(document, entries=strategy == "release_notes"))
        seen.update(unit.what for unit in whole)
        for problem, unit in broken(whole, chunks, tokens, PASSAGE_TOKENS):
            bad[problem, unit.what] += 1
            if len(examples) < 20:
                examples.append(_example(problem, document, unit))
    print(name, strategy, count, "documents", dict(seen), dict(bad), file=sys.stderr)
    total = sum(seen.values())
    note = f"{count} documents, {strategy}: " + ", ".join(f"{n} {what}" for what, n in sorted(seen.items()))
    problems = {problem: sum(n for (p, _), n in bad.items() if p == problem) for problem in ("split", "not whole")}
    return [
        Figure(
            name=f"{name}: split though they fit", value=problems["split"], unit=f"of {total}", at_most=0, note=note
        ),
        Figure(name=f"{name}: not returned whole", value=problems["not whole"], unit=f"of {total}", at_most=0),
        *_of_edits(name, edits),
    ], examples


def _of_edits(name: str, edits: list[int]) -> list[Figure]:
    if not edits:
        return []
    alone = sum(changed <= 1 for changed in edits)
    note = f"{alone} of {len(edits)} edits of one paragraph or item changed no other chunk; at most {max(edits)}"
    return [Figure(name=f"{name}: chunks changed by an edit", value=statistics.mean(edits), unit="chunks", note=note)]


def _example(problem: str, document: Document, unit: Unit) -> dict[str, str]:
    return {"problem": problem, "document": document.raw.id, "what": unit.what, "text": unit.text[:300]}


def _corpora(cache: Path) -> Iterator[tuple[str, str, Iterable[Document]]]:
    for name, kind in BUNDLES.items():
        yield name, kind, _files(_cloned(name, cache), kind)
    yield "doc2dial", HELP, (parsed(page) for page in doc2dial().pages)
    pages = (replace(page, name=page.name.replace("/.md", ".md")) for page in product_docs().pages)
    yield "product-docs-qa", HELP, (parsed(page) for page in pages)
    yield "same-document", HELP, _files(DATA / "same-document", HELP)
    for folder in sorted(path for path in (DATA / "office").iterdir() if path.is_dir()):
        yield f"office/{folder.name}", HELP, _files(folder / "sources", HELP)


def _cloned(name: str, cache: Path) -> Path:
    folder = cache / name
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "-q", str(DATA / "history" / f"{name}.bundle"), str(folder)], check=True)
    return folder


def _files(folder: Path, kind: str) -> Iterator[Document]:
    for path in sorted(folder.rglob("*")):
        # What a site generator reads as a template is the format below it.
        name = path.name.removesuffix(".erb")
        if not path.is_file() or ".git" in path.parts or Path(name).suffix.lower() not in supported_extensions():
            continue
        content = path.read_bytes()
        try:
            media_type = media_type_of(name, content[:4096])
            raw = RawDocument(
                source=folder.name, id=str(path.relative_to(folder)), version="1", uri=path.as_uri(), title="",
                kind=kind, media_type=media_type, content=content, updated_at=None, access=PUBLIC,
            )  # fmt: skip
            yield import_module(format_of(media_type).module).parse(raw)
        except HeadwaterError as error:
            print(f"{path.name}: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
