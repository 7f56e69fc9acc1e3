"""Microstructure by hand, over restarts, over gaps, and on the recorded market."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from engine.indicators import Values
from engine.microstructure import MicroSettings, Microstructure
from engine.outliers import OutlierSettings
from engine.spans import SECOND
from schemas.ticks import BookState, BookUpdates, Level, Ticks, Trades
from tests.unit.trading import BTC

START = 1_000 * SECOND
BIDS: tuple[Level, ...] = (("99.99", "3"), ("99.90", "1"), ("99.80", "2"), ("99.00", "50"))
ASKS: tuple[Level, ...] = (("100.01", "1"), ("100.10", "4"), ("100.20", "1"), ("101.00", "50"))


def trades(*rows: tuple[float, str, str]) -> Trades:
    """Trades by (seconds after the start, quantity, side)."""
    times = tuple(START + round(at * SECOND) for at, _, _ in rows)
    return Trades.model_validate(
        {
            "index": tuple(range(len(rows))),
            "event_time": times,
            "seen_time": times,
            "price": ("100",) * len(rows),
            "quantity": tuple(quantity for _, quantity, _ in rows),
            "side": tuple(side for _, _, side in rows),
            "trade_id": ("1",) * len(rows),
        }
    )


def snapshot(bids: tuple[Level, ...] = BIDS, asks: tuple[Level, ...] = ASKS) -> BookUpdates:
    """A snapshot that is applied."""
    return BookUpdates(
        index=(0,), event_time=(None,), seen_time=(0,), snapshot=(True,), applied=(True,),
        first_id=(None,), last_id=(None,), previous_id=(None,), bridged=(0,),
        bids=(bids,), asks=(asks,),
    )  # fmt: skip


def ticks(seq: int, at: float | None, **fields: Any) -> Ticks:
    """A record whose latest event is so many seconds after the start; the book is BIDS and ASKS."""
    given: dict[str, Any] = {
        "seq": seq,
        "key": BTC,
        "venue": "binance",
        "symbol": "BTC/USDT:USDT",
        "event_time": None if at is None else START + round(at * SECOND),
        "book": BookState.OK,
        "bid": BIDS[0],
        "ask": ASKS[0],
    }
    return Ticks(**{**given, **fields})


def chosen(values: Values, *names: str) -> tuple[float | None, ...]:
    return tuple(values[name] for name in names)


def test_pressure_by_hand() -> None:
    micro = Microstructure(MicroSettings())
    told = trades((0, "3", "buy"), (0.2, "1", "sell"), (4, "0.5", "sell"))
    values = micro.take(ticks(0, 4, trades=told), 0)
    assert chosen(values, "buy_volume_1s", "sell_volume_1s", "pressure_1s") == (0.0, 0.5, -1.0)
    assert chosen(values, "buy_volume_5s", "sell_volume_5s") == (3.0, 1.5)
    assert values["pressure_5s"] == 0.333333333333
    assert chosen(values, "trade_rate_1s", "trade_rate_5s", "trade_rate_30s") == (1.0, 0.6, 0.1)
    assert chosen(values, "pressure_1m", "trade_rate_1m") == (0.333333333333, 0.05)
    later = micro.take(ticks(1, 5.1), 0)
    assert chosen(later, "pressure_1s", "trade_rate_1s") == (None, 0.0)
    assert chosen(later, "buy_volume_5s", "sell_volume_5s", "pressure_5s") == (0.0, 1.5, -1.0)


def test_a_quiet_market_runs_empty_by_the_desks_own_clock() -> None:
    micro = Microstructure(MicroSettings())
    values = micro.take(ticks(0, 0, trades=trades((0, "3", "buy"))), 50 * SECOND)
    assert values["buy_volume_1s"] == 3.0
    values = micro.take(ticks(1, None), 51 * SECOND)
    assert chosen(values, "buy_volume_1s", "buy_volume_5s") == (0.0, 3.0)
    values = micro.take(ticks(2, None), 110 * SECOND)
    assert chosen(values, "buy_volume_1m", "pressure_1m") == (0.0, None)


def test_the_book_by_hand() -> None:
    values = Microstructure(MicroSettings()).take(ticks(0, 0, books=snapshot()), 0)
    assert chosen(values, "spread", "spread_bps", "mid") == (0.02, 2.0, 100.0)
    assert values["microprice"] == 100.005, "(100.01 * 3 + 99.99 * 1) / 4: more bid, nearer to ask"
    assert chosen(values, "book_imbalance_1", "book_imbalance_5") == (0.5, 0.0)
    assert chosen(values, "bid_depth_5bps", "ask_depth_5bps") == (299.97, 100.01)
    assert values["depth_imbalance_5bps"] == 0.49992499625
    assert chosen(values, "bid_depth_10bps", "ask_depth_10bps") == (399.87, 500.41)
    assert chosen(values, "bid_depth_25bps", "ask_depth_25bps") == (599.47, 600.61)


def test_names_are_always_the_same() -> None:
    micro = Microstructure(MicroSettings())
    first = micro.take(ticks(0, None, book=BookState.NONE, bid=None, ask=None), 0)
    second = micro.take(ticks(1, 1, books=snapshot(), trades=trades((1, "1", "buy"))), 0)
    assert list(first) == list(second)
    assert len(first) == 4 * 4 + 4 + 6 + 3 * 3
    assert {type(value) for value in second.values()} == {float, type(None)}


OF_BOOK = (
    "spread", "spread_bps", "mid", "microprice", "book_imbalance_1", "book_imbalance_5",
    "bid_depth_5bps", "ask_depth_10bps", "depth_imbalance_25bps",
)  # fmt: skip


@pytest.mark.parametrize(
    "state", [BookState.NONE, BookState.GAPPED, BookState.STALE, BookState.CROSSED]
)
def test_a_book_that_is_not_ok_has_no_values(state: BookState) -> None:
    micro = Microstructure(MicroSettings())
    good = micro.take(ticks(0, 0, books=snapshot()), 0)
    assert None not in chosen(good, *OF_BOOK)
    bad = micro.take(ticks(1, 0, book=state), 0)
    assert chosen(bad, *OF_BOOK) == (None,) * len(OF_BOOK)
    again = micro.take(ticks(2, 0), 0)
    assert chosen(again, *OF_BOOK) == chosen(good, *OF_BOOK)


def test_after_a_missing_record_only_the_best_levels_are_told_until_a_snapshot() -> None:
    micro = Microstructure(MicroSettings())
    good = micro.take(ticks(0, 0, books=snapshot()), 0)
    holed = micro.take(ticks(2, 0), 0)
    assert chosen(holed, *OF_BOOK[:5]) == chosen(good, *OF_BOOK[:5])
    assert chosen(holed, *OF_BOOK[5:]) == (None,) * 4
    again = micro.take(ticks(3, 0, books=snapshot()), 0)
    assert chosen(again, *OF_BOOK) == chosen(good, *OF_BOOK)


def test_outliers_by_hand() -> None:
    settings = MicroSettings(outliers=OutlierSettings(trades=100, warm_up=10))
    micro = Microstructure(settings)
    usual = [(n / 100, "1" if n % 2 else "2", "buy") for n in range(20)]
    names = ("outliers", "outlier_size", "outlier_side")
    values = micro.take(ticks(0, 1, trades=trades(*usual)), 0)
    assert chosen(values, *names, "outlier_z") == (0.0, None, None, None)
    values = micro.take(ticks(1, 2, trades=trades((2, "100", "sell"))), 0)
    assert chosen(values, *names) == (1.0, 100.0, -1.0)
    assert values["outlier_z"] == pytest.approx(12.2877, abs=1e-4), "(ln 100 - mean) / deviation"
    assert chosen(micro.take(ticks(2, 61.9), 0), *names) == (1.0, 100.0, -1.0)
    assert chosen(micro.take(ticks(3, 62), 0), *names) == (0.0, None, None)


def test_a_restart_at_any_record_changes_no_value() -> None:
    records = [
        ticks(
            n,
            n / 3,
            trades=trades((n / 3, f"{1 + n * 7 % 5}.{n}", "buy" if n % 3 else "sell")),
            books=snapshot(BIDS, ASKS[n % 2 :]) if n % 4 == 0 else BookUpdates(),
            ask=ASKS[n // 4 * 4 % 2],
        )
        for n in range(60)
    ]
    whole = Microstructure(MicroSettings())
    expected = [whole.take(each, each.seq) for each in records]
    for restart in range(60):
        micro = Microstructure(MicroSettings())
        for each in records[:restart]:
            micro.take(each, each.seq)
        data = orjson.loads(orjson.dumps(micro.dump()))
        micro = Microstructure.load(MicroSettings(), data)
        assert micro.dump() == data
        told = [micro.take(each, each.seq) for each in records[restart : restart + 3]]
        assert orjson.dumps(told) == orjson.dumps(expected[restart : restart + 3])


def test_a_snapshot_of_before_there_was_microstructure_gives_a_fresh_one() -> None:
    micro = Microstructure.load(MicroSettings(), None)
    assert micro.dump() == Microstructure(MicroSettings()).dump()


@pytest.mark.parametrize(
    "wrong",
    [
        {"windows": ()},
        {"windows": (0, 1)},
        {"windows": (5, 5)},
        {"depth_bps": (10, 5)},
        {"depth_bps": (10_000,)},
        {"levels": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MicroSettings(**wrong)
