"""Writes the Word, PDF, Excel and PowerPoint files of the example from their readable sources.

    uv run python examples/make_binaries.py [FOLDER]

The same sources give the same files. Change a source in examples/binaries/sources, run this, commit both.
"""

import sys
from pathlib import Path

from binaries import excel, pdf, slides, word
from binaries.source import read

HERE = Path(__file__).resolve().parent
WRITERS = {".docx": word.write, ".pdf": pdf.write, ".xlsx": excel.write, ".pptx": slides.write}


def main(folder: Path = HERE) -> None:
    """Write every file under `folder`, at the path that its source names as `output`."""
    for path in sorted((HERE / "binaries" / "sources").iterdir()):
        source = read(path)
        target = folder / source.head["output"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(WRITERS[target.suffix](source))
        print(f"{path.name} -> {target}")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
