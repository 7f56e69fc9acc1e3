"""Margins, liquidation prices and the watch on them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.costs import flow
from engine.margin import Terms, watch
from schemas.instruments import Kind
from schemas.orders import Contract
from tests.unit.portfolio_play import CONTRACTS, INVERSE, LINEAR, SPOT, Play

D = Decimal


def contract(kind: Kind, leverage: str, maintenance: str = "0.004", size: str = "1") -> Contract:
    return Contract(kind=kind, size=size, leverage=leverage, maintenance=maintenance)


def liquidation(told: Contract, quantity: str, price: str) -> Decimal | None:
    cost = flow(told, D(price), D(quantity))
    return Terms.of(told).liquidation(D(quantity), cost)


@pytest.mark.parametrize(
    ("kind", "quantity", "leverage", "price"),
    [
        (Kind.LINEAR, "2", "10", "45180.722891566265060"),  # 50000 * 0.9 / 0.996
        (Kind.LINEAR, "-2", "10", "54780.876494023904382"),  # 50000 * 1.1 / 1.004
        (Kind.LINEAR, "2", "1", None),  # paid in full
        (Kind.LINEAR, "-2", "1", "99601.593625498007968"),  # 50000 * 2 / 1.004
        (Kind.INVERSE, "2", "20", "47809.523809523809524"),  # 50000 * 1.004 / 1.05
        (Kind.INVERSE, "-2", "20", "52421.052631578947368"),  # 50000 * 0.996 / 0.95
        (Kind.INVERSE, "-2", "1", None),  # backed by as much base
        (Kind.SPOT, "2", "1", None),
        (Kind.LINEAR, "0", "10", None),
    ],
)
def test_liquidation_prices(kind: Kind, quantity: str, leverage: str, price: str | None) -> None:
    """Entry * (1 -+ 1/L) / (1 -+ m), and for inverse contracts entry * (1 +- m) / (1 +- 1/L)."""
    size = "100" if kind is Kind.INVERSE else "0.001"
    found = liquidation(contract(kind, leverage, size=size), quantity, "50000")
    assert found == (None if price is None else D(price))


leverages = st.integers(2, 100)
rates = st.integers(1, 9).map(lambda one: D(one).scaleb(-3))
prices = st.integers(10**6, 10**14).map(lambda one: D(one).scaleb(-8))
contracts = st.integers(1, 10**9)


@given(st.sampled_from((Kind.LINEAR, Kind.INVERSE)), leverages, rates, prices, contracts,
       st.booleans())  # fmt: skip
def test_at_the_liquidation_price_equity_is_the_maintenance_margin(
    kind: Kind, leverage: int, rate: Decimal, price: Decimal, units: int, long: bool
) -> None:
    told = contract(kind, str(leverage), str(rate), size="100" if kind is Kind.INVERSE else "0.01")
    quantity = D(units if long else -units)
    cost = flow(told, price, quantity)
    found = Terms.of(told).liquidation(quantity, cost)
    assert found is not None
    at, size, signed = Fraction(found), Fraction(told.size), Fraction(quantity)
    worth = signed * size * at if kind is Kind.LINEAR else -signed * size / at
    equity = abs(Fraction(cost)) / leverage + worth - Fraction(cost)
    margin = abs(worth) * Fraction(rate)
    assert abs(equity - margin) <= Fraction(1, 10**9) * margin


@pytest.mark.parametrize(
    ("quantity", "mark", "word"),
    [
        ("1", "100", "ok"), ("1", "120", "ok"), ("1", "92", "ok"), ("1", "91.99", "near"),
        ("1", "90", "breached"), ("1", "80", "breached"), ("-1", "108", "ok"),
        ("-1", "108.01", "near"), ("-1", "110", "breached"), ("-1", "90", "ok"),
    ],
)  # fmt: skip
def test_the_watch(quantity: str, mark: str, word: str) -> None:
    away = D(90) if quantity == "1" else D(110)
    assert watch(D(quantity), D(100), away, D(mark), D("0.8")) == word


def test_margins_are_of_the_notional_at_the_mark() -> None:
    desk = Play()
    desk.fill("buy", "50000", "2000")
    desk.mark("70000")
    told = desk.last(LINEAR)
    assert (told.exposure, told.initial, told.maintenance) == ("140000", "20000", "560")
    desk.fill("sell", "50000", "30", INVERSE)
    told = desk.last(INVERSE)
    assert (told.exposure, told.initial, told.maintenance) == ("3000", "150", "15")
    desk.fill("buy", "2500", "2", SPOT)
    told = desk.last(SPOT)
    assert (told.exposure, told.initial, told.maintenance) == ("5000", "0", "0")
    account = desk.last("*")
    assert (account.exposure, account.initial, account.maintenance) == ("148000", "20150", "575")


def test_a_contract_without_a_rate_has_that_of_the_lowest_tier() -> None:
    desk = Play()
    desk.fill("buy", "50000", "2", contract=contract(Kind.LINEAR, "10", "0"))
    told = desk.last(LINEAR)
    assert told.maintenance == "400"
    assert told.liquidation == "45180.72289156626506"
    assert told.contract == contract(Kind.LINEAR, "10", "0.004")


def test_the_account_watches_its_worst_position() -> None:
    desk = Play()
    desk.fill("buy", "100", "1")  # liquidated at 100 * (6/7) / 0.996 = 86.06
    desk.fill("buy", "2500", "2", SPOT)
    assert [desk.last(key).watch for key in (LINEAR, SPOT, "*")] == ["ok", "ok", "ok"]
    desk.mark("88")
    assert [desk.last(key).watch for key in (LINEAR, SPOT, "*")] == ["near", "ok", "near"]
    desk.mark("86")
    desk.restart()
    desk.mark("2500", SPOT)
    assert [desk.last(key).watch for key in (LINEAR, SPOT, "*")] == ["breached", "ok", "breached"]
    desk.mark("100")
    assert desk.last("*").watch == "ok"


def test_terms_are_those_of_the_contract() -> None:
    assert Terms.of(CONTRACTS[LINEAR]) == Terms(Kind.LINEAR, D("0.001"), D(7), D("0.004"))
    assert Terms.of(Contract(leverage="0")).leverage == 1
