"""`headwater search`."""

import json as json_module
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from app.console import out, plain, print_json
from app.options import Askers, Config, Home, Json, askers, load_settings
from flows.serving import count_stale, stale_in
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.retrieval.filters import parse_filters
from headwater.retrieval.search import MOST_PASSAGES, Passage, Searcher, Wish
from headwater.retrieval.unmatched import unmatched
from headwater.settings import Settings

SHOWN_CHARACTERS = 700


def search(
    question: Annotated[str | None, typer.Argument(help="What to look for.", show_default=False)] = None,
    as_: Askers = None,
    filter_: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            help="FIELD=VALUE, FIELD=ONE,OTHER, FIELD!=VALUE, updated>=2026-01-31 or version>=2.1. "
            "Repeatable; all must hold.",
            metavar="FILTER",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, max=MOST_PASSAGES, help="Passages at most (5; with --budget as many as fit)."
        ),
    ] = None,
    passage_tokens: Annotated[
        int | None,
        typer.Option(
            "--passage-tokens",
            min=0,
            help="Hand out the whole procedure, table or section around a match up to this size "
            "(default: as the source says); 0: what matched and no more.",
            metavar="TOKENS",
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option("--budget", min=1, help="Tokens at most, of all passages together.", metavar="TOKENS"),
    ] = None,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Also documents that say nearly the same as one that stands for them.")
    ] = False,
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help='One question a line (plain, or JSON {"question", "as", "filter"}); one JSON line each back.',
            metavar="FILE",
        ),
    ] = None,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Show the passages that answer a question, of those the asker may read.

    Works while an ingest is running. Without --as, only what is public is searched. How often an answer came from a
    document that is stale is counted by document and day; who asked, and what, is not kept.
    """
    if (question is None) == (from_ is None):
        raise ConfigError("give a question, or a file of questions", advice='headwater search "how do I ..."')
    settings = load_settings(config, home, quiet=json or from_ is not None)
    asker, filters = askers(as_, settings), filter_ or []
    wish = Wish.of(limit=limit, passage_tokens=passage_tokens, budget=budget, duplicates=duplicates)
    with Workshop(settings, command="headwater search") as workshop:
        if from_ is not None:
            stale = []
            for question_, passages in _answers(workshop.searcher(), from_, asker, filters, wish, settings):
                print_json({"question": question_, "passages": [passage.as_json() for passage in passages]})
                stale.append(stale_in(passages))
            count_stale(workshop.ledger, stale)
            return
        conditions = parse_filters(filters)
        passages = workshop.searcher().find(str(question), asker, wish, filters=conditions)
        empty = not passages and next(workshop.ledger.documents(workshop.generation), None) is None
        notes = unmatched(filters, workshop.ledger.documents(workshop.generation), asker) if not passages else []
        if json:
            print_json({"passages": [passage.as_json() for passage in passages], "notes": notes})
        else:
            _print(passages, asker, empty=empty)
            for note in notes:
                out.print(f"[yellow]Note:[/yellow] {plain(note)}")
        count_stale(workshop.ledger, [stale_in(passages)])


def _answers(
    searcher: Searcher, file: Path, asker: frozenset[str], filters: Sequence[str], wish: Wish, settings: Settings
) -> Iterator[tuple[str, list[Passage]]]:
    for number, text in _lines(file):
        asked = _question(text, file, number)
        who = askers(asked["as"], settings) if "as" in asked else asker
        conditions = parse_filters(asked.get("filter", filters))
        yield asked["question"], searcher.find(asked["question"], who, wish, filters=conditions)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line.strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the questions in {file} cannot be read: {error}") from error


def _question(text: str, file: Path, number: int) -> dict[str, Any]:
    """A line as {"question", maybe "as", maybe "filter"}; the lists may be written as one string."""
    if not text.startswith("{"):
        return {"question": text}
    try:
        asked = json_module.loads(text)
    except ValueError as error:
        raise ConfigError(f"{file}, line {number}: not valid JSON: {error}") from error
    unknown = asked.keys() - {"question", "as", "filter"}
    if unknown or not isinstance(asked.get("question"), str):
        raise ConfigError(
            f"{file}, line {number}: expected question, as and filter", advice='{"question": "...", "as": []}'
        )
    return {key: [value] if key != "question" and isinstance(value, str) else value for key, value in asked.items()}


def _print(passages: Sequence[Passage], asker: frozenset[str], *, empty: bool) -> None:
    if not passages:
        who = ", ".join(sorted(asker)) or "the public"
        out.print("The index is empty. Run: headwater ingest" if empty else f"Nothing found that {who} may read.")
        return
    for number, passage in enumerate(passages, start=1):
        path = " > ".join(part for part in passage.heading_path if part != passage.title)
        out.print(f"[bold]{number}. {plain(passage.title)}[/bold]" + (f" > {plain(path)}" if path else ""))
        date = (passage.updated_at or "date unknown")[:10] if passage.updated_at else "date unknown"
        out.print(f"   [cyan]{plain(passage.uri)}[/cyan]  {passage.source}/{passage.kind}  {date}", soft_wrap=True)
        if passage.freshness is not None and passage.freshness.state == "stale":
            out.print(f"   [yellow]stale: {plain('; '.join(passage.freshness.reasons))}[/yellow]", soft_wrap=True)
        text = passage.text if len(passage.text) <= SHOWN_CHARACTERS else passage.text[:SHOWN_CHARACTERS] + " ..."
        out.print(plain(text), style="default")
        out.print()
