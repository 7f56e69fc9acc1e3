"""Bars by event time: what closes them, what is late, what is flat."""

from decimal import Decimal
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from engine.bars import MOST, Bars, TradeBars, interval_name
from engine.feeds.events import Trade
from engine.spans import SECOND
from schemas.ticks import BarFields


def trade(
    time: float, price: str = "100", quantity: str = "1", side: Literal["buy", "sell"] = "buy"
) -> Trade:
    return Trade(round(time * SECOND), price, quantity, side, "1")


def bars() -> Bars:
    return Bars(SECOND, 2 * SECOND)


def test_a_trade_past_the_end_closes_the_bar() -> None:
    series = bars()
    assert series.take(trade(10.0, "100", "1")) == []
    assert series.take(trade(10.999, "103.50", "2", "sell")) == []
    assert series.take(trade(10.5, "99.9", "0.5")) == []
    (bar,) = series.take(trade(11.0))
    assert bar == BarFields(
        interval="1s", open_time=10 * SECOND, close_time=11 * SECOND, open="100", high="103.50",
        low="99.9", close="99.9", volume="3.5", buy_volume="1.5", trades=3, vwap="101.985714286",
    )  # fmt: skip


def test_the_clock_closes_a_bar_two_seconds_after_its_end() -> None:
    series = bars()
    series.take(trade(10.5))
    assert series.advance(13 * SECOND - 1) == []
    assert [bar.open_time for bar in series.advance(13 * SECOND)] == [10 * SECOND]


def test_a_trade_of_a_closed_bar_is_late() -> None:
    series = bars()
    series.take(trade(10.5))
    series.take(trade(11.5))
    assert series.is_late(trade(10.9))
    assert not series.is_late(trade(11.0))


def test_seconds_without_trades_are_flat() -> None:
    series = bars()
    series.take(trade(10.5, "100.00"))
    first, *flat = series.take(trade(13.5))
    assert first.trades == 1
    assert [bar.open_time // SECOND for bar in flat] == [11, 12]
    assert all((bar.open, bar.high, bar.low, bar.close) == ("100.00",) * 4 for bar in flat)
    assert all((bar.volume, bar.trades, bar.vwap) == ("0", 0, "100.00") for bar in flat)


def test_no_bar_before_the_first_trade() -> None:
    assert bars().advance(10**12) == []


def test_a_jump_of_hours_leaves_flat_bars_out() -> None:
    series = bars()
    series.take(trade(10.5))
    assert [bar.open_time // SECOND for bar in series.take(trade(10_000.5))] == [10]
    assert series.open_time == 10_000 * SECOND


def test_the_most_bars_at_once() -> None:
    series = bars()
    series.take(trade(10))
    assert len(series.take(trade(10 + MOST))) == MOST


def test_names_of_intervals() -> None:
    names = [interval_name(n * SECOND) for n in (1, 60, 300, 3600, 86_400)]
    assert [*names, interval_name(20_000_000)] == ["1s", "1m", "5m", "1h", "1d", "20000000ns"]


def test_an_interval_of_a_minute() -> None:
    series = Bars(60 * SECOND, 2 * SECOND)
    series.take(trade(61))
    (bar,) = series.take(trade(120))
    assert (bar.interval, bar.open_time, bar.close_time) == ("1m", 60 * SECOND, 120 * SECOND)


TRADES = st.lists(
    st.tuples(st.integers(0, 30_000), st.integers(1, 10**6), st.integers(1, 10**4), st.booleans()),
    min_size=1,
)


@given(TRADES)
def test_every_trade_is_counted_once_or_late(rows: list[tuple[int, int, int, bool]]) -> None:
    series, closed, late, total = bars(), [], 0, Decimal(0)
    for milliseconds, price, quantity, buy in rows:
        row = Trade(
            milliseconds * 1_000_000,
            f"{price / 100:.2f}",
            f"{quantity}",
            "buy" if buy else "sell",
            "",
        )
        if series.is_late(row):
            late += 1
        else:
            closed += series.take(row)
            total += quantity
    closed += series.advance(100 * SECOND)
    assert sum(bar.trades for bar in closed) == len(rows) - late
    assert sum(Decimal(bar.volume) for bar in closed) == total
    starts = [bar.open_time for bar in closed]
    assert starts == list(range(starts[0], starts[0] + len(starts) * SECOND, SECOND))
    for bar in closed:
        low, vwap, high = Decimal(bar.low), Decimal(bar.vwap), Decimal(bar.high)
        assert low * (1 - Decimal("1e-11")) <= vwap <= high * (1 + Decimal("1e-11"))
        assert low <= Decimal(bar.open) <= high
        assert low <= Decimal(bar.close) <= high


@given(TRADES, st.integers(0, 40))
def test_dump_and_load_are_exact(rows: list[tuple[int, int, int, bool]], cut: int) -> None:
    series = bars()
    for place, (milliseconds, price, quantity, _) in enumerate(rows):
        if place == cut:
            series = Bars.load(series.dump())
        row = trade(milliseconds / 1000, str(price), str(quantity))
        if not series.is_late(row):
            series.take(row)
    assert Bars.load(series.dump()) == series


def test_bars_of_trades_close_when_full() -> None:
    counted = TradeBars(3)
    rows = [trade(n, price=f"{10 + n}", quantity="2", side="buy") for n in range(7)]
    closed = [bar for row in rows for bar in counted.take(row)]
    assert [(bar.interval, bar.trades, bar.open, bar.close, bar.volume) for bar in closed] == [
        ("3t", 3, "10", "12", "6"), ("3t", 3, "13", "15", "6"),
    ]  # fmt: skip
    assert (closed[1].open_time, closed[1].close_time) == (3 * SECOND, 5 * SECOND)
    again = TradeBars.load(counted.dump())
    assert again == counted
    assert again.sums.trades == 1


def test_the_times_of_bars_of_trades_never_go_back() -> None:
    counted = TradeBars(2)
    rows = [trade(at) for at in (10, 5, 3, 11)]
    closed = [bar for row in rows for bar in counted.take(row)]
    assert [(bar.open_time // SECOND, bar.close_time // SECOND) for bar in closed] == [
        (10, 10), (10, 11),
    ]  # fmt: skip
