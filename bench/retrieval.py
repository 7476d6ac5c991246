"""Retrieval over real help pages, ours beside others': `uv run --group bench bench/retrieval.py --json FILE`.

Two corpora (see bench/retrieval_data.py), each measured on two halves of its questions, split by a hash of the page
that answers: `tune` was looked at while choosing, `report` was not. `--work FOLDER` keeps vectors for another time;
`--plot FILE` draws span recall over what is returned.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from bench.machine import describe
from bench.retrieval_data import Corpus, doc2dial, product_docs
from bench.retrieval_ours import VARIANTS
from bench.retrieval_peers import peers
from bench.retrieval_score import BUDGETS, Given, Score, mean, score
from bench.retrieval_shelf import Remembering, Shelf, plain_chunks, shelf
from headwater.model import Chunk
from headwater.retrieval.search import Wish

CORPORA = {"doc2dial": doc2dial, "product-docs-qa": product_docs}
LISTED, ENOUGH = 10, 120
"""Passages by which pages are ranked, and passages that fill the largest budget."""
Ask: TypeAlias = Callable[[str], tuple[Sequence[Given], Mapping[int, Sequence[Given]]]]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as scratch:
        dense = Remembering((options.work or Path(scratch)) / "vectors.npz")
        found: dict[str, Any] = {"machine": describe(), "corpora": {}}
        for name in options.corpora or CORPORA:
            rows = found["corpora"][name] = {}
            corpus = CORPORA[name]()
            for label, scores in _measured(corpus, dense):
                rows[label] = scores
                print(f"{name:16s} {label:44s}", *(f"{value:.3f}" for value in scores["report"].values()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        from bench.retrieval_plot import draw

        draw(found["corpora"], options.plot)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", choices=[*CORPORA, []], help="which (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw recall over returned tokens")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="where vectors are kept")
    return parser.parse_args()


def _measured(corpus: Corpus, dense: Remembering) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, make in VARIANTS.items():
        yield from _asked(f"headwater{name}", list(make(corpus.pages, dense.tokens)), corpus, dense, WAYS)
    for name, split in peers(dense.tokens).items():
        texts = {page.name: list(split(page)) for page in corpus.pages}
        for titled in (False, True):
            chunks = [
                chunk
                for page in corpus.pages
                for chunk in plain_chunks(page, texts[page.name], dense.tokens, titled=titled)
            ]
            ways = {"dense": nearest, "our hybrid": hybrid} if not titled else {"our hybrid, titled": hybrid}
            yield from _asked(name, chunks, corpus, dense, ways)


def _asked(
    name: str,
    chunks: Sequence[Chunk],
    corpus: Corpus,
    dense: Remembering,
    ways: Mapping[str, Callable[[Shelf], Ask]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    dense.embed([chunk.embedded for chunk in chunks])
    dense.embed([question.text for question in corpus.questions])
    dense.save()
    with shelf(chunks, dense) as made:
        for way, asking in ways.items():
            ask = asking(made)
            scored = [(question, score(question, *ask(question.text))) for question in corpus.questions]
            halves: dict[str, list[Score]] = {"all": [one for _, one in scored]}
            halves["tune"] = [one for question, one in scored if question.tuning]
            halves["report"] = [one for question, one in scored if not question.tuning]
            yield (
                f"{name}, {way}",
                {
                    "passages": len(chunks),
                    **{half: {"questions": len(of), **mean(of)} for half, of in halves.items()},
                },
            )


# Ways to ask --------------------------------------------------------------------------------------------------


def nearest(made: Shelf) -> Ask:
    """By cosine alone."""

    def ask(question: str) -> tuple[Sequence[Given], Mapping[int, Sequence[Given]]]:
        found = [Given(str(payload["document"]), str(payload["content"])) for payload in made.nearest(question, ENOUGH)]
        return found[:LISTED], dict.fromkeys(BUDGETS, found)

    return ask


def hybrid(made: Shelf) -> Ask:
    """As the product ranks, chunk after chunk."""

    def ask(question: str) -> tuple[Sequence[Given], Mapping[int, Sequence[Given]]]:
        found = _given(made, question, Wish(limit=ENOUGH, passage_tokens=0))
        return found[:LISTED], dict.fromkeys(BUDGETS, found)

    return ask


def whole(made: Shelf) -> Ask:
    """As the product answers: wholes, and as many as fit a budget."""

    def ask(question: str) -> tuple[Sequence[Given], Mapping[int, Sequence[Given]]]:
        listed = _given(made, question, Wish(limit=LISTED))
        filled = {n: _given(made, question, Wish.of(limit=None, passage_tokens=None, budget=n)) for n in BUDGETS}
        return listed, filled

    return ask


WAYS: Mapping[str, Callable[[Shelf], Ask]] = {"as it is": whole, "chunks alone": hybrid, "dense alone": nearest}


def _given(made: Shelf, question: str, wish: Wish) -> list[Given]:
    return [Given(passage.document, passage.text) for passage in made.searcher().find(question, frozenset(), wish)]


if __name__ == "__main__":
    sys.exit(main())
