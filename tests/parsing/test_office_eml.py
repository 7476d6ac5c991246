"""Mail messages: headers to metadata, plain and HTML bodies."""

from email.message import EmailMessage
from typing import Any

import pytest

from headwater.errors import BrokenFileError
from headwater.model import BlockKind

K = BlockKind
Parse = Any

PLAIN = """Hello all,

please rotate the key before Friday. It is easy, and
this line goes on from the one before.

1. Open the console
2. Press "Rotate"

Warning: old keys stop working at once.
"""
HTML = """<html><body><h2>What to do</h2><p>Please rotate the key.</p>
<ol><li>Open the console<ul><li>as admin</li></ul></li><li>Press Rotate</li></ol>
<table><tr><th>Key</th><th>Age</th></tr><tr><td>a</td><td>3</td></tr></table><pre>curl -X POST</pre></body></html>"""


def message(html: str = "") -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = "Rotating the API key – süd"
    made["From"] = "Ana <ana@example.com>"
    made["To"] = "ops@example.com"
    made["Date"] = "Tue, 02 Jan 2024 10:00:00 +0100"
    made.set_content(PLAIN)
    if html:
        made.add_alternative(html, subtype="html")
    return made


def test_plain_text(parse_file: Parse) -> None:
    found = parse_file("mail.eml", message().as_bytes())
    assert [(b.kind, b.ordinal, b.text) for b in found.blocks] == [
        (K.HEADING, "", "Rotating the API key – süd"),
        (K.PARAGRAPH, "", "Hello all,"),
        (
            K.PARAGRAPH,
            "",
            "please rotate the key before Friday. It is easy, and this line goes on from the one before.",
        ),
        (K.STEP, "1", "Open the console"),
        (K.STEP, "2", 'Press "Rotate"'),
        (K.ADMONITION, "", "Warning: old keys stop working at once."),
    ]
    assert found.meta["author"] == "Ana <ana@example.com>"
    assert found.meta["subject"] == "Rotating the API key – süd"
    assert found.meta["date"] == "2024-01-02T09:00:00+00:00"


def test_html_body_and_attachments(parse_file: Parse) -> None:
    made = message(HTML)
    made.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="report.pdf")
    found = parse_file("mail.eml", made.as_bytes())
    assert [(b.kind, b.level, b.ordinal, b.text.split("\n")[0]) for b in found.blocks] == [
        (K.HEADING, 1, "", "Rotating the API key – süd"),
        (K.HEADING, 3, "", "What to do"),
        (K.PARAGRAPH, 0, "", "Please rotate the key."),
        (K.STEP, 0, "1", "Open the console"),
        (K.LIST_ITEM, 1, "", "as admin"),
        (K.STEP, 0, "2", "Press Rotate"),
        (K.TABLE, 0, "", "| Key | Age |"),
        (K.CODE, 0, "", "curl -X POST"),
        (K.PARAGRAPH, 0, "", "Attachments: report.pdf"),
    ]
    assert found.blocks[6].header_rows == 1
    assert found.meta["attachments"] == ("report.pdf",)


def test_what_is_no_message(parse_file: Parse) -> None:
    with pytest.raises(BrokenFileError, match="no mail message"):
        parse_file("mail.eml", b"just some words without any header\n")


@pytest.mark.parametrize("charset", ["nonsense", "hex", "rot13", "idna", "utf-8"])
def test_a_charset_that_is_none_or_not_the_one_used(parse_file: Parse, charset: str) -> None:
    header = f"Subject: T\nContent-Type: text/plain; charset={charset}\n\n".encode()
    blocks = parse_file("a.eml", header + b"The caf\xe9 is open, the men\xfc is new.\n").blocks
    assert blocks[-1].text == "The café is open, the menü is new."


def texts(parse_file: Parse, plain: str, html: str = "") -> list[str]:
    made = EmailMessage()
    made["Subject"] = "Re: Key"
    made.set_content(plain)
    if html:
        made.add_alternative(html, subtype="html")
    return [b.text for b in parse_file("mail.eml", made.as_bytes()).blocks[1:]]


QUOTED = "On Monday, Bob <b@example.com>\nwrote:\n> Shall we rotate\n> the key?\n> \n> It is old.\n"


@pytest.mark.parametrize("mail", [f"Yes, on Friday.\n-- \nAna\n\n{QUOTED}", f"{QUOTED}\nYes, on Friday.\n\n-- \nAna\n"])
def test_the_answer_comes_before_what_it_answers(parse_file: Parse, mail: str) -> None:
    assert texts(parse_file, mail) == [
        "Yes, on Friday.",
        "Ana",
        "> On Monday, Bob <b@example.com> wrote:",
        "> Shall we rotate the key?",
        "> It is old.",
    ]


def test_answers_between_quotations_stay_there(parse_file: Parse) -> None:
    assert texts(parse_file, "> Shall we?\n\nYes.\n\n> When?\n\nFriday.\n") == [
        "> Shall we?",
        "Yes.",
        "> When?",
        "Friday.",
    ]


def test_hidden_html_is_out_and_counted_and_links_are_kept(parse_file: Parse) -> None:
    html = (
        '<div style="display:none">A preheader nobody sees</div><blockquote type="cite"><p>Shall we?</p></blockquote>'
        '<p>Please <a href="https://example.com/k">rotate</a> it.</p><span style="font-size:0">dust</span>'
    )
    made = message(html)
    found = parse_file("mail.eml", made.as_bytes())
    assert [b.text for b in found.blocks[1:]] == ["Please rotate it.", "Shall we?"]
    assert found.blocks[1].links == (("rotate", "https://example.com/k"),)
    assert [(s.what, s.words) for s in found.stripped] == [("hidden text", 5)]
