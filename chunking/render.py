"""How a block reads as text."""

from headwater.model import Block, BlockKind

_INDENT = "  "


def rendered(block: Block, *, first: bool = True) -> str:
    """The block as shown in a passage; `first` of its admonition, which names the label once."""
    match block.kind:
        case BlockKind.LIST_ITEM:
            return f"{_INDENT * block.level}- {block.text}"
        case BlockKind.STEP:
            return f"{_INDENT * block.level}{numbered(block.ordinal, block.text)}"
        case BlockKind.TABLE:
            return f"{block.label}\n{block.text}" if block.label else block.text
        case BlockKind.ADMONITION if first and block.label and block.label != block.text:
            return numbered(block.ordinal, f"{block.label}: {block.text}")
        case BlockKind.CODE if block.ordinal:
            # On a line of its own, or the first line of code would lose its indentation.
            return f"{numbered(block.ordinal, '')}\n{block.text}"
        case _:
            return numbered(block.ordinal, block.text)


def numbered(ordinal: str, text: str) -> str:
    """`4. text`; an ordinal that brings its own punctuation keeps it."""
    if not ordinal:
        return text
    mark = ordinal if not ordinal[-1].isalnum() else f"{ordinal}."
    return f"{mark} {text}".rstrip()
