"""A recording as the market: its book, its trades, its queue, and what clients take of it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import ccxt
import pytest

from engine.matching.codes import BUY, SELL
from engine.numbers import ladder_units, quantity_units
from infra.exchange.accounts import Key
from infra.exchange.facts import Fact, Trade
from infra.exchange.listing import money_units
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.playback import Playback, Unplayable, router_of, rows
from infra.exchange.recorded import FINER, Actors, Recorded
from infra.exchange.server import Exchange
from infra.recordings import COIN_M, MARKET
from tests.recorded import long
from topics.recording import merged

Sides = tuple[list[tuple[int, int]], list[tuple[int, int]]]
FRAMES = long(16_000, 12_000)
TICK, LOT = "0.10", "0.001"


@dataclass
class Play:
    """A recorded market without a clock, and a client's account in it."""

    recorded: Recorded

    @classmethod
    def new(cls) -> Play:
        house = Exchange().usdm
        house.open(Key("client", ""), {"USDT": money_units("1000000")})
        return cls(Recorded(house, house.listing.markets[0], Actors(house)))

    def place(self, side: int, ticks: int, lots: int, kind: Type = Type.LIMIT) -> Order:
        made = self.recorded.house.place(
            self.recorded.house.keys["client"],
            Wish(self.recorded.market, side, kind, lots, ticks, f"c{ticks}-{side}-{kind}"),
        )
        assert isinstance(made, Order)
        return made

    def book(self, bids: dict[int, int], asks: dict[int, int], snapshot: bool = False) -> None:
        """Levels in ticks and lots, as a row of the recording."""
        sides = [
            tuple((f"{price / 10:.1f}", f"{lots / 1000:.3f}") for price, lots in side.items())
            for side in (bids, asks)
        ]
        told = {"type": "book", "snapshot": snapshot, "applied": True, "bridged": 0, "seen_time": 0}
        self.recorded.take({**told, "bids": sides[0], "asks": sides[1]})

    def trade(self, side: str, ticks: int, lots: int) -> None:
        told = {"type": "trade", "side": side, "seen_time": 0}
        self.recorded.take({**told, "price": f"{ticks / 10:.1f}", "quantity": f"{lots / 1000:.3f}"})

    def displayed(self, levels: int = 10**6) -> Sides:
        depth = self.recorded.house.books.depths[self.recorded.market.number]
        return depth.top(levels)

    def recording(self) -> Sides:
        """What the desk's own book of the recording has, as far as the ladder goes."""
        ladder = self.recorded.market.ladder
        sides = []
        for side in ("bids", "asks"):
            found = [
                (price // (ladder.tick * FINER), lots // ladder.lot)
                for price, lots in self.recorded.shown.walk(side)
            ]
            sides.append([row for row in found if ladder.lowest <= row[0] <= ladder.highest])
        return sides[0], sides[1]


@cache
def real_rows() -> tuple[dict[str, Any], ...]:
    """The real recording's rows, BTC/USDT of USD-M."""
    frames = merged([(MARKET[0], router_of(MARKET[0]).route)])
    return tuple(row for _, row in rows(islice(frames, FRAMES)))


def test_without_clients_book_and_trades_are_the_recorded_ones() -> None:
    play = Play.new()
    facts: list[Fact] = []
    play.recorded.house.hear(facts.append)
    trades, books = [], 0
    for row in real_rows():
        play.recorded.take(row)
        if row["type"] == "book" and row["applied"]:
            books += 1
            assert play.recorded.shown.best_bid is not None
            if books % 20 == 0:
                assert play.displayed() == play.recording()
        elif row["type"] == "trade":
            trades.append((row["price"], quantity_units(row["quantity"]), row["side"]))
    assert books > long(500, 400)
    assert len(trades) > long(1500, 1000)
    assert play.recorded.refused == 0
    market = play.recorded.market
    assert trades == [
        (market.price(each.price) + "0", each.lots * market.ladder.lot,
         "buy" if each.taker_buys else "sell")
        for each in facts if isinstance(each, Trade)
    ]  # fmt: skip


class Queue:
    """How many lots are ahead of an order that rests in a recorded market; none: it is filled."""

    def __init__(self, order: Order, ahead: int) -> None:
        self.order, self.ahead = order, ahead

    def take(self, row: dict[str, Any], play: Play) -> None:
        """The risk-averse rule, written down once more."""
        market = play.recorded.market
        if row["type"] == "trade" and (row["side"] == "sell") == self.order.buys:
            price = ladder_units(row["price"]) // market.ladder.tick
            if price == self.order.price:
                self.ahead -= quantity_units(row["quantity"]) // market.ladder.lot
            elif (price < self.order.price) == self.order.buys:
                self.ahead = -1
        elif row["type"] == "trade":
            price = ladder_units(row["price"]) // market.ladder.tick
            met = price <= self.order.price if self.order.buys else price >= self.order.price
            self.ahead = -1 if met else self.ahead
        elif row["type"] == "book" and row["applied"]:
            shown = play.recorded.lots((self.order.buys, self.order.price))
            best = play.recorded.shown.best_ask if self.order.buys else play.recorded.shown.best_bid
            other = ladder_units(best[0]) // market.ladder.tick if best else 0
            crossed = other <= self.order.price if self.order.buys else other >= self.order.price
            self.ahead = -1 if crossed else min(self.ahead, shown)


@pytest.mark.parametrize("away", [0, 1])
@pytest.mark.parametrize("buys", [True, False])
def test_a_passive_order_fills_when_the_queue_before_it_has_traded(buys: bool, away: int) -> None:
    """Orders join the real recording again and again; each fills at the trade that reaches it."""
    play, filled, waited = Play.new(), 0, 0
    queue: Queue | None = None
    for row in real_rows():
        play.recorded.take(row)
        if queue is not None:
            before = queue.ahead
            queue.take(row, play)
            assert (queue.order.filled > 0) == (queue.ahead < 0), (before, row)
            waited += queue.ahead >= 0
        if queue is not None and queue.ahead < 0:
            filled, queue = filled + 1, None
        if queue is None and play.recorded.built and row["type"] == "book" and filled < 6:
            price = play.displayed(10)[0 if buys else 1][away][0]
            ahead = play.recorded.lots((buys, price))
            queue = Queue(play.place(BUY if buys else SELL, price, 1), ahead)
    assert filled >= 1
    assert waited > 200, filled


def test_what_comes_is_behind_and_what_goes_was_behind() -> None:
    play = Play.new()
    play.book({6170_00: 5, 6169_00: 9}, {6171_00: 5}, snapshot=True)
    order = play.place(BUY, 6170_00, 2)
    play.book({6170_00: 9}, {})
    play.book({6170_00: 6}, {})
    play.trade("sell", 6170_00, 4)
    assert order.filled == 0
    play.book({6170_00: 2}, {})
    assert order.filled == 0
    assert play.displayed()[0][0] == (6170_00, 4), "what was displayed, and the order"
    play.trade("sell", 6170_00, 1)
    assert order.filled == 0
    play.trade("sell", 6170_00, 1)
    assert order.filled == 1
    play.trade("sell", 6169_00, 3)
    assert order.status == "FILLED"
    assert order.fills[-1].price == 6170_00


def test_a_fill_consumes_the_recorded_level() -> None:
    play = Play.new()
    play.book({6170_00: 5}, {6171_00: 5, 6172_00: 7}, snapshot=True)
    play.place(BUY, 6175_00, 3, Type.MARKET)
    shown = []
    for lots in (5, 2, 6, 0, 4):
        play.book({}, {6171_00: lots, 6173_00: 1 + lots})
        shown.append(dict(play.displayed()[1]).get(6171_00, 0))
    assert shown == [2, 0, 4, 0, 4]


def test_a_trade_where_nothing_is_displayed_is_told_all_the_same() -> None:
    """And what stood in its way is gone until the book says that it is there."""
    play = Play.new()
    play.book({6170_00: 5, 6169_00: 2}, {6171_00: 5}, snapshot=True)
    play.trade("buy", 6175_00, 3)
    play.trade("sell", 6165_00, 3)
    tape = play.recorded.house.books.tapes[0].trades
    assert [(each.price, each.lots, each.taker_buys) for each in tape] == [
        (6175_00, 3, True), (6165_00, 3, False),
    ]  # fmt: skip
    assert play.displayed() == ([], [])
    play.book({}, {})
    assert play.displayed() == ([(6170_00, 5), (6169_00, 2)], [(6171_00, 5)])


def short(tmp_path: Path, lines: int = 3000) -> Path:
    """The beginning of the real recording as a file."""
    file = tmp_path / "usdm" / "btcusdt.gz"
    file.parent.mkdir()
    with gzip.open(MARKET[0]) as found, gzip.open(file, "wb", 1) as made:
        made.writelines(islice(found, lines))
    return file


async def test_a_loop_begins_anew_and_closes_its_positions(tmp_path: Path) -> None:
    exchange = Exchange()
    playback = Playback(exchange.houses, [short(tmp_path)], speed=1e6, loop=False)
    playback.open()
    (recorded,) = playback.markets.values()
    opened = Play(recorded).displayed()
    await playback.run()
    ended = Play(recorded).displayed()
    assert ended != opened
    held = recorded.actors.maker.position(0).lots
    assert held != 0
    playback._again()
    assert Play(recorded).displayed() == opened
    await playback.run()
    assert Play(recorded).displayed() == ended
    assert recorded.actors.maker.position(0).lots == 0
    assert (recorded.refused, playback.plays) == (0, 2)


def test_a_market_that_is_not_there_is_named() -> None:
    with pytest.raises(Unplayable, match="BTC/USD:BTC"):
        Playback(Exchange().houses, COIN_M[:1]).open()


def test_the_command_plays_a_recording_to_ccxt(tmp_path: Path) -> None:
    file = str(short(tmp_path))
    command = [sys.executable, "-m", "gateway.cli", "exchange", "--port", "0", "--json"]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    command += ["--recording", file, "--speed", "50", "--once"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        told = json.loads(process.stdout.readline())
        keys = {"apiKey": told["key"], "secret": "tapeline", "urls": told["urls"]}
        client = ccxt.binanceusdm(keys)
        assert len(client.fetch_order_book("BTC/USDT:USDT", 100)["bids"]) == 100
        assert b"over" in process.stderr.readline()
        order = client.create_order("BTC/USDT:USDT", "market", "buy", 0.01)
        assert 61000 < order["average"] < 62500
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
