"""CSS selectors in the configuration; apart, because checking them loads what the rest of the settings never needs."""

import soupsieve


def checked_selector(text: str) -> str:
    """The selector as written; ValueError for what is none."""
    try:
        soupsieve.compile(text)
    except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError) as error:
        raise ValueError(f"{text!r} is no CSS selector: {str(error).splitlines()[0]}") from error
    return text
