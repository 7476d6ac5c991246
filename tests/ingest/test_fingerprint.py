"""A stored fingerprint can be checked alone, and changes with each of its parts."""

import pytest

from headwater.ingest.fingerprint import fingerprints, is_current


def made(parser: str = "p1", chunker: str = "c1", embedding: str = "e1") -> str:
    return fingerprints(lambda _: parser, lambda _: chunker, embedding)("text/html", "help")


def test_a_stored_fingerprint_is_current_while_nothing_changed() -> None:
    fingerprint = fingerprints(lambda media: f"parser of {media}", lambda kind: f"chunker of {kind}", "model")
    for media_type, kind in (("text/html", "help"), ("text/markdown", "sop")):
        assert is_current(fingerprint(media_type, kind), fingerprint)


@pytest.mark.parametrize("changed", [{"parser": "p2"}, {"chunker": "c2"}, {"embedding": "e2"}])
def test_each_part_changes_it(changed: dict[str, str]) -> None:
    parts = {"parser": "p1", "chunker": "c1", "embedding": "e1"} | changed
    now = fingerprints(lambda _: parts["parser"], lambda _: parts["chunker"], parts["embedding"])
    assert not is_current(made(), now)


def test_a_parser_of_another_format_does_not_matter() -> None:
    old = fingerprints(lambda media: {"text/html": "h1", "application/pdf": "p1"}[media], lambda _: "c", "e")
    new = fingerprints(lambda media: {"text/html": "h1", "application/pdf": "p2"}[media], lambda _: "c", "e")
    assert is_current(old("text/html", "help"), new)
    assert not is_current(old("application/pdf", "help"), new)


@pytest.mark.parametrize("stored", ["", "unread", "text/html help"])
def test_what_is_no_fingerprint_is_never_current(stored: str) -> None:
    assert not is_current(stored, fingerprints(lambda _: "p", lambda _: "c", "e"))
