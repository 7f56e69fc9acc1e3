"""What a demo counts of its statuses, and tells of who traded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from gateway.running import census as counting
from gateway.running.census import Census
from gateway.running.traders import traders, traders_table
from topics.settings import Settings


def fill(order: str, strategy: str, role: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "fill", "account": "paper", "strategy": strategy, "state": "filled",
            "client_order_id": order, "role": role, **more}  # fmt: skip


STATUSES = [
    fill("a", "trend", state="partially_filled"),
    fill("a", "trend"),
    fill("a-stop", "trend", "stop", state="partially_filled"),
    fill("a-stop", "trend", "stop"),
    fill("b", "swing"),
    fill("b-target", "swing", "target"),
    {**fill("b-stop", "swing", "stop", state="cancelled"), "type": "status"},
    {**fill("", "", state=None), "type": "mark", "client_order_id": None},
]


@pytest.fixture
def census(monkeypatch: pytest.MonkeyPatch) -> Census:
    """One account with two strategies that have traded."""

    def unique(_: Settings, topic: str) -> Iterator[tuple[None, dict[str, Any]]]:
        yield from ((None, status) for status in STATUSES)

    monkeypatch.setattr(counting, "unique", unique)
    found = Census()
    counting._statuses(found, Settings())
    return found


def test_a_stop_that_fires_in_two_fills_has_fired_once(census: Census) -> None:
    assert census.trading["paper", "trend"] == {"fills": 4, "stops": 1}
    assert census.trading["paper", "swing"] == {"fills": 2, "targets": 1}
    assert (census.fills, census.total("stops"), census.total("targets")) == (6, 1, 1)


def test_the_order_to_look_at_is_not_one_that_protects_another(census: Census) -> None:
    assert census.filled == ["a", "a", "b"]
    assert census.states["b-stop"] == "cancelled"


def test_each_strategy_and_the_account_are_told_with_what_they_won(census: Census) -> None:
    census.strategies["paper:@swing"] = {"realised": "3.50", "fees": "1.25", "funding": "-0.1"}
    census.accounts["paper:*"] = {"realised": "-10", "unrealised": "4", "fees": "2.000000001"}
    swing, trend, whole = traders(census)
    assert (swing["strategy"], swing["pnl"], swing["targets"]) == ("swing", "2.35", 1)
    assert (trend["strategy"], trend["pnl"], trend["stops"]) == ("trend", "0", 1)
    assert (whole["strategy"], whole["pnl"], whole["fills"]) == (None, "-8.000000001", 6)


def test_people_see_the_same_to_two_decimals(census: Census) -> None:
    census.accounts["paper:*"] = {"realised": "-1000.25", "fees": "0.5"}
    console = Console(width=140)
    with console.capture() as captured:
        console.print(traders_table(census))
    last = [line.split() for line in captured.get().splitlines() if line.strip()][-1]
    assert last[:2] == ["paper", "all"]
    assert last[-1] == "-1,000.75"
