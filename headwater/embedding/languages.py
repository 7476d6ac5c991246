"""Which languages a model was trained for, as far as its name says."""

import re

from headwater.embedding.open import PACKAGED

ENGLISH = frozenset({"en"})
MULTILINGUAL_MODEL = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
"""One that the embedding library offers, for whoever has to change."""

_MANY = re.compile(r"multilingual|(?:^|[-_/])m(?:e5|gte|contriever)\b|bge-m3|labse|distiluse", re.IGNORECASE)
_NAMED = re.compile(r"(?:^|[-_./])(en|de|es|fr|zh|ja|ko|ru|it|pt|nl|code)(?=[-_./]|$)", re.IGNORECASE)
_BOTH = frozenset({"de", "es", "zh", "code"})
"""Models named for these were trained for English as well."""
_ENGLISH = re.compile(
    r"all-minilm|all-mpnet|bge-(?:small|base|large)|gte-|arctic-embed|nomic-embed-text", re.IGNORECASE
)


def languages_of(model: str) -> frozenset[str] | None:
    """Codes of the languages a model knows; None where its name does not tell, or it knows many."""
    if model == PACKAGED:
        return ENGLISH
    name = model.rstrip("/").rpartition("/")[2]
    if _MANY.search(name):
        return None
    named = {found.lower() for found in _NAMED.findall(name)}
    if named:
        return frozenset(named - {"code"}) | (ENGLISH if named & _BOTH else frozenset())
    return ENGLISH if _ENGLISH.search(name) else None
