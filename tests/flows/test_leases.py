"""One `headwater serve` for each state folder, however many share a ledger."""

from dataclasses import replace
from pathlib import Path

from flows.leases import is_serve, serve_lease
from headwater.settings import LedgerSettings, Secret, Settings


def test_several_may_serve_a_ledger_on_a_server(tmp_path: Path) -> None:
    alone = Settings(home=tmp_path / "a", base=tmp_path)
    assert serve_lease(alone) == serve_lease(replace(alone, home=tmp_path / "b"))
    shared = replace(alone, ledger=LedgerSettings(url=Secret("postgresql://db.example.com/headwater")))
    assert serve_lease(shared) != serve_lease(replace(shared, home=tmp_path / "b"))
    assert all(is_serve(serve_lease(one)) for one in (alone, shared))
    assert not is_serve("source:serve")
