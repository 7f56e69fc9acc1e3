"""Money and fees of every kind of contract, against exact fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.costs import LAST_UNIT, Liquidity, ProportionalFees, Rates, flow
from schemas.instruments import Kind
from schemas.orders import Contract

LINEAR, SPOT = Contract(size="0.001"), Contract(kind=Kind.SPOT)
INVERSE = Contract(kind=Kind.INVERSE, size="100")

prices = st.integers(1, 10**20).map(lambda units: Decimal(units).scaleb(-8))
quantities = st.integers(-(10**27), 10**27).map(lambda units: Decimal(units).scaleb(-18))


@given(prices, quantities)
def test_linear_money_is_exact(price: Decimal, quantity: Decimal) -> None:
    exact = Fraction(price) * Fraction(quantity)
    assert Fraction(flow(SPOT, price, quantity)) == exact
    assert Fraction(flow(LINEAR, price, quantity)) == exact / 1000


@given(prices, quantities)
def test_inverse_money_is_rounded_once_and_symmetric(price: Decimal, quantity: Decimal) -> None:
    money = flow(INVERSE, price, quantity)
    exact = -100 * Fraction(quantity) / Fraction(price)
    assert abs(Fraction(money) - exact) <= Fraction(LAST_UNIT) / 2
    assert Fraction(money) == Fraction(round(exact * 10**18), 10**18)
    assert flow(INVERSE, price, quantity.copy_negate()) == money.copy_negate()


def test_a_rising_price_wins_for_a_long_inverse_contract() -> None:
    won = flow(INVERSE, Decimal(50000), Decimal(1)) - flow(INVERSE, Decimal(40000), Decimal(1))
    assert won == Decimal("0.0005")


@pytest.mark.parametrize(
    ("contract", "liquidity", "fee"),
    [
        (SPOT, "taker", "0.1"),
        (SPOT, "maker", "0.1"),
        (LINEAR, "taker", "0.00005"),
        (LINEAR, "maker", "0.00002"),
        (INVERSE, "taker", "0.0005"),
        (INVERSE, "maker", "0.0002"),
    ],
)
def test_fees_of_each_kind_of_market(contract: Contract, liquidity: Liquidity, fee: str) -> None:
    paid = ProportionalFees().fee(contract, Decimal(100), Decimal(1), liquidity)
    assert paid == Decimal(fee)


def test_a_rebate_is_a_negative_fee() -> None:
    fees = ProportionalFees(linear=Rates(maker=Decimal("-0.00005"), taker=Decimal("0.0003")))
    assert fees.fee(Contract(), Decimal(100), Decimal(2), "maker") == Decimal("-0.01")


@given(prices, quantities.map(abs))
def test_fees_are_exact(price: Decimal, quantity: Decimal) -> None:
    fees, worth = ProportionalFees(), Fraction(price) * Fraction(quantity)
    assert Fraction(fees.fee(Contract(), price, quantity, "taker")) == worth * Fraction(5, 10**4)
    assert Fraction(fees.fee(SPOT, price, quantity, "maker")) == worth * Fraction(1, 10**3)
