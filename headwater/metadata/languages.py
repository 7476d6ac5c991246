"""Which language a document is written in: as stated, else as its prose shows, else as its surroundings say.

A few function words settle English without any model; py3langid is loaded for what they do not settle.
"""

import importlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from headwater.model import Block, BlockKind

SAMPLE = 6_000
"""Characters of prose that are looked at."""
_LETTERS, _LETTERS_AGAINST = 60, 200
"""Letters needed to detect a language, and to detect another one than the page itself states."""
_DIFFERENT_WORDS = 8
_DENSE_LETTERS = 12
"""Of scripts in which a letter is a syllable or a word."""
_CERTAIN = 0.9
_ENGLISH_SHARE, _ENGLISH_LETTERS = 0.16, 30
_ENGLISH = frozenset(
    ("the", "and", "of", "to", "is", "you", "this", "are", "your", "with", "that", "from", "when", "will", "for", "it")
)

_CODE = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8})*)")
_NAMES = {
    "arabic": "ar", "bengali": "bn", "català": "ca", "catalan": "ca", "chinese": "zh", "中文": "zh", "czech": "cs",
    "danish": "da", "dansk": "da", "dutch": "nl", "nederlands": "nl", "english": "en", "finnish": "fi", "suomi": "fi",
    "french": "fr", "français": "fr", "german": "de", "deutsch": "de", "greek": "el", "hebrew": "he", "hindi": "hi",
    "hungarian": "hu", "indonesian": "id", "italian": "it", "italiano": "it", "japanese": "ja", "日本語": "ja",
    "korean": "ko", "norwegian": "no", "norsk": "no", "polish": "pl", "polski": "pl", "portuguese": "pt",
    "português": "pt", "romanian": "ro", "russian": "ru", "русский": "ru", "spanish": "es", "español": "es",
    "swedish": "sv", "svenska": "sv", "turkish": "tr", "ukrainian": "uk", "vietnamese": "vi",
}  # fmt: skip
_DETECTED = (
    "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr",
    "ga", "gl", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km", "ko", "lt", "lv", "mk", "mn",
    "ms", "my", "ne", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "tg", "th",
    "tl", "tr", "uk", "ur", "uz", "vi", "zh",
)  # fmt: skip
_PROSE = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.STEP, BlockKind.ADMONITION)
_NOT_WORDS = re.compile(r"\S*(?:://|@|[_/\\={}<>`$|]|\d)\S*")
_WORD = re.compile(r"[^\W\d_]+")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff]")


def language_code(text: str) -> str:
    """`en`, `pt-br`: as in "EN", "pt_BR.UTF-8", "German"; "" for what names no language."""
    plain = text.strip().lower().replace("_", "-").partition(".")[0]
    if plain in _NAMES:
        return _NAMES[plain]
    return plain if _CODE.fullmatch(plain) else ""


def base_language(code: str) -> str:
    """Without country and script; the two forms of Norwegian are one."""
    base = code.partition("-")[0]
    return "no" if base in ("nb", "nn") else base


def same_language(one: str, other: str) -> bool:
    return base_language(one) == base_language(other)


def prose_of(blocks: Iterable[Block]) -> str:
    """The beginning of what is written in sentences: no code, addresses, identifiers; headings where it is short."""
    kept, rest = list(blocks), ""
    text = _words_of(block.text for block in kept if block.kind in _PROSE)
    if len(text) < SAMPLE // 10:
        rest = _words_of(block.text for block in kept if block.kind in (BlockKind.HEADING, BlockKind.TABLE))
    return f"{text} {rest}".strip()[:SAMPLE]


def _words_of(texts: Iterable[str]) -> str:
    parts, length = [], 0
    for text in texts:
        parts.append(_NOT_WORDS.sub(" ", text[:SAMPLE]))
        length += len(parts[-1])
        if length >= SAMPLE:
            break
    return " ".join(parts)


def detected_language(prose: str, expected: str = "") -> str:
    """The language that a text is certainly written in, "" when it is too short or too mixed to say.

    `expected` is what the page states of itself: contradicting it takes more text.
    """
    # Words in capitals are commands, constants and names.
    words = [word.lower() for word in _WORD.findall(prose) if len(word) == 1 or not word.isupper()]
    letters, different = sum(map(len, words)), len(set(words))
    dense = len(_DENSE.findall(prose)) * 2 > letters
    enough = not dense and letters >= _ENGLISH_LETTERS and different >= _DIFFERENT_WORDS
    if enough and sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words):
        return "en"
    needed = _DENSE_LETTERS if dense else _LETTERS
    if letters < needed or (not dense and different < _DIFFERENT_WORDS):
        return ""
    language, certainty = _identifier().classify(" ".join(words))
    if certainty < _CERTAIN:
        return ""
    if expected and not same_language(language, expected) and letters < max(needed, _LETTERS_AGAINST):
        return ""
    return str(language)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    # A second and 100 MB: only for documents that a few words do not settle.
    langid = importlib.import_module("py3langid.langid")
    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(_DETECTED)
    return identifier
