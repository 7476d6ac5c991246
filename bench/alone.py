"""A script: embed the recorded groups of its argument and do nothing else; prints what that took."""

import json
import sys
import time
from pathlib import Path

from headwater.embedding.open import open_dense


def main() -> None:
    groups: list[list[str]] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    model = open_dense()
    started = time.monotonic()
    model.warm()
    warm, used = time.monotonic(), time.process_time()
    for group in groups:
        model.embed(group)
    done, cpu = time.monotonic(), time.process_time() - used
    texts = [text for group in groups for text in group]
    tokens = sum(model.tokens.count_many(texts))
    print(json.dumps({"load": warm - started, "embed": done - warm, "cpu": cpu, "texts": len(texts), "tokens": tokens}))


if __name__ == "__main__":
    main()
