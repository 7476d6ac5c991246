"""Whatever a file's bytes went through, its words are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.parsing.encoding import decode

FRENCH = "Le café est fermé après la fête, déjà.\nRien d’autre — « voilà ».\n" * 3


@pytest.mark.parametrize("twice", ["cp1252", "latin-1"])
def test_text_that_was_decoded_wrongly_once_is_put_right(twice: str) -> None:
    plain = FRENCH.replace("à", "a") if twice == "cp1252" else FRENCH
    wrong = plain.encode().decode(twice, "replace")
    assert decode(wrong.encode()).replace("\xa0", " ") == plain


def test_what_speaks_of_such_text_is_left_alone() -> None:
    said = "Où « café » devient « cafÃ© », l’encodage déclaré était erroné.\n"
    assert decode(said.encode()) == said
    for name in ("São Paulo, Ã", "Â© is wrong, é and è and ü are not", "ÅÄÖ", "Ñandú Ðà"):
        assert decode(name.encode()) == name


def test_a_file_cut_in_the_middle_of_a_character_is_read() -> None:
    content = "Zürich".encode() + " und Genè".encode()
    for cut in (content[:-1], "日本語の文".encode()[:-1], "日本語の文".encode()[:-2], "ok 😀".encode()[:-1]):
        assert decode(cut) == cut.decode("utf-8", "ignore")


def test_a_few_stray_bytes_do_not_spoil_the_rest() -> None:
    assert decode("Grüße aus Köln, schöne ".encode() + b"Gr\xfc\xdfe") == "Grüße aus Köln, schöne Grüße"
    assert "größer" in decode("größer und höher als früher ".encode() + b"\xff\x81 x")


def test_another_encoding_is_still_recognised() -> None:
    text = "Сначала проверьте журнал событий, затем перезапустите службу и сообщите дежурному инженеру. " * 4
    assert decode(text.encode("cp1251")) == text
    assert decode(FRENCH.encode("cp1252"), media_type="text/plain; charset=windows-1252") == FRENCH


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x24F)))
def test_reading_twice_changes_nothing(text: str) -> None:
    once = decode(f"x {text}".encode())
    assert decode(once.encode()) == once
