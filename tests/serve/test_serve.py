"""What was announced is searchable soon, and never lost; the process ends in good order."""

import signal
import time

import pytest

from tests.serve.conftest import Node, eventually


def test_what_is_announced_is_searchable_soon(node: Node) -> None:
    key = node.key("search")
    node.start()
    node.write("0.md", "# Article 0\n\nAbout the quokka.\n")
    answer = node.tell("0.md")
    assert (answer.status_code, answer.json()["documents"]) == (202, 1)
    assert eventually(lambda: any("quokka" in text for text in node.found("quokka", key)), seconds=10)
    (node.docs / "0.md").unlink()
    assert node.tell("0.md").status_code == 202
    assert eventually(lambda: not any("quokka" in text for text in node.found("quokka", key)), seconds=10)
    assert eventually(lambda: not node.inbox.rows())


def test_a_delivery_that_comes_again_is_not_worked_on_again(node: Node) -> None:
    node.start()
    assert node.tell("0.md", id="once").json()["status"] == "accepted"
    assert eventually(lambda: not node.inbox.rows())
    again = node.tell("0.md", id="once")
    assert (again.status_code, again.json()["status"]) == (202, "duplicate")
    assert node.inbox.rows() == []


def test_what_was_answered_202_survives_a_kill(node: Node) -> None:
    key = node.key("search")
    node.environment |= {"HEADWATER_SERVE__DEBOUNCE": "4", "HEADWATER_SERVE__MAX_WAIT": "4"}
    node.start()
    node.write("1.md", "# Article 1\n\nAbout the axolotl.\n")
    assert node.tell("1.md").status_code == 202
    node.kill()
    (row,) = node.inbox.rows()
    assert (row.source, row.document) == ("docs", "1.md")
    node.start()
    assert eventually(lambda: any("axolotl" in text for text in node.found("axolotl", key)), seconds=40)
    assert eventually(lambda: not node.inbox.rows())


def test_a_flood_makes_bounded_work(node: Node) -> None:
    key = node.key("search")
    for number in range(20):
        node.write(f"{number}.md", f"# Article {number}\n\nAs it was, number {number}.\n")
    node.start()
    for turn in range(25):
        for number in range(20):
            node.write(f"{number}.md", f"# Article {number}\n\nNumber {number}, turn{turn}.\n")
            assert node.tell(f"{number}.md").status_code == 202
    assert eventually(lambda: not node.inbox.rows(), seconds=60)
    looked = [line for line in node.log if line["message"] == "looked at what was announced"]
    assert 20 <= len(looked) < 250
    assert all("turn24" in text for text in node.found("turn24", key))
    assert len(node.found("turn24", key)) == 20


def test_it_ends_in_good_order_while_it_works(node: Node) -> None:
    node.start()
    for number in range(80):
        node.write(f"more-{number}.md", f"# More {number}\n\nThis is one more article, number {number}.\n")
    assert node.tell(*(f"more-{number}.md" for number in range(80))).status_code == 202
    assert eventually(lambda: node.ledger.count("g1", "docs") > 3)
    began = time.monotonic()
    assert node.end() == 0
    assert time.monotonic() - began < 30
    ledger = node.ledger
    assert ledger.holders() == []
    assert ledger.open_publications() == []
    done = ledger.count("g1", "docs")
    assert done < 80
    assert len(node.inbox.rows()) == 80 - done
    assert all(row.token is None for row in node.inbox.rows())
    key = node.key("search")
    node.start()
    assert eventually(lambda: not node.inbox.rows(), seconds=60)
    assert node.ledger.count("g1", "docs") == 80
    assert node.found("number 17", key)


def test_only_one_serves_a_state_folder(node: Node) -> None:
    node.start()
    second = node.beside("serve", "--no-prefect", "--port", "0")
    assert second.returncode == 1
    assert "another headwater serve has this state folder" in " ".join(second.stderr.split())
    assert node.get("/health/live").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_when_it_has_nothing_to_do(node: Node, number: int) -> None:
    node.start()
    assert node.end(number, seconds=15) == 0
    assert node.log[-1]["message"] == "ended"
