"""Documents that tests of single pages put into the served project, beside what is there."""

import textwrap

from headwater.ledger.waiting import Ask
from tests.dashboard.conftest import Served

SOURCE = "help-center"
SCRIPT = "<script>document.title='taken'</script>"
IMAGE = "<img src=x onerror=\"document.title='taken'\">"


def put(served: Served, id: str, text: str) -> None:
    """Write it (its text may be indented), and have the node look at it; returns when it is searchable."""
    path = served.folder / "help" / id
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    served.inbox.receive(SOURCE, "", [Ask(source=SOURCE, document=id, reason="a test wrote it")])
    served.node.worker.wake()
    ledger = served.node.opened.ledger
    assert served.eventually(lambda: ledger.document(ledger.generation(), SOURCE, id) is not None), id


def hostile(served: Served) -> str:
    """A document whose title, metadata, headings and text attack whoever shows them."""
    id = 'hostile/<b>bold</b> & "quoted".md'
    put(
        served,
        id,
        f"""\
        ---
        title: "{SCRIPT} and {IMAGE.replace('"', "'")}"
        description: "</td></table>{SCRIPT}"
        tags: ["{SCRIPT}", "</title>"]
        ---
        # A heading with `{SCRIPT}`

        Wombats read `{IMAGE}` and `</div></main>{SCRIPT}`.

        ```html
        {SCRIPT}
        <style>body {{ display: none }}</style>
        ```
        """,
    )
    return id
