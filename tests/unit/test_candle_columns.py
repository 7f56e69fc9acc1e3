"""The columns of candles are those of their trades, whatever the decimals."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.columns.candle_columns import columns
from engine.columns.candles import STEPS, Candle, Candles, path
from engine.columns.trades import BadTrades, TradeColumns
from tests.recorded import long

HOUR = 3600 * 10**9


@st.composite
def played(draw: st.DrawFn) -> Candles:
    """Candles of any direction, level ones too, with as many decimals as they like."""
    found, at = [], 490_000 * HOUR
    for _ in range(draw(st.integers(2, 20))):
        four = [_text(draw, 9_000_000, 4) for _ in range(4)]
        low, one, two, high = sorted(four, key=Decimal)
        begin, end = draw(st.permutations([one, two]))
        at += HOUR * draw(st.sampled_from((1, 1, 5)))
        found.append(Candle(at, begin, high, low, end, _text(draw, 10**9, 6)))
    return Candles(tuple(found), HOUR, doubles=0, empty=0, missing=0)


def _text(draw: st.DrawFn, most: int, decimals: int) -> str:
    units = Decimal(draw(st.integers(1, most)))
    return format(units.scaleb(-draw(st.integers(0, decimals))), "f")


@settings(max_examples=long(60, 20), deadline=None)
@given(played())
def test_they_are_those_of_the_trades(of: Candles) -> None:
    try:
        wanted = TradeColumns.of([of.trades()])
    except BadTrades as wrong:
        with pytest.raises(BadTrades, match=str(wrong)):
            columns(of)
        return
    made = columns(of)
    assert made.price_grain == wanted.price_grain
    assert made.quantity_grain == wanted.quantity_grain
    for name in ("event_time", "seen_time", "price", "quantity", "buys"):
        assert np.array_equal(getattr(made, name), getattr(wanted, name)), name


@pytest.mark.parametrize(("begin", "end"), [("2", "2"), ("2", "1.5"), ("1.5", "2.0")])
def test_a_level_candle_goes_the_way_of_a_rising_one(begin: str, end: str) -> None:
    rows = [Candle(n * HOUR, begin, "3", "1", end, "7") for n in (490_000, 490_001)]
    made, first = columns(Candles.of(rows)), path(rows[0])
    assert [made.price_grain.text(int(each)) for each in made.price[: len(first)]] == [
        format(Decimal(each).quantize(Decimal(made.price_grain.text(1))), "f") for each in first
    ]
    turned = Decimal(first[STEPS]) == 1
    assert turned == (Decimal(end) >= Decimal(begin))


def test_a_number_that_is_too_wide_is_refused() -> None:
    rows = [Candle(n * HOUR, "1", "2", "1", "1", "1" + "0" * 30) for n in (490_000, 490_001)]
    with pytest.raises(BadTrades, match="too wide for 64 bits"):
        columns(Candles.of(rows))
