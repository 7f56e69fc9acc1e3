"""The signals stage on recorded BTC: depth as walked, pressure as summed, restarts."""

from __future__ import annotations

from functools import cache
from itertools import islice

import pytest

import infra.recordings
from engine.book import Book
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.microstructure import QUOTE, imbalance
from engine.numbers import price_units, quantity_units
from engine.signals import SignalSettings, SignalsStage
from engine.spans import SECOND
from engine.stage import Cell, Output
from engine.ticks import TicksStage
from schemas import names
from schemas.codec import decode, encode
from schemas.signals import Signal
from schemas.system import Snapshot
from schemas.ticks import BookState, Ticks
from tests.unit.trading import BTC
from topics.recording import merged, sample

LINGER = 20_000_000
RECORDS = 3000


@cache
def ticks() -> tuple[Ticks, ...]:
    """The first records of the recording, as they are read from the topic."""
    path = infra.recordings.MARKET[0]
    route = Router.of(sample(path), infra.recordings.listings()).route
    cell = Cell.fresh(TicksStage(), BTC)
    raws = islice(raw_records(merged([(path, route)]), "run", LINGER), RECORDS)
    return tuple(decode(Ticks, encode(cell.take(names.RAW, raw)[0].record)) for raw in raws)


@cache
def played() -> tuple[Signal, ...]:
    """A signal for each."""
    cell = Cell.fresh(SignalsStage(SignalSettings()), BTC)
    return tuple(signal_of(cell.take(names.TICKS, record)) for record in ticks())


def signal_of(outputs: list[Output]) -> Signal:
    (output,) = outputs
    assert isinstance(output.record, Signal)
    return output.record


def test_depth_is_that_of_a_walk_from_the_best_level_outward() -> None:
    book, compared = Book(), 0
    for place, (record, signal) in enumerate(zip(ticks(), played(), strict=True)):
        book.follow(record.books)
        if record.book is not BookState.OK or place % 10:
            continue
        assert record.bid is not None
        assert record.ask is not None
        twice_mid, compared = price_units(record.bid[0]) + price_units(record.ask[0]), compared + 1
        levels = [list(book.walk("bids")), list(book.walk("asks"))]
        for bps in (5, 10, 25):
            far = bps * twice_mid
            bids, asks = (
                sum(p * q for p, q in side if abs(2 * p - twice_mid) * 10_000 <= far)
                for side in levels
            )
            assert signal.micro[f"bid_depth_{bps}bps"] == pytest.approx(bids / QUOTE, rel=1e-11)
            assert signal.micro[f"ask_depth_{bps}bps"] == pytest.approx(asks / QUOTE, rel=1e-11)
            assert signal.micro[f"depth_imbalance_{bps}bps"] == imbalance(bids, asks)
    assert compared > 250


def test_pressure_is_that_of_all_trades_summed_anew() -> None:
    trades: list[tuple[int, int, bool]] = []
    for place, (record, signal) in enumerate(zip(ticks(), played(), strict=True)):
        columns = record.trades
        for time, text, side in zip(
            columns.event_time, columns.quantity, columns.side, strict=True
        ):
            assert time is not None
            trades.append((time, quantity_units(text), side == "buy"))
        if place % 97 or record.event_time is None:
            continue
        now = max(each.event_time or 0 for each in ticks()[: place + 1])
        for name, seconds in (("1s", 1), ("5s", 5), ("30s", 30), ("1m", 60)):
            recent = [each for each in trades if now - seconds * SECOND < each[0] <= now]
            bought = sum(quantity for _, quantity, buy in recent if buy)
            sold = sum(quantity for _, quantity, buy in recent if not buy)
            assert signal.micro[f"pressure_{name}"] == imbalance(bought, sold)
            assert signal.micro[f"trade_rate_{name}"] == pytest.approx(len(recent) / seconds)
    assert len(trades) > 1000


def test_restarts_all_along_change_no_byte() -> None:
    cell = Cell.fresh(SignalsStage(SignalSettings()), BTC)
    for place, (record, expected) in enumerate(zip(ticks(), played(), strict=True)):
        if place % 211 == 5:
            snapshot = decode(Snapshot, encode(cell.snapshot()))
            cell = Cell.restore(SignalsStage(SignalSettings()), snapshot)
        found = signal_of(cell.take(names.TICKS, record))
        if place % 211 < 60:
            assert encode(found) == encode(expected)
