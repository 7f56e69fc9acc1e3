"""The bar kernel: the ticks stage's own bars, to the byte, whatever the trades and the batches."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bars import MOST
from engine.columns.bars import FULL, WORDS, BarColumns, BarKernel
from engine.columns.trades import BadTrades, Grain, TradeColumns, decimal_text, integers
from engine.spans import SECOND
from engine.ticks import TicksSettings
from tests.recorded import long
from tests.unit.columns_market import Traded, columns, staged

START = 1_700_000_000_000
SPANS = (SECOND, 60 * SECOND)


@st.composite
def traded(draw: st.DrawFn) -> list[Traded]:
    """Trades with pauses, late ones, delays and clocks that are off."""
    seen, found = START, []
    for _ in range(draw(st.integers(1, 60))):
        seen += draw(st.sampled_from((0, 1, 300, 999, 2_500, 60_000, (MOST + 5) * 1_000)))
        late = draw(st.sampled_from((-20_000, -900, 0, 3, 250, 1_400, 4_000, 70_000)))
        price = f"{draw(st.integers(1, 99_999)) / 100:.2f}"
        quantity = f"{draw(st.integers(1, 5_000)) / 1000:.3f}"
        found.append(Traded(seen - late, seen, price, quantity, draw(st.booleans())))
    return found


@settings(max_examples=long(60, 20), deadline=None)
@given(traded(), st.sampled_from(SPANS), st.integers(1, 60))
def test_bars_are_those_of_the_ticks_stage(given: list[Traded], span: int, batch: int) -> None:
    rules = TicksSettings(intervals=(span,), trade_counts=())
    records = list(staged(given, rules))
    trades = columns(records)
    bars = BarColumns.of(trades, span)
    told = [record.bars for record in records]
    assert [bars.closed_by(at) for at in range(len(trades))] == told
    assert np.array_equal(in_batches(trades, span, batch), bars.rows[:, :-1])


def in_batches(trades: TradeColumns, span: int, batch: int) -> np.ndarray:
    """The bars of the same trades taken a few at a time, without their places."""
    kernel = BarKernel(span)
    parts = [kernel.take(part(trades, at, at + batch)) for at in range(0, len(trades), batch)]
    return np.concatenate([np.empty((0, WORDS), dtype=np.int64), *parts])[:, :-1]


def part(trades: TradeColumns, first: int, last: int) -> TradeColumns:
    names = ("event_time", "seen_time", "price", "quantity", "buys")
    return replace(trades, **{name: getattr(trades, name)[first:last] for name in names})


def test_sums_wider_than_64_bits_are_exact() -> None:
    many = 50
    trades = TradeColumns(
        np.arange(many, dtype=np.int64), np.arange(many, dtype=np.int64),
        np.full(many, 2**31, dtype=np.int64), np.full(many, 2**30, dtype=np.int64),
        np.ones(many, dtype=np.bool_), Grain(2), Grain(3),
    )  # fmt: skip
    later = replace(trades, event_time=trades.event_time + SECOND).shifted(np.array([0, SECOND]))
    (bar, *_) = BarColumns.of(later, SECOND).closed_by(many)
    assert (bar.volume, bar.vwap) == ("53687091.2", "21474836.48")


def test_more_bars_than_the_room_for_them() -> None:
    """Each trade closes MOST bars: the kernel stops and goes on."""
    step, many = MOST * SECOND, 2 * FULL // MOST + 40
    times = np.arange(many, dtype=np.int64) * step
    ones = np.ones(many, dtype=np.int64)
    trades = TradeColumns(times, times, ones, ones, ones > 0, Grain(0), Grain(0))
    assert len(BarColumns.of(trades, SECOND)) == (many - 1) * MOST


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("price", 0, "trade 1 has no price"),
        ("quantity", -1, "trade 1 has no quantity"),
        ("seen_time", -5, "trade 1 is received before the one before it"),
        ("quantity", 2**61, "too wide for 64 bits"),
    ],
)
def test_what_is_no_column_is_refused(column: str, value: int, told: str) -> None:
    ones = np.ones(3, dtype=np.int64)
    given = {name: ones.copy() for name in ("event_time", "seen_time", "price", "quantity")}
    given["price"] *= 8
    given[column][1] = value
    with pytest.raises(BadTrades, match=told):
        TradeColumns(**given, buys=ones > 0, price_grain=Grain(0), quantity_grain=Grain(0))


def test_a_text_that_is_no_number_is_named() -> None:
    with pytest.raises(BadTrades, match=r"trade 1: '1e3' is no decimal number"):
        integers(["1.5", "1e3"])


@given(st.integers(0, 10**12), st.integers(0, 8))
def test_text_and_integer_are_one(value: int, decimals: int) -> None:
    text = decimal_text(value, decimals)
    (found,), grain = integers([text])
    assert grain.text(int(found)) == text
    assert int(found) * grain.units(8) == value * 10 ** (8 - decimals)
