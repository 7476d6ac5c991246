"""The committed office files are what their readable sources say."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pypdfium2
import pytest
import yaml

FILES = sorted(
    yaml.safe_load(source.read_text(encoding="utf-8").removeprefix("---\n").split("\n---\n")[0])["output"]
    for source in (Path(__file__).resolve().parents[2] / "examples" / "binaries" / "sources").iterdir()
)
ADVICE = "run examples/make_binaries.py and commit what it writes"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Path:
    """A folder with every file written anew."""
    folder = tmp_path_factory.mktemp("binaries")
    subprocess.run([sys.executable, str(examples / "make_binaries.py"), str(folder)], check=True, capture_output=True)
    return folder


def parts(path: Path) -> dict[str, bytes]:
    """Uncompressed, so that another zlib makes no difference; a PDF is one part, and is not compressed."""
    if path.suffix == ".pdf":
        return {"": path.read_bytes()}
    with zipfile.ZipFile(path) as archive:
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
        return {part: archive.read(part) for part in archive.namelist()}


@pytest.mark.parametrize("file", FILES)
def test_writing_again_gives_the_same_file(file: str, examples: Path, written: Path) -> None:
    committed, new = parts(examples / file), parts(written / file)
    assert list(committed) == list(new)
    assert [part for part in new if committed[part] != new[part]] == [], ADVICE


def test_every_office_file_has_a_source(examples: Path) -> None:
    office = {".docx", ".xlsx", ".pptx", ".pdf"}
    found = [path for path in (examples / "sops").rglob("*") if path.suffix in office]
    assert sorted(path.relative_to(examples).as_posix() for path in found) == FILES


def test_the_pdf_has_pages_an_outline_and_fifteen_steps(examples: Path) -> None:
    document = pypdfium2.PdfDocument(examples / "sops/sre/sop-009-region-failover.pdf")
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    assert len(document) == 2
    assert "Procedure: back" in [entry.get_title() for entry in document.get_toc()]
    assert all(f"\n{step}." in text.replace("\r", "") for step in range(1, 16))
    assert "Events from before <time> may be late" in text
    document.close()
