"""Market impact, worked by hand: worse prices, limits, and no gain by pushing to and fro."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.execution import ExecutionSettings
from engine.numbers import quantity_units
from engine.venue.impact import AlmgrenChrissImpact, SquareRootImpact
from schemas.orders import OrderType, TimeInForce
from tests.unit.costly import Costly
from tests.unit.market_tape import Row, trade, whole

DEEP = whole((("99", "500"),), (("100", "400"), ("101", "500")))
ROOT = {"name": "square_root", "volatility": "0.04", "volume": "10000"}
LINEAR = {"name": "almgren_chriss", "volume": "10000", "temporary": "0.5", "permanent": "0.25",
          "fixed": "0.0002"}  # fmt: skip


def played(impact: Any, *rows: Row) -> Costly:
    desk = Costly(impact=impact, fees={"linear": {"maker": "0", "taker": "0"}},
                  liquidity="displayed", equity="1000000")  # fmt: skip
    desk.passes(*(rows or (DEEP,)))
    return desk


def test_the_square_root_of_what_was_taken_of_a_day() -> None:
    """400 of 10,000: 0.04 * sqrt(0.04) = 0.008: 100.8. All 900: 0.04 * 0.3 = 0.012: 102.212."""
    desk = played(ROOT)
    desk.sends("tl1", "buy", "900")
    desk.passes()
    assert [fill[:2] for fill in desk.fills()] == [("100.8", "400"), ("102.212", "500")]
    desk.sends("tl2", "sell", "100", reduce_only=True)
    desk.passes()
    assert desk.fills()[2][:2] == ("98.604", "100"), "0.04 * 0.1 of 99 less"


def test_a_hundredfold_order_costs_ten_times_as_much() -> None:
    model = SquareRootImpact(volatility=Decimal("0.03"), volume=Decimal(7), y=Decimal("0.5"))
    small, large = (model.share(quantity_units(one), 0, 0) for one in ("0.01", "1"))
    assert abs(large - 10 * small) < Decimal("1e-26")
    assert abs(large - Decimal("0.015") * (Decimal(1) / 7).sqrt()) < Decimal("1e-26")


def test_temporary_and_permanent_parts() -> None:
    """400: 0.0002 + 0.5 * 0.04 + 0.25 * 0.02 = 0.0252. 500 more: 0.0002 + 0.5 * 0.09 + 0.25 *
    0.065 = 0.06145. Then 200 are sold, of 900: 0.0002 + 0.5 * 0.02 - 0.25 * 0.08 = -0.0098."""
    desk = played(LINEAR)
    desk.sends("tl1", "buy", "900")
    desk.passes()
    desk.sends("tl2", "sell", "200", reduce_only=True)
    desk.passes()
    told = [fill[:2] for fill in desk.fills()]
    assert told == [("102.52", "400"), ("107.20645", "500"), ("99.9702", "200")]


@given(st.lists(st.integers(-(10**21), 10**21).filter(bool), min_size=1, max_size=8))
def test_nobody_earns_by_pushing_prices_to_and_fro(sizes: list[int]) -> None:
    """Of any trades that end flat, the permanent part alone costs nothing: exactly."""
    model = AlmgrenChrissImpact(volume=Decimal(64), temporary=Decimal(0), permanent=Decimal("0.5"))
    held, paid = 0, Decimal(0)
    for size in (*sizes, -sum(sizes)):
        share = model.share(abs(size), held, held + size)
        paid += share * abs(size)
        held += size
    assert abs(paid) < Decimal("1e-6") * 10**18


@pytest.mark.parametrize(("limit", "taken"), [("100.2", "25"), ("100.8", "400"), ("99.9", None)])
def test_a_limit_order_takes_what_its_limit_allows(limit: str, taken: str | None) -> None:
    """0.04 * sqrt(25 / 10,000) = 0.002: at most 25 may be had at 100.2 or better."""
    desk = played(ROOT)
    desk.sends("tl1", "buy", "600", type=OrderType.LIMIT, price=limit, time_in_force="ioc")
    desk.passes()
    assert [fill[:2] for fill in desk.fills()] == ([(limit, taken)] if taken else [])


def test_all_or_nothing_looks_at_the_worse_prices() -> None:
    desk = played(ROOT)
    wish = {"type": OrderType.LIMIT, "price": "100.7", "time_in_force": TimeInForce.FOK}
    desk.sends("tl1", "buy", "400", **wish)
    desk.passes()
    assert desk.fills() == []


def test_an_order_that_rests_pays_no_impact() -> None:
    desk = played(ROOT)
    wish = {"type": OrderType.LIMIT, "price": "99.5", "time_in_force": TimeInForce.GTC}
    desk.sends("tl1", "buy", "10", **wish)
    desk.passes()
    desk.passes(trade("99.5", "10", "sell"))
    assert desk.fills() == [("99.5", "10", "0")]


def test_a_worse_price_is_rounded_against_the_order() -> None:
    third = {"name": "almgren_chriss", "volume": "3", "temporary": "0.00000001"}
    desk = played(third, whole((("1", "9"),), (("2", "9"),)))
    desk.sends("tl1", "buy", "1")
    desk.passes()
    desk.sends("tl2", "sell", "1", reduce_only=True)
    desk.passes()
    assert [fill[0] for fill in desk.fills()] == ["2.00000001", "0.99999999"]


def test_settings_name_the_model() -> None:
    settings = ExecutionSettings.model_validate({"impact": ROOT})
    assert settings.impact == SquareRootImpact(volatility=Decimal("0.04"), volume=Decimal(10000))
    assert ExecutionSettings().impact is None


def test_what_an_order_took_before_counts() -> None:
    """A stop of 400: 225 at once, 0.04 * 0.15 = 0.006; 175 later, as the last of 400: 0.008."""
    desk = played(ROOT, whole((), (("100", "225"),)))
    desk.sends("tl1", "buy", "400", type=OrderType.STOP, trigger="100", time_in_force="gtc")
    desk.passes()
    desk.passes(trade("100", "1", "buy"))
    desk.passes(whole((), (("100", "900"),)))
    assert [fill[:2] for fill in desk.fills()] == [("100.6", "225"), ("100.8", "175")]
