"""The signals stage: one signal a ticks record, and a restart at any point changes no byte."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.indicators import WARMING
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.signals import Action, Signal
from schemas.system import Snapshot
from schemas.ticks import BarFields, BookState, Ticks, Trades
from tests.unit.trading import BTC, SECOND


def bar(n: int, close: str, interval: str = "1s") -> BarFields:
    return BarFields(
        interval=interval, open_time=n * SECOND, close_time=(n + 1) * SECOND, open=close,
        high=close, low=close, close=close, volume="1", buy_volume="1", trades=1, vwap=close,
    )  # fmt: skip


def ticks(seq: int, *bars: BarFields, trades: Trades | None = None, **fields: Any) -> Ticks:
    given_: dict[str, Any] = {
        "id": f"t{seq}",
        "seq": seq,
        "key": BTC,
        "venue": "binance",
        "symbol": "BTC/USDT:USDT",
        "bars": bars,
        "trades": trades or Trades(),
        "book": BookState.OK,
        "bid": ("99.9", "5"),
        "ask": ("100.1", "4"),
        "event_time": seq * SECOND + 1,
        "seen_time": seq * SECOND,
    }
    return Ticks(**{**given_, **fields})


def traded(price: str) -> Trades:
    return Trades(
        index=(0,), event_time=(0,), seen_time=(0,), price=(price,), quantity=("1",),
        side=("buy",), trade_id=("1",),
    )  # fmt: skip


def fresh() -> Cell[Any]:
    return Cell.fresh(SignalsStage(SignalSettings()), BTC)


def signal_of(outputs: list[Output]) -> Signal:
    (output,) = outputs
    assert (output.topic, output.key) == (names.SIGNALS, BTC)
    assert isinstance(output.record, Signal)
    return output.record


def recording(seed: int, length: int) -> list[Ticks]:
    """A walk in which most records close no bar, some one, and some several or another's."""
    chance = random.Random(seed)
    price, made, n = 100.0, [], 0
    for seq in range(length):
        price *= 1 + chance.gauss(0, 1e-3)
        bars = [bar(n + k, f"{price + k:.2f}") for k in range(chance.choice([0, 0, 1, 1, 2]))]
        n += len(bars)
        other = [bar(n, "1.0", "1m")] if chance.random() < 0.2 else []
        trades = traded(f"{price:.2f}") if chance.random() < 0.5 else None
        made.append(ticks(seq, *bars, *other, trades=trades))
    return made


def test_copies_the_market_and_names_the_ticks_it_rests_on() -> None:
    cell = fresh()
    told = ticks(7, trades=traded("100.05"))
    signal = signal_of(cell.take(names.TICKS, told))
    assert (signal.tick, signal.event_time, signal.seen_time) == (7, 7 * SECOND + 1, 7 * SECOND)
    assert (signal.bid, signal.ask, signal.book) == (told.bid, told.ask, told.book)
    assert (signal.venue, signal.symbol, signal.last) == ("binance", "BTC/USDT:USDT", "100.05")
    assert signal_of(cell.take(names.TICKS, ticks(8))).last == "100.05"


def test_is_warming_up_and_holds_at_first() -> None:
    signal = signal_of(fresh().take(names.TICKS, ticks(0)))
    assert signal.indicators == WARMING
    assert (signal.fresh, signal.bar_time, signal.strength) == (False, None, None)
    cell = fresh()
    for seq in range(49):
        signal = signal_of(cell.take(names.TICKS, ticks(seq, bar(seq, f"{100 + seq}"))))
        assert (signal.action, signal.scores) == (Action.HOLD, ())
    signal = signal_of(cell.take(names.TICKS, ticks(49, bar(49, "149"))))
    assert signal.scores


def test_indicators_are_new_when_a_bar_closed_and_carried_over_otherwise() -> None:
    cell = fresh()
    for seq in range(60):
        cell.take(names.TICKS, ticks(seq, bar(seq, f"{100 + seq % 7}")))
    closed = signal_of(cell.take(names.TICKS, ticks(60, bar(60, "108"))))
    open_ = signal_of(cell.take(names.TICKS, ticks(61)))
    other = signal_of(cell.take(names.TICKS, ticks(62, bar(61, "1", "1m"))))
    assert (closed.fresh, open_.fresh, other.fresh) == (True, False, False)
    assert closed.bar_time == open_.bar_time == 61 * SECOND
    assert closed.indicators["close"] == 108.0
    for later in (open_, other):
        assert (later.indicators, later.scores) == (closed.indicators, closed.scores)
        assert (later.strength, later.action) == (closed.strength, closed.action)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(1, 300), st.data())
def test_a_restart_at_any_point_changes_no_byte(
    seed: int, length: int, data: st.DataObject
) -> None:
    records = recording(seed, length)
    at = data.draw(st.integers(0, length))
    cell, whole = fresh(), fresh()
    expected = [encode(signal_of(whole.take(names.TICKS, record))) for record in records]
    got = [encode(signal_of(cell.take(names.TICKS, record))) for record in records[:at]]
    cell = Cell.restore(cell.stage, decode(Snapshot, encode(cell.snapshot())))
    got += [encode(signal_of(cell.take(names.TICKS, record))) for record in records[at:]]
    assert got == expected
