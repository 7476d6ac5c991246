"""The only module that imports langchain-text-splitters, which takes 0.7 s: import it when a text has to be cut."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from langchain_text_splitters import Language, RecursiveCharacterTextSplitter

Keep: TypeAlias = Literal["start", "end"]


def recursive_splitter(
    separators: list[str], *, keep: Keep, limit: int, weight: Callable[[str], int]
) -> Callable[[str], list[str]]:
    """Cuts at the first of these patterns that leaves pieces of at most `limit`, and loses no character."""
    splitter = RecursiveCharacterTextSplitter(
        separators=separators,
        is_separator_regex=True,
        keep_separator=keep,
        strip_whitespace=False,
        chunk_size=limit,
        chunk_overlap=0,
        length_function=weight,
    )
    return splitter.split_text


def language_separators(name: str) -> list[str] | None:
    """langchain's patterns for a language by its own name for it; None for a language it does not know."""
    try:
        patterns = RecursiveCharacterTextSplitter.get_separators_for_language(Language(name))
    except ValueError:
        return None
    # The last one would cut between any two characters, and counts them one by one.
    return [pattern for pattern in patterns if pattern]
