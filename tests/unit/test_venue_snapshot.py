"""A market's state through JSON: nothing is lost, and what an older version kept is read."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson

from engine.execution import ExecutionStage
from engine.stage import Cell
from engine.venue.commands import Command, Follows
from engine.venue.market import Announced, Live, Market
from engine.venue.queues import Place
from engine.venue.snapshot import dump_market, load_market
from schemas.codec import encode
from schemas.instruments import Kind
from schemas.orders import Contract
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.ticks import BookState
from tests.unit.executing import MS, Input, command, decided, feed, journal, statuses, ticks
from tests.unit.resting import cancel, modify, order, place, protect, stop
from tests.unit.trading import BTC

HUGE = 10**30
OTHERS = ("depth", "volume")
"""The book has a dump of its own; the volume is the account's (test_venue_fees)."""


def unknown(order_id: str) -> Command:
    raise AssertionError(order_id)


def fields(market: Market[Any]) -> dict[str, Any]:
    return {name: getattr(market, name) for name in Market.__slots__ if name not in OTHERS}


def test_every_field_of_a_market_outlives_json() -> None:
    inverse = Contract(kind=Kind.INVERSE, size="100", leverage="5", maintenance="0.01")
    market = place().market
    changes: dict[str, Any] = {
        "followed": 7, "position": -HUGE, "last": HUGE, "protected": 3, "contract": inverse,
        "strategy": "trend", "announced": Announced("100", "-0.0001", 5), "funded": 4,
        "book": BookState.STALE, "built": False,
        "taken": {"asks": {101 * 10**8: HUGE, 10**9: 1}, "bids": {7: 2}},
        "follows": Follows(HUGE, True, HUGE, 9), "peak": HUGE, "moved": 6, "until": 8,
        "cost": Decimal("-5.000000000000000001"), "opener": "a", "marked": True,
    }  # fmt: skip
    for name, value in changes.items():
        setattr(market, name, value)
    protecting = replace(
        stop("p", trigger="95", contract=inverse), parent="a", role="stop", strategy="trend"
    )
    waiting = order("b", limit="99", stop="90", target="110", post_only=True, reduce_only=True)
    market.resting = {
        "p": Live(protecting, "awake", filled=HUGE, met=6),
        "b": Live(waiting, "working", place=Place(HUGE, HUGE + 1, HUGE + 2), inside=True),
    }
    market.protection = {"stop": "p"}
    market.pending = [
        replace(waiting, order_id="c", later=True), modify("b", quantity="3", limit="7"),
        modify("p", trigger="96"), cancel("a", "b"), cancel(), protect(stop="90"),
        replace(protect(target="120"), contract=inverse, strategy="trend"),
        replace(protect(target="120"), follows=Follows(lasts=3)),
        replace(waiting, order_id="d", follows=Follows(5, activation=4)),
    ]  # fmt: skip
    fresh = fields(Market(market.depth))
    same = [name for name, value in fields(market).items() if value == fresh[name]]
    assert same == ["built"], "this is not on trial: its default is True"
    again = load_market(orjson.loads(orjson.dumps(dump_market(market))), unknown)
    assert fields(again) == fields(market)
    assert again.depth.dump() == market.depth.dump()


def test_without_margin_a_market_is_dumped_as_before_there_was_any() -> None:
    row = dump_market(place(order("a")).market)
    assert not row.keys() & {"cost", "opener", "marked"}
    assert load_market(row, unknown).cost is None


def test_a_snapshot_that_knew_no_resting_orders_is_read() -> None:
    """The shape of the first version: an order under way, one with two fills to be told."""
    stage = ExecutionStage()
    filled = tuple(
        Status(
            type="fill", account="paper", venue="binance", symbol="BTC/USDT:USDT",
            client_order_id="b", side="buy", price="101", quantity="1", filled=str(n), state=state,
        )
        for n, state in ((1, OrderState.PARTIALLY_FILLED), (2, OrderState.FILLED))
    )  # fmt: skip
    entries = [
        JournalEntry(
            command=command(name, quantity="2"), order_seq=0, tick=0, due=5 * MS, state=state,
            statuses=told,
        )
        for name, state, told in (
            ("a", OrderState.SENT, ()), ("b", OrderState.FILLED, filled),
        )
    ]  # fmt: skip
    market = dump_market(place().market)
    old = ("depth", "book", "followed", "position")
    data = {
        "markets": {BTC: {**{name: market[name] for name in old}, "pending": ["a"]}},
        "living": [[encode(entry).decode(), 0] for entry in entries],
        "finished": {},
        "due": ["b"],
    }
    cell = Cell(stage, "paper", stage.load(data))
    inputs: list[Input] = [decided(0, 10, 0), ticks(1, 20 * MS), decided(1, 20 * MS, 1)]
    outputs = [out for one in inputs for out in feed(cell, one, stage)]
    told = [(one.client_order_id, one.type, one.quantity) for one in statuses(outputs)]
    assert told == [("b", "fill", "1"), ("b", "fill", "1"), ("a", "fill", "1"), ("a", "fill", "1")]
    assert [entry.key for entry in journal(outputs)] == ["b", "a"]
