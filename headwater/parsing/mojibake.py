"""Text that was decoded with the wrong encoding once, put right; apart, because few files need it."""

import re

import ftfy

# UTF-8 read as Latin: what remains of letters with accents, of quotation marks and dashes, of no-break spaces.
_AFTER = "\u0080-\u00bf\u0152-\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
SIGNS = re.compile(f"[\u00c3-\u00c5\u00d0\u00d1][{_AFTER}]|\u00e2[\u0080\u20ac][{_AFTER}]|\u00c2[\u00a0-\u00bf]")
_WIDE = re.compile("[^\\x00-\\x7f]+")


def mended(text: str) -> str:
    """The text as it was meant, where nearly all of what is not ASCII in it shows the signs; else as it is."""
    signs, wide = len(SIGNS.findall(text)), len(_WIDE.findall(text))
    if signs * 2 < wide:
        return text
    return "".join(ftfy.fix_encoding(line) if SIGNS.search(line) else line for line in text.splitlines(keepends=True))
