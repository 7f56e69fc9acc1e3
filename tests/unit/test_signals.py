"""The signals stage: one signal a ticks record, and a restart at any point changes no byte."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.indicators import WARMING
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.signals import Action, Signal
from schemas.system import Snapshot
from schemas.ticks import BarFields, BookState, BookUpdates, Side, Ticks, Trades
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


def traded(price: str, time: int = 0, quantity: str = "1", side: Side = "buy") -> Trades:
    return Trades(
        index=(0,), event_time=(time,), seen_time=(0,), price=(price,), quantity=(quantity,),
        side=(side,), trade_id=("1",),
    )  # fmt: skip


def updated(chance: random.Random, seq: int) -> BookUpdates:
    """A diff, or now and then a snapshot, of levels that do not cross."""
    fields: dict[str, Any] = {
        "snapshot": seq % 50 == 0,
        "applied": chance.random() < 0.9,
        "bids": tuple((f"{99.9 - k / 10:.1f}", f"{chance.randint(0, 3)}") for k in range(4)),
        "asks": tuple((f"{100.1 + k / 10:.1f}", f"{chance.randint(0, 3)}") for k in range(4)),
    }
    none = {"first_id": None, "last_id": None, "previous_id": None, "event_time": None}
    fields |= none | {"index": 0, "seen_time": 0, "bridged": 0}
    return BookUpdates(**{name: (value,) for name, value in fields.items()})


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
        fields: dict[str, Any] = {"books": updated(chance, seq)} if chance.random() < 0.5 else {}
        if chance.random() < 0.5:
            side: Side = "buy" if chance.random() < 0.5 else "sell"
            fields["trades"] = traded(f"{price:.2f}", seq * SECOND, f"{chance.random():.3f}", side)
        made.append(ticks(seq, *bars, *other, **fields))
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


def test_a_signal_has_microstructure_and_features_of_its_moment() -> None:
    cell = fresh()
    for seq in range(61):
        trades = traded("100", seq * SECOND, "2")
        cell.take(names.TICKS, ticks(seq, bar(seq, f"{100 + seq % 2}"), trades=trades))
    signal = signal_of(cell.take(names.TICKS, ticks(61, trades=traded("100", 61 * SECOND, "3"))))
    assert signal.micro["buy_volume_1s"] == 3.0
    assert signal.micro["buy_volume_5s"] == 11.0
    assert signal.features["pressure_5s"] == signal.micro["pressure_5s"] == 1.0
    assert signal.features["spread_bps"] == signal.micro["spread_bps"] == 20.0
    assert signal.features["log_return_60"] == 0.0
    unknown = {name for name, value in signal.features.items() if value is None}
    assert unknown == {"volume_z", "book_imbalance_5"} | {
        f"depth_imbalance_{bps}bps" for bps in (5, 10, 25)
    }, "all volumes are equal, and no book has come"


def test_features_of_bars_are_carried_and_those_of_the_moment_are_not() -> None:
    cell = fresh()
    for seq in range(61):
        last = signal_of(cell.take(names.TICKS, ticks(seq, bar(seq, f"{100 + seq % 7}"))))
    wider = signal_of(cell.take(names.TICKS, ticks(61, bid=("99.8", "1"))))
    assert wider.features["spread_bps"] == 30.0150075038
    moved = {name for name in wider.features if wider.features[name] != last.features[name]}
    assert moved == {"spread_bps", "book_imbalance_1"}


def test_a_snapshot_of_before_there_was_microstructure_still_loads() -> None:
    cell, records = fresh(), recording(3, 80)
    for record in records[:60]:
        cell.take(names.TICKS, record)
    snapshot = decode(Snapshot, encode(cell.snapshot()))
    assert isinstance(snapshot.state, dict)
    del snapshot.state["micro"]
    snapshot.state["bars"] = snapshot.state["bars"][:3]
    restored = Cell.restore(cell.stage, snapshot)
    kept = signal_of(cell.take(names.TICKS, records[60]))
    signal = signal_of(restored.take(names.TICKS, records[60]))
    assert (signal.indicators, signal.scores) == (kept.indicators, kept.scores)
    assert (signal.features["volume_z"], signal.micro["mid"]) == (None, 100.0)


@pytest.mark.parametrize("interval", ["", "1", "m1", "0s", "1 s"])
def test_an_interval_is_a_number_and_a_unit(interval: str) -> None:
    with pytest.raises(ValidationError):
        SignalSettings(interval=interval)


def test_the_interval_is_a_setting() -> None:
    cell = Cell.fresh(SignalsStage(SignalSettings(interval="1m")), BTC)
    assert not signal_of(cell.take(names.TICKS, ticks(0, bar(0, "5")))).fresh
    signal = signal_of(cell.take(names.TICKS, ticks(1, bar(0, "7", "1m"))))
    assert (signal.fresh, signal.indicators["close"]) == (True, 7.0)
