"""`/v1/documents`: what is put is kept, searchable within a second, and readable by those who may; never lost."""

import base64
import json
import os
import re
import shlex
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from headwater.ledger.base import Block
from tests.serve.conftest import Node, eventually
from tests.serve.pushing import delete, found, project, put, text


@pytest.fixture(scope="module")
def served(shared: Node) -> Node:
    return shared


@pytest.fixture(scope="module")
def ingest(served: Node) -> str:
    return served.key("ingest")


@pytest.fixture(scope="module")
def search(served: Node) -> str:
    return served.key("search")


@pytest.fixture(scope="module")
def read(served: Node) -> str:
    return served.key("read")


def test_what_is_put_is_found_and_what_is_taken_back_is_not(served: Node, ingest: str, search: str, read: str) -> None:
    answer = put(served, "wiki/animals/quokka.md", ingest, content="# Quokka\n\nThe quokka smiles.\n")
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "accepted"
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    assert eventually(lambda: found(served, "quokka", search), seconds=20) == ["The quokka smiles."]
    state = served.get("/v1/documents/wiki/animals/quokka.md", read).json()
    assert (state["state"], state["searchable"], state["chunks"]) == ("searchable", True, 1)
    assert state["version"] == answer.json()["version"]
    assert state["epoch"] > 0
    assert "smiles" not in str(state)
    answers = [delete(served, "wiki/animals/quokka.md", ingest) for _ in range(2)]
    assert [(one.status_code, one.json()) for one in answers] == 2 * [(202, answers[0].json())]
    assert eventually(lambda: not found(served, "quokka", search), seconds=20)
    assert eventually(lambda: served.get("/v1/documents/wiki/animals/quokka.md", read).json()["state"] == "removed")
    assert delete(served, "wiki/never/was.md", ingest).status_code == 202


def test_it_can_be_waited_for(served: Node, ingest: str, search: str) -> None:
    for words in ("The numbat digs.", "The bilby digs."):
        answer = put(served, "wiki/wait.md?wait=true", ingest, json=text(words))
        assert (answer.status_code, answer.json()["state"]) == (200, "searchable"), answer.text
        assert found(served, "digs", search) == [words]
    gone = delete(served, "wiki/wait.md?wait=true", ingest)
    assert (gone.status_code, gone.json()["state"]) == (200, "removed")
    assert found(served, "digs", search) == []
    broken = put(served, "wiki/broken.pdf?wait=true", ingest, content=b"%PDF-1.7 and nothing more")
    assert (broken.status_code, broken.json()["state"]) == (200, "failed"), broken.text
    assert broken.json()["reason"]


def test_all_that_json_can_say(served: Node, ingest: str) -> None:
    said = {
        "title": "Leave", "content_base64": base64.b64encode(b"<h1>x</h1><p>The dunnart rests.</p>").decode(),
        "media_type": "text/html", "uri": "https://desk.example.com/7", "updated_at": "2026-03-01T12:00:00+01:00",
        "allow": ["group:staff"], "metadata": {"product": "People", "tags": ["leave"], "kind": "sop"},
    }  # fmt: skip
    assert put(served, "wiki/7?wait=true", ingest, json=said).json()["state"] == "searchable"
    asked = {"question": "dunnart", "as": ["group:staff"]}
    mighty = served.key("search", may_impersonate=True)
    passages = served.post("/v1/search", mighty, json=asked).json()["passages"]
    (passage,) = [one for one in passages if "dunnart" in one["text"]]
    assert (passage["title"], passage["uri"], passage["kind"]) == ("Leave", "https://desk.example.com/7", "sop")
    assert found(served, "dunnart", mighty, **{"as": ["public"]}) == []


def test_what_comes_as_bytes_can_say_something_too(served: Node, ingest: str, read: str, search: str) -> None:
    address = "wiki/bytes?title=Bytes&allow=public&deny=group:staff&wait=true"
    answer = put(served, address, ingest, content=b"The kowari hunts.", headers={"content-type": "text/plain"})
    assert answer.json()["state"] == "searchable", answer.text
    assert found(served, "kowari", search) == ["The kowari hunts."]
    staff = served.key("search", principals=("group:staff",))
    assert found(served, "kowari", staff) == []


# readers --------------------------------------------------------------------------------------------------


def test_readers_that_nobody_named_are_nobody_and_this_is_said(served: Node, ingest: str, read: str) -> None:
    mighty = served.key("search", may_impersonate=True)
    answer = put(served, "desk/closed.md", ingest, content="# Closed\n\nThe mulgara waits.\n")
    assert answer.status_code == 202
    assert "nobody may read this" in str(answer.json()["findings"])
    put(served, "desk/wider.md", ingest, json={**text("The mulgara runs."), "allow": ["group:staff"]})
    state = eventually(
        lambda: (found := served.get("/v1/documents/desk/closed.md", read).json())["state"] == "searchable" and found
    )
    assert "nobody may read this" in str(state["findings"])
    assert eventually(lambda: served.get("/v1/documents/desk/wider.md", read).json()["state"] == "searchable")
    for readers in ([], ["public"], ["group:staff"]):
        assert found(served, "mulgara", mighty, **{"as": readers}) == []


def test_fewer_readers_go_before_everything_else(served: Node, ingest: str, search: str) -> None:
    assert put(served, "wiki/open.md?wait=true", ingest, json=text("The potoroo hops.")).status_code == 200
    assert found(served, "potoroo", search)
    closing = {**text("The potoroo hops."), "allow": ["group:staff"]}
    assert put(served, "wiki/open.md", ingest, json=closing).status_code == 202
    row = next((row for row in served.inbox.rows() if row.document == "open.md"), None)
    assert row is None or row.access, "done already, or ahead of all others"
    assert eventually(lambda: not found(served, "potoroo", search), seconds=20)


def test_what_a_person_took_out_stays_out(served: Node, ingest: str, search: str) -> None:
    served.ledger.block(Block("wiki", "blocked.md", "a letter", datetime.now(UTC)))
    answer = put(served, "wiki/blocked.md?wait=true", ingest, json=text("The wallaroo leaps."))
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (200, "blocked", "a letter")
    assert found(served, "wallaroo", search) == []
    assert served.ledger.unblock("wiki", "blocked.md")
    assert put(served, "wiki/blocked.md?wait=true", ingest, json=text("The wallaroo leaps.")).json()["searchable"]


@pytest.mark.parametrize(
    ("name", "sent", "status"),
    [
        ("wiki/a.md", {"json": {"content": "x", "allow": ["everyone"]}}, 422),
        ("wiki/a.md", {"json": {"content": "x", "allow": ["group:unheard"]}}, 422),
        ("wiki/a.md", {"json": {"content": "x", "content_base64": "eA=="}}, 422),
        ("wiki/a.md", {"json": {"content_base64": "?"}}, 422),
        ("wiki/a.md", {"json": {"content": "x", "unknown": 1}}, 422),
        ("wiki/a.md", {"json": {"content": "x", "metadata": {"access": "public"}}}, 422),
        ("wiki/a.md", {"json": {"content": "x", "uri": "javascript:alert(1)"}}, 422),
        ("wiki/a.md", {"json": {"content": "x", "updated_at": "2026-03-01T12:00:00"}}, 422),
        ("wiki/a.md?title=x", {"json": {"content": "x"}}, 422),
        ("wiki/a.md?unknown=x", {"content": b"x"}, 422),
        ("wiki/a.exe", {"content": b"x"}, 415),
        ("wiki/a.md", {"content": b"x", "headers": {"content-type": "image/png"}}, 415),
        ("wiki/a.docx", {"content": b"no zip file"}, 422),
        ("wiki/a%00.md", {"content": b"x"}, 422),
        ("wiki/a//b.md", {"content": b"x"}, 422),
        ("desk/drafts/a.md", {"content": b"x"}, 422),
        ("wiki/a.md", {"content": b"x" * (2 * 2**20 + 1)}, 413),
        ("docs/0.md", {"content": b"x"}, 409),
        ("nowhere/0.md", {"content": b"x"}, 404),
    ],
)
def test_what_cannot_be_kept_is_refused(
    served: Node, ingest: str, name: str, sent: dict[str, Any], status: int
) -> None:
    before = served.ledger.pushed_names()
    answer = put(served, name, ingest, **sent)
    assert (answer.status_code, answer.json().keys()) == (status, {"error", "advice"}), answer.text
    assert served.ledger.pushed_names() == before


def test_without_the_scope_nothing_is_learned(served: Node) -> None:
    other = served.key("search", "read", "administer")
    for name in ("wiki/a.md", "docs/0.md", "nowhere/0.md"):
        assert [put(served, name, key, content=b"x").status_code for key in ("", other)] == [401, 403]
        assert [delete(served, name, key).status_code for key in ("", other)] == [401, 403]
        assert served.get(f"/v1/documents/{name}", served.key("ingest")).status_code == 403
    assert len({put(served, name, other, content=b"x").text for name in ("wiki/a.md", "docs/0", "no/0")}) == 1


# order ----------------------------------------------------------------------------------------------------


def test_conditions(served: Node, ingest: str) -> None:
    name = "wiki/conditions.md"
    first = put(served, name, ingest, content=b"One.", headers={"if-none-match": "*"})
    assert first.status_code == 202
    tag = first.headers["etag"]
    assert put(served, name, ingest, content=b"Two.", headers={"if-none-match": "*"}).status_code == 412
    assert put(served, name, ingest, content=b"Two.", headers={"if-match": '"other"'}).status_code == 412
    assert put(served, name, ingest, content=b"Two.", headers={"if-match": f"W/{tag}"}).status_code == 412
    second = put(served, name, ingest, content=b"Two.", headers={"if-match": f'"other", {tag}'})
    assert second.status_code == 202
    assert second.headers["etag"] != tag
    assert put(served, name, ingest, content=b"Two.").headers["etag"] == second.headers["etag"]
    assert delete(served, name, ingest, headers={"if-match": tag}).status_code == 412
    assert delete(served, name, ingest, headers={"if-match": "*"}).status_code == 202
    assert delete(served, name, ingest, headers={"if-match": "*"}).status_code == 412


def test_what_was_overtaken_is_refused(served: Node, ingest: str) -> None:
    name = "wiki/order.md"
    assert put(served, name, ingest, json={**text("Two."), "sequence": 2}).status_code == 202
    late = put(served, name, ingest, json={**text("One."), "sequence": 1})
    assert (late.status_code, late.json()["advice"]) == (409, "Nothing is to be done.")
    assert put(served, name, ingest, json={**text("Two."), "sequence": 2}).status_code == 202
    assert delete(served, f"{name}?sequence=1", ingest).status_code == 409
    assert delete(served, f"{name}?sequence=3", ingest).status_code == 202
    assert put(served, name, ingest, json={**text("Two."), "sequence": 2}).status_code == 409
    assert put(served, name, ingest, json={**text("Four."), "sequence": 4}).status_code == 202
    dated = "wiki/dated.md"
    assert put(served, dated, ingest, json={**text("x"), "updated_at": "2026-03-01T12:00:00Z"}).status_code == 202
    assert put(served, dated, ingest, json={**text("y"), "updated_at": "2026-03-01T12:59:00+01:00"}).status_code == 409


# runs -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_was_answered_202_survives_a_kill(tmp_path: Path) -> None:
    node = project(tmp_path)
    node.environment |= {"HEADWATER_SERVE__DEBOUNCE": "6", "HEADWATER_SERVE__MAX_WAIT": "6"}
    try:
        ingest, search = node.key("ingest"), node.key("search")
        node.start()
        assert put(node, "wiki/kept.md", ingest, content=b"# Kept\n\nThe ningaui sleeps.\n").status_code == 202
        node.kill()
        assert [row.document for row in node.inbox.rows()] == ["kept.md"]
        assert node.ledger.pushed_versions("wiki").keys() == {"kept.md"}
        node.start()
        assert eventually(lambda: found(node, "ningaui", search), seconds=40)
    finally:
        node.close()


def test_who_did_what_is_on_the_account(served: Node, ingest: str) -> None:
    put(served, "wiki/deed.md", ingest, content=b"x")
    delete(served, "wiki/deed.md", ingest)
    who = ingest.split("_")[1]
    deeds = [(deed.what, deed.target) for deed in served.ledger.deeds(who, limit=2)]
    assert deeds == [("document taken back", "wiki/deed.md"), ("document put", "wiki/deed.md")]
    assert time.time() - served.ledger.deeds(who, limit=1)[0].at.timestamp() < 60


def test_every_command_of_the_page_does_what_it_says(
    served: Node, ingest: str, read: str, search: str, repository: Path
) -> None:
    page = (repository / "docs" / "api.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    commands = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(commands) >= 10
    named = {"URL": served.url, "INGEST": ingest, "READ": read, "SEARCH": search}
    answered: dict[str, Any] = {}
    for command in commands:
        if command.startswith("headwater "):
            config = ["--config", str(served.folder / "headwater.toml"), "--home", str(served.home)]
            assert run([*shlex.split(command)[1:], *config]) == 0, command
            continue
        ran = subprocess.run(command, shell=True, env={**os.environ, **named}, capture_output=True, text=True)
        assert ran.returncode == 0, command
        answered[command] = json.loads(ran.stdout)
        assert "error" not in answered[command], (command, ran.stdout)
    states = [one["state"] for one in answered.values() if "state" in one]
    assert states == ["searchable", "searchable"]
    shown = json.loads(re.findall(r"```json\n(\{\"source.*?)```", page, re.DOTALL)[0])
    assert any(one.keys() == shown.keys() for one in answered.values())
    routes = set(served.get("/openapi.json").json()["paths"])
    told = {re.sub(r"\{.*?\}", "{}", route) for route in routes}
    assert {re.sub(r"\{.*?\}", "{}", path) for path in re.findall(r"`(?:GET |POST )?(/[a-z][^`?]*)", page)} >= told
