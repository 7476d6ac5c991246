"""Who may do what over HTTP: signatures, keys and their scopes, limits; one process for all of it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serve.conftest import CONFIGURATION, SECRET, Node, eventually, signed


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Ingested and up; a public article, and a handbook for staff."""
    folder = tmp_path_factory.mktemp("served")
    for name in ("docs", "handbook"):
        (folder / name).mkdir()
    limit = "\n[serve]\nmax_body_mb = 1\nrequests_per_minute = 40\n"
    (folder / "headwater.toml").write_text(CONFIGURATION + limit, encoding="utf-8")
    node = Node(folder)
    node.write("public.md", "# Public\n\nThe wombat is for everyone.\n")
    (folder / "handbook" / "salaries.md").write_text("# Salaries\n\nThe ocelot earns most.\n", encoding="utf-8")
    try:
        assert node.beside("ingest", "--direct").returncode == 0
        node.start()
        yield node
    finally:
        node.close()


# webhooks -------------------------------------------------------------------------------------------------


def test_what_is_not_authentic_teaches_nothing(served: Node) -> None:
    body, good = signed({"ids": ["public.md"]})
    _, forged = signed({"ids": ["public.md"]}, secret="another secret")
    _, late = signed({"ids": ["public.md"]}, stamp=int(time.time()) - 3600)
    tries = [("docs", {}), ("docs", forged), ("docs", late), ("nowhere", {}), ("nowhere", good), ("nowhere", forged)]
    answers = []
    for source, headers in tries:
        began = time.monotonic()
        answer = httpx.post(f"{served.url}/webhooks/{source}", content=body, headers=headers)
        answers.append((answer.status_code, answer.text, sorted({*answer.headers} - {"date"})))
        assert time.monotonic() - began >= 0.25
    assert {(code, text) for code, text, _ in answers} == {(401, '{"error":"not authentic","advice":""}')}
    assert len({tuple(names) for _, _, names in answers}) == 1
    assert served.inbox.rows() == []
    # A body that was changed on its way.
    assert httpx.post(f"{served.url}/webhooks/docs", content=body + b" ", headers=good).status_code == 401


def test_what_is_authentic_but_not_understood_is_refused(served: Node) -> None:
    body, headers = signed({"ids": [{"no": "id"}]})
    assert httpx.post(f"{served.url}/webhooks/docs", content=body, headers=headers).status_code == 400
    ignored = served.tell()
    assert (ignored.status_code, ignored.json()["status"]) == (202, "ignored")


def test_a_body_has_a_limit(served: Node) -> None:
    body, headers = signed({"ids": ["public.md"], "more": "x" * (1 << 20)})
    assert httpx.post(f"{served.url}/webhooks/docs", content=body, headers=headers).status_code == 413
    parts = (b"x" * 100_000 for _ in range(20))  # without a stated length
    assert httpx.post(f"{served.url}/webhooks/docs", content=parts, headers=headers).status_code == 413


# keys -----------------------------------------------------------------------------------------------------


def test_each_key_sees_what_its_principals_may(served: Node) -> None:
    public, staff = served.key("search"), served.key("search", principals=("group:staff",))
    assert not any("ocelot" in text for text in served.found("who earns most", public))
    assert any("ocelot" in text for text in served.found("who earns most", staff))
    assert any("wombat" in text for text in served.found("wombat", public))
    by_address = served.get("/v1/search", staff, params={"question": "who earns most", "limit": 1})
    assert "ocelot" in by_address.json()["passages"][0]["text"]


def test_an_answer_is_that_of_the_command(served: Node) -> None:
    key = served.key("search")
    printed = json.loads(served.beside("search", "wombat", "--json").stdout)
    answered = served.post("/v1/search", key, json={"question": "wombat"}).json()
    assert answered == printed
    filtered = {"question": "wombat", "filter": ["product=nonesuch"]}
    assert served.post("/v1/search", key, json=filtered).json()["passages"] == []


def test_nobody_becomes_somebody_else_by_asking(served: Node) -> None:
    public = served.key("search")
    mighty = served.key("search", may_impersonate=True)
    asked = {"question": "who earns most", "as": ["group:staff"]}
    assert served.post("/v1/search", public, json=asked).status_code == 403
    asked_by_address = served.get("/v1/search?question=x&as=group:staff", public)
    assert asked_by_address.status_code == 403
    assert "ocelot" in served.post("/v1/search", mighty, json=asked).text
    assert "ocelot" not in served.post("/v1/search", mighty, json={**asked, "as": []}).text
    deeds = [(deed.what, deed.target) for deed in served.ledger.deeds()]
    assert ("refused", "search as group:staff") in deeds
    assert ("search as", "group:staff") in deeds


@pytest.mark.parametrize("path", ["/v1/search?question=x", "/v1/status"])
def test_a_key_is_needed_and_for_this(served: Node, path: str) -> None:
    scope = "search" if "search" in path else "read"
    others = [one for one in ("ingest", "search", "read", "administer") if one != scope]
    assert served.get(path).status_code == 401
    assert served.get(path, "hwk_000000000000_" + 43 * "x").status_code == 401
    assert served.get(path, served.key(*others)).status_code == 403
    key = served.key(scope)
    assert served.get(path, key).status_code == 200
    assert served.beside("keys", "revoke", key.split("_")[1]).returncode == 0
    assert served.get(path, key).status_code == 401


def test_a_key_has_a_rate(served: Node) -> None:
    key, other = served.key("search"), served.key("search")
    answers = [served.get("/v1/search?question=", key) for _ in range(45)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) > 0
    assert served.get("/v1/search?question=x", other).status_code == 200


def test_mistakes_are_the_askers_and_are_not_repeated(served: Node) -> None:
    key = served.key("search")
    for wrong in ({}, {"question": ""}, {"question": "secret words", "limit": 0}, {"question": "x", "unknown": 1}):
        answer = served.post("/v1/search", key, json=wrong)
        assert (answer.status_code, answer.json().keys()) == (422, {"error", "advice"})
        assert "secret words" not in answer.text
    for wrong in ({"question": "x", "filter": ["nonsense"]}, {"question": "x", "as": ["nobody"]}):
        assert served.post("/v1/search", key, json=wrong).status_code == 400
    assert served.get("/nowhere").json() == {"error": "there is nothing here", "advice": ""}
    assert served.post("/v1/search", key, content=b"{").status_code == 422


# what it says of itself -----------------------------------------------------------------------------------


def test_status_and_health(served: Node) -> None:
    status = served.get("/v1/status", served.key("read")).json()
    assert {one["source"]: one["documents"] for one in status["status"]["sources"]} == {"docs": 1, "handbook": 1}
    assert status["inbox"].keys() == {"waiting", "working", "dead", "oldest"}
    assert served.get("/health/live").json()["ok"]
    ready = served.get("/health/ready").json()
    assert ready == {
        "ok": True,
        "checks": {"index": "ok", "ledger": "ok", "model": "ok", "inbox": "ok", "schedules": "off"},
    }
    paths = served.get("/openapi.json").json()["paths"]
    assert {"/webhooks/{source}", "/v1/search", "/v1/status", "/health/live", "/health/ready"} <= paths.keys()


def test_the_log_names_and_never_tells(served: Node) -> None:
    key = served.key("search")
    served.found("a very private question", key)
    served.get("/v1/search", key, params={"question": "another private question"})
    assert served.tell("public.md", id="in the log").status_code == 202
    assert eventually(lambda: any("run" in line for line in served.log))
    written = (served.folder / "serve.log").read_text()
    (line,) = [line for line in served.log if line.get("delivery") == "in the log" and "run" in line]
    assert (line["source"], line["document"], line["logger"]) == ("docs", "public.md", "headwater.worker")
    for secret in ("private question", "wombat is for", "ocelot", SECRET, key.split("_", 2)[2]):
        assert secret not in written


def test_it_listens_wider_only_with_keys(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "handbook").mkdir()
    (tmp_path / "headwater.toml").write_text(CONFIGURATION, encoding="utf-8")
    node = Node(tmp_path)
    refused = node.beside("serve", "--no-prefect", "--port", "0", "--host", "0.0.0.0")
    assert refused.returncode == 2
    assert "only when there are keys" in " ".join(refused.stderr.split())
    node.key("search")
    try:
        node.start("--no-prefect", "--host", "0.0.0.0")
        assert node.url.startswith("http://0.0.0.0:")
    finally:
        node.close()
