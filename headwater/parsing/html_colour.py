"""Whether a text can be told from what is behind it."""

import colorsys
import re
from dataclasses import dataclass
from functools import lru_cache

Rgb = tuple[float, float, float]
"""Red, green, blue from 0 to 1."""

_WHITE, _BLACK, _LINK_BLUE = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.93)
_LEAST_CONTRAST = 1.2
"""By the formula of WCAG; #eaeaea on white is below it, the lightest greys that people do read are above."""
_FAINTEST = 0.1
_NAMES = {
    "white": "ffffff", "snow": "fffafa", "ivory": "fffff0", "floralwhite": "fffaf0", "ghostwhite": "f8f8ff",
    "whitesmoke": "f5f5f5", "azure": "f0ffff", "mintcream": "f5fffa", "honeydew": "f0fff0", "aliceblue": "f0f8ff",
    "seashell": "fff5ee", "lavenderblush": "fff0f5", "oldlace": "fdf5e6", "linen": "faf0e6", "beige": "f5f5dc",
    "lightyellow": "ffffe0", "lightcyan": "e0ffff", "cornsilk": "fff8dc", "lavender": "e6e6fa", "gainsboro": "dcdcdc",
    "lightgrey": "d3d3d3", "lightgray": "d3d3d3", "silver": "c0c0c0", "darkgray": "a9a9a9", "darkgrey": "a9a9a9",
    "gray": "808080", "grey": "808080", "dimgray": "696969", "black": "000000", "red": "ff0000", "maroon": "800000",
    "darkred": "8b0000", "crimson": "dc143c", "yellow": "ffff00", "gold": "ffd700", "orange": "ffa500",
    "olive": "808000", "lime": "00ff00", "green": "008000", "darkgreen": "006400", "aqua": "00ffff", "cyan": "00ffff",
    "teal": "008080", "blue": "0000ff", "navy": "000080", "darkblue": "00008b", "fuchsia": "ff00ff",
    "magenta": "ff00ff", "purple": "800080", "pink": "ffc0cb", "brown": "a52a2a",
}  # fmt: skip
_HEX = re.compile(r"#([0-9a-f]{3,8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_WORD = re.compile(r"[#\w-]+(?:\([^()]*\))?")
_NOT_PLAIN = re.compile(r"url\(|gradient\(|var\(|image|inherit|unset|revert|currentcolor")


@dataclass(frozen=True, slots=True)
class Colours:
    """Of a text and of what is behind it; None where that cannot be known."""

    text: Rgb | None = _BLACK
    behind: Rgb | None = _WHITE

    @property
    def alike(self) -> bool:
        return self.text is not None and self.behind is not None and _contrast(self.text, self.behind) < _LEAST_CONTRAST


PAPER = Colours()
LINK = _LINK_BLUE


@lru_cache(maxsize=4096)
def mixed(value: str, behind: Rgb | None) -> Rgb | None:
    """The colour that a CSS value shows on `behind`; None for what is no plain colour, or shows what is unknown."""
    found = _parsed(value)
    if found is None:
        return None
    (red, green, blue), alpha = found
    if alpha >= 1:
        return red, green, blue
    if behind is None:
        return None
    return tuple(front * alpha + back * (1 - alpha) for front, back in zip((red, green, blue), behind, strict=True))  # type: ignore[return-value]  # three, as both are


@lru_cache(maxsize=4096)
def painted(value: str, behind: Rgb | None) -> Rgb | None:
    """What a `background` shows: its colour, what is behind it where it has none, None for pictures and the like."""
    if _NOT_PLAIN.search(value):
        return None
    for word in _WORD.findall(value):
        if word in ("transparent", "none", "initial"):
            return behind
        if _parsed(word) is not None:
            return mixed(word, behind)
    return None


@lru_cache(maxsize=4096)
def faint(value: str) -> bool:
    """Whether a CSS colour is as good as transparent."""
    found = _parsed(value)
    return found is not None and found[1] < _FAINTEST


@lru_cache(maxsize=4096)
def _parsed(value: str) -> tuple[Rgb, float] | None:
    value = value.strip().lower()
    if value == "transparent":
        return _BLACK, 0.0
    digits = _NAMES.get(value)
    found = _HEX.fullmatch(value)
    if digits or found:
        return _from_hex(digits or (found.group(1) if found else ""))
    function = _FUNCTION.fullmatch(value)
    return _from_function(function.group(1), re.split(r"[\s,/]+", function.group(2).strip())) if function else None


def _from_hex(digits: str) -> tuple[Rgb, float] | None:
    if len(digits) in (3, 4):
        digits = "".join(2 * digit for digit in digits)
    if len(digits) not in (6, 8):
        return None
    red, green, blue, alpha = (int(digits[place : place + 2] or "ff", 16) / 255 for place in (0, 2, 4, 6))
    return (red, green, blue), alpha


def _from_function(name: str, parts: list[str]) -> tuple[Rgb, float] | None:
    try:
        numbers = [float(part.rstrip("%deg")) / (100 if part.endswith("%") else 1) for part in parts]
    except ValueError:
        return None
    if len(numbers) not in (3, 4):
        return None
    alpha = numbers[3] if len(numbers) == 4 else 1.0
    if name == "hsl":
        red, green, blue = colorsys.hls_to_rgb((numbers[0] / 360) % 1, _share(numbers[2]), _share(numbers[1]))
        return (red, green, blue), alpha
    red, green, blue = (
        _share(number if part.endswith("%") else number / 255) for number, part in zip(numbers, parts[:3], strict=False)
    )
    return (red, green, blue), alpha


def _share(number: float) -> float:
    return min(1.0, max(0.0, number))


def _contrast(one: Rgb, other: Rgb) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
