"""A script: one parser over the documents of one kind, alone in its process; prints a score and seconds for each.

Arguments: parser, kind, then pairs of a file and its truth ("-" for none, where only time is taken).
A document's time is the processor time of its first and only reading: a second one would measure a library's caches.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.parsing_metrics import Score, Text, from_markdown, score
from bench.parsing_peers import Parser, parser


def main() -> None:
    options = _options()
    kind, files = options.kind, list(zip(options.files[::2], options.files[1::2], strict=True))
    try:
        parse = parser(options.parser, kind)
    except ImportError as error:
        print(json.dumps({"missing": str(error)}))
        return
    _tried(parse, _smallest(files))
    print(json.dumps({"documents": [_measured(parse, Path(file), truth) for file, truth in files]}))


def _smallest(files: list[tuple[str, str]]) -> Path:
    """What a parser is warmed up with: enough for it to load what it needs."""
    return min((Path(file) for file, _ in files), key=lambda file: file.stat().st_size)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("parser")
    options.add_argument("kind")
    options.add_argument("files", nargs="+")
    return options.parse_args()


def _measured(parse: Parser, file: Path, truth: str) -> dict[str, Any]:
    started = time.process_time()
    got, failure = _tried(parse, file)
    seconds = time.process_time() - started
    found: dict[str, Any] = {"name": file.name, "seconds": round(seconds, 5)}
    if failure:
        found["failure"] = failure
    return found | (_shares(score(_truth(Path(truth)), got)) if truth != "-" else {})


def _tried(parse: Parser, file: Path) -> tuple[Text, str]:
    try:
        return parse(file), ""
    except Exception as error:  # noqa: BLE001 -- each library raises its own; the document counts as empty
        return Text(""), f"{type(error).__name__}: {error}"[:200]


def _truth(file: Path) -> Text:
    text = file.read_text(encoding="utf-8")
    return from_markdown(text) if file.suffix == ".md" else Text(text)


def _shares(found: Score) -> dict[str, list[int]]:
    return {name: [share["found"], share["of"]] for name, share in asdict(found).items()}


if __name__ == "__main__":
    sys.exit(main())
