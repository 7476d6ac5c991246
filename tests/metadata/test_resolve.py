"""Of several statements about a document, the one made nearest to it counts, and every value says where it is from."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.metadata.origins import ORIGINS, Level, origin, origins_of, rank, read, written
from headwater.metadata.policy import MetadataPolicy, lacking
from headwater.metadata.resolve import merged, resolved
from headwater.model import PUBLIC, SOP, Block, BlockKind, Document, MetaValue, RawDocument

POLICY = MetadataPolicy()
SENTENCES = (
    "To rotate the key, open the settings and choose the key that you want to rotate. The old key is valid for a day."
)
GERMAN = (
    "Öffnen Sie die Einstellungen und wählen Sie den Schlüssel aus, den Sie erneuern möchten. Der alte gilt einen Tag."
)


def document(
    *blocks: Block, own: dict[str, MetaValue] | None = None, kind: str = "help", title: str = "", **meta: Any
) -> Document:
    raw = RawDocument(
        source="docs", id="guide.md", version="1", uri="file:///guide.md", title=title, kind=kind,
        media_type="text/markdown", content=b"", updated_at=None, access=PUBLIC, meta=meta,
    )  # fmt: skip
    return Document(raw, blocks or (paragraph("Text."),), own or {})


def paragraph(text: str) -> Block:
    return Block(kind=BlockKind.PARAGRAPH, text=text)


def table(*rows: tuple[str, ...]) -> Block:
    return Block(kind=BlockKind.TABLE, text="table", rows=rows)


LEVELS = [level for level in Level if level not in (Level.DERIVED, Level.DETECTED)]


@given(st.permutations(LEVELS), st.integers(1, 4), st.booleans())
def test_what_was_stated_nearest_counts(levels: list[Level], among: int, by_file: bool) -> None:
    """Whichever room a statement comes in by, and in whatever order."""
    stated, other = levels[0], levels[among]
    source: dict[str, Any] = {"owner": "one", ORIGINS: written({"owner": origin(stated, "x")})}
    file: dict[str, Any] = {"owner": "two", ORIGINS: written({"owner": origin(other, "y")})}
    made = document(own=file, **source) if by_file else document(own=source, **file)
    found = merged(made)
    winner = "one" if rank(stated) < rank(other) else "two"
    assert found.values["owner"] == winner
    assert found.origins["owner"] == (origin(stated, "x") if winner == "one" else origin(other, "y"))


@given(st.dictionaries(st.sampled_from(("owner", "product", "version", "author")), st.text(max_size=20), max_size=4))
def test_resolving_again_changes_nothing(meta: dict[str, str]) -> None:
    once = resolved(document(own={"product": "crm", "created": "2026-01-02", "keywords": "a; b"}, **meta), POLICY)
    assert resolved(once, POLICY) == once
    assert resolved(once) == once


def test_origins_are_read_as_they_were_written() -> None:
    origins = {"owner": "front matter", "version": "path rule docs/{product}/{version}/**"}
    assert read(written(origins)) == origins
    assert written(origins)[0] == "owner: from front matter"
    assert read(None) == {}
    assert rank(origins["version"]) == rank(Level.PATH_RULE) > rank(Level.FRONT_MATTER)
    assert origins_of({ORIGINS: written(origins), "access_origin": "x"})["access"] == "x"


def test_tags_of_all_levels_add_up() -> None:
    made = document(own={"tags": ("api", "keys")}, tags=("keys", "a"), origins=written({"tags": "front matter"}))
    found = resolved(made).raw.meta
    assert found["tags"] == ("keys", "a", "api")
    assert read(found[ORIGINS])["tags"] == "front matter, the file itself"


def test_updated_falls_back_to_created_and_says_so() -> None:
    found = resolved(document(own={"created": "2026-01-02"}))
    assert found.raw.updated_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert read(found.raw.meta[ORIGINS])["updated"] == "the file itself (created)"
    known = document(own={"updated": "2020-01-01"})
    stated = replace(known, raw=replace(known.raw, updated_at=datetime(2026, 5, 1, tzinfo=UTC)))
    assert resolved(stated).raw.updated_at == datetime(2026, 5, 1, tzinfo=UTC)


def test_what_is_not_understood_is_left_out_and_said() -> None:
    found = resolved(document(own={"updated": "last week", "owner": "ops"}, language="Klingonisch")).raw.meta
    assert "updated" not in found
    assert "language" not in found
    assert found["owner"] == "ops"
    assert any("last week" in str(finding) for finding in found["findings"])  # type: ignore[union-attr]  # texts


HEADER = {
    "Owner": "SRE",
    "Version": "1.4",
    "Effective date": "1 March 2026",
    "Next review": "2027-03-01",
    "Roles": "Incident commander; Scribe",
}


@pytest.mark.parametrize(
    "blocks",
    [
        [paragraph("\n".join(f"{key}: {value}" for key, value in HEADER.items()))],
        [Block(kind=BlockKind.LIST_ITEM, text=f"{key}: {value}") for key, value in HEADER.items()],
        [table(*HEADER.items())],
        [table(("Field", "Value"), *HEADER.items())],
        [table(tuple(HEADER), tuple(HEADER.values()))],
        [
            table(
                *((*one, *other) for one, other in [(("Owner", "SRE"), ("Version", "1.4"))]), *list(HEADER.items())[2:]
            )
        ],
    ],
)
def test_a_procedure_states_its_own(blocks: list[Block]) -> None:
    title = Block(kind=BlockKind.HEADING, text="Failover", level=1)
    later = [Block(kind=BlockKind.HEADING, text="Steps", level=2), paragraph("Owner: nobody\nAuthor: x")]
    found = resolved(document(title, *blocks, *later, kind=SOP), POLICY).raw.meta
    assert found["owner"] == "SRE"
    assert found["revision"] == "1.4"
    assert "version" not in found
    assert str(found["effective"]).startswith("2026-03-01")
    assert str(found["review_by"]).startswith("2027-03-01")
    assert found["roles"] == ("Incident commander", "Scribe")
    assert "author" not in found
    assert read(found[ORIGINS])["owner"] == Level.HEADER
    assert "owner" not in resolved(document(title, *blocks), POLICY).raw.meta


def test_front_matter_goes_before_a_procedures_header() -> None:
    made = document(paragraph("Owner: SRE"), kind=SOP, owner="ops", origins=written({"owner": "front matter"}))
    assert resolved(made).raw.meta["owner"] == "ops"
    folder = document(
        paragraph("Owner: SRE"), kind=SOP, owner="ops", origins=written({"owner": "folder defaults in x"})
    )
    assert resolved(folder).raw.meta["owner"] == "SRE"


@pytest.mark.parametrize(
    ("interval", "due"),
    [("6 months", "2026-07-31"), ("annually", "2027-01-31"), ("Every quarter", "2026-04-30"), ("90d", "2026-05-01")],
)
def test_the_next_review_follows_from_the_last(interval: str, due: str) -> None:
    lines = paragraph(f"Last reviewed: 31 January 2026\nReview interval: {interval}")
    found = resolved(document(lines, kind=SOP), POLICY).raw.meta
    assert str(found["review_by"]).startswith(due)
    assert read(found[ORIGINS])["review_by"] == "derived from last_reviewed_on and review_in"
    stated = resolved(document(lines, kind=SOP, review_by="2026-03-01"), POLICY).raw.meta
    assert str(stated["review_by"]).startswith("2026-03-01")


def test_an_interval_that_is_none_is_said() -> None:
    found = resolved(document(paragraph("Review interval: now and then"), kind=SOP)).raw.meta
    assert "review_in" not in found
    assert "review_in" in str(found["findings"])


# languages ------------------------------------------------------------------------------------------------


def language(*blocks: Block, policy: MetadataPolicy = POLICY, **more: Any) -> tuple[object, str]:
    found = resolved(document(*blocks, **more), policy).raw.meta
    return found.get("language"), read(found[ORIGINS]).get("language", "")


def test_a_language_shows_in_the_text() -> None:
    assert language(paragraph(SENTENCES)) == ("en", "detected in its text")
    assert language(paragraph(GERMAN)) == ("de", "detected in its text")
    assert language(paragraph("用户可以在设置页面更换密钥。旧密钥在一天内仍然有效。"))[0] == "zh"


def test_what_is_stated_goes_before_what_shows() -> None:
    assert language(paragraph(SENTENCES), language="pt_BR", origins=written({"language": "front matter"})) == (
        "pt-br",
        "front matter",
    )


def test_a_page_may_state_the_wrong_language() -> None:
    own: dict[str, MetaValue] = {"language": "en", ORIGINS: written({"language": "meta tag html lang"})}
    assert language(paragraph(GERMAN), own=own) == ("en", "meta tag html lang"), "too little to contradict it"
    assert language(paragraph(GERMAN * 3), own=own)[0] == "de"
    assert language(paragraph(GERMAN), own={**own, "language": "de-AT"}) == ("de-at", "meta tag html lang")


@pytest.mark.parametrize(
    "blocks",
    [
        [paragraph("Limits")],
        [Block(kind=BlockKind.CODE, text="for x in range(10):\n    print(x)\n" * 30)],
        [paragraph("curl https://api.example.com/v1/keys -H 'X-Key: a_b_c' " * 4)],
        [paragraph("GET /v1/users/{id} SELECT * FROM t1 WHERE a=1 user_id=4 " * 8)],
    ],
)
def test_what_shows_no_language_has_that_of_its_source(blocks: list[Block]) -> None:
    assert language(*blocks) == (None, "")
    assert language(*blocks, policy=MetadataPolicy(language="fr")) == ("fr", Level.SOURCE)
    assert language(*blocks, policy=MetadataPolicy(language="fr"), own={"language": "es"})[0] == "es"


def test_a_translation_is_linked_by_its_alternates() -> None:
    own: dict[str, MetaValue] = {"alternates": ("en https://x/en/a", "de https://x/de/a", "x-default https://x/a")}
    german = resolved(document(paragraph(GERMAN), own=own), POLICY).raw.meta
    assert german["translation_of"] == "https://x/en/a"
    assert read(german[ORIGINS])["translation_of"] == "meta tag hreflang"
    assert "translation_of" not in resolved(document(paragraph(SENTENCES), own=own), POLICY).raw.meta
    of_german = MetadataPolicy(language="de")
    assert resolved(document(paragraph(SENTENCES), own=own), of_german).raw.meta["translation_of"] == "https://x/de/a"


# what is required -----------------------------------------------------------------------------------------


def test_what_is_required_and_not_stated_is_named() -> None:
    policy = MetadataPolicy(required=("owner", "updated", "title"), on_missing="quarantine")
    made = resolved(document(own={"title": "T", "created": "2026-01-01"}), policy)
    assert policy.missing(made) == ("owner",)
    assert policy.missing(resolved(document(), policy)) == ("owner", "updated", "title")
    assert "owner, updated and title" in lacking(("owner", "updated", "title"))
    assert policy.fingerprint not in ("", MetadataPolicy(required=("owner",)).fingerprint)
    assert MetadataPolicy().fingerprint == ""
