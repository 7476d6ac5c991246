"""JSONPaths in the configuration; apart, because checking them loads what the rest of the settings never needs.

https://www.rfc-editor.org/rfc/rfc9535
"""

import jsonpath


def checked_path(text: str) -> str:
    """The path as written; ValueError for what is none."""
    if not text.startswith("$"):
        raise ValueError(f"{text!r} is no JSONPath: it has to begin with $, such as $.page.id")
    try:
        jsonpath.compile(text)
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise ValueError(f"{text!r} is no JSONPath: {str(error).splitlines()[0]}") from error
    return text
