"""Each line says what it is about, and none tells what is in a document, what was asked, or a secret."""

import json
import logging

import httpx
import pytest

from app.http.log_lines import JsonLines
from headwater import tracing
from headwater.errors import TransientSourceError
from tests.serve.conftest import SECRET, Node, eventually, signed
from tests.serve.pushing import delete, put

PRIVATE = ("okapi", "tamarin", "kinkajou", "pangolin", "fossa", "tarsier", "aye-aye", "galago", "potto", "loris")
"""Each stands where nothing of it may be seen."""


@pytest.fixture(scope="module")
def served(shared: Node) -> Node:
    shared.write("private.md", "---\ntitle: The okapi\naccess: [tamarin]\n---\n# One\n\nThe kinkajou is back.\n")
    shared.write("broken.pdf", "%PDF-1.7 the pangolin, and nothing more")
    return shared


def test_a_whole_session_tells_nothing(served: Node) -> None:
    search, ingest, read = served.key("search"), served.key("ingest"), served.key("read")
    assert served.tell("private.md", "broken.pdf", "gone.md", id="in the log").status_code == 202
    served.found("where is the fossa", search)
    served.get("/v1/search", search, params={"question": "where is the fossa"})
    served.post("/v1/search", search, json={"question": "where is the fossa", "filter": ["tarsier"]})
    served.post("/v1/search", search, json={"question": "", "fossa": 1})
    served.get("/v1/status", "hwk_000000000000_" + "galago" * 7 + "g")
    said = {"content": "The aye-aye is here.", "title": "The aye-aye", "metadata": {"author": "A potto"}}
    assert (
        put(served, "wiki/logged/put.md?wait=true", ingest, json=said | {"media_type": "text/plain"}).status_code == 200
    )
    put(served, "wiki/logged/put.md", ingest, json=said | {"allow": ["loris"]})
    put(served, "wiki/logged/put.pdf?wait=true", ingest, content=b"%PDF-1.7 the pangolin")
    delete(served, "wiki/logged/put.md?wait=true", ingest)
    body, headers = signed({"ids": ["the potto"]}, secret="a galago")
    httpx.post(f"{served.url}/webhooks/docs", content=body, headers=headers)
    assert served.get("/metrics", read).status_code == 200
    body, headers = signed({"type": "everything"}, id="whole")
    assert served.tell(id="nothing").status_code == 202
    assert eventually(lambda: not [row for row in served.inbox.rows() if row.state == "waiting"])
    written = (served.folder / "serve.log").read_text()
    assert len(served.log) > 15
    for word in (
        *PRIVATE,
        SECRET,
        *(key.split("_", 2)[2] for key in (search, ingest, read)),
        headers["webhook-signature"],
    ):
        assert word not in written, word


def test_each_line_says_what_it_is_about(served: Node) -> None:
    assert served.tell("private.md", "broken.pdf", id="about").status_code == 202
    assert eventually(
        lambda: {"private.md", "broken.pdf"} <= {line.get("document") for line in _about(served, "about")}
    )
    lines = _about(served, "about")
    for line in lines:
        assert line["source"] == "docs"
        assert line["logger"].startswith("headwater.")
    (done,) = [line for line in lines if line.get("document") == "private.md" and "run" in line]
    assert (done["indexed"], done["removed"]) == (0, 0)
    requests = [line for line in served.log if line["message"] == "a request"]
    assert {"method", "path", "answered", "seconds"} <= requests[-1].keys()


def _about(node: Node, delivery: str) -> list[dict[str, object]]:
    return [line for line in node.log if line.get("delivery") == delivery]


# a line -----------------------------------------------------------------------------------------------------


def line(error: BaseException | None = None, **extra: object) -> dict[str, object]:
    record = logging.getLogger("headwater.test").makeRecord(
        "headwater.test", logging.ERROR, __file__, 1, "a fault", (), None, extra=extra
    )
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    written = JsonLines().format(record)
    assert len(written.splitlines()) == 1
    found: dict[str, object] = json.loads(written)
    return found


def test_a_fault_says_where_and_not_what_a_library_said() -> None:
    try:
        try:
            raise ValueError("the okapi")
        except ValueError as error:
            raise TransientSourceError("the wiki is slow") from error
    except TransientSourceError as error:
        found = str(line(error)["traceback"])
    assert "okapi" not in found.replace('raise ValueError("the okapi")', "")
    assert "builtins.ValueError" in found
    assert "TransientSourceError: the wiki is slow" in found
    assert __file__ in found


def test_what_all_of_it_is_about_is_on_every_line() -> None:
    with tracing.about(run="r1", source="docs"), tracing.about(document="a.md"):
        assert {"run": "r1", "source": "docs", "document": "a.md"}.items() <= line().items()
        assert line(document="b.md")["document"] == "b.md"
    assert "run" not in line()


def test_a_name_with_an_end_of_line_in_it_is_one_line() -> None:
    name = "a\u2028b\x85c\nd\u2029.md"
    assert line(document=name)["document"] == name
