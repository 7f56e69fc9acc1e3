"""Money of a depth run: conserved for any orders, and worked by hand to the last digit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from engine.costs import ProportionalFees, Rates
from engine.depth import layout as at
from engine.depth.columns import DepthColumns
from engine.depth.desk import DepthLog, DepthRules
from engine.depth.earned import curve, earned
from schemas.instruments import Kind
from schemas.orders import Contract
from tests.unit.depth_play import columns_of, played
from tests.unit.depth_tapes import EVERY, asked, markets, scripts, side, tape
from tests.unit.market_tape import depth, record, trade, whole

RATES = Rates(maker=Decimal("-0.0001"), taker=Decimal("0.0005"))
FEES = ProportionalFees(linear=RATES, inverse=RATES)
LINEAR, INVERSE = Contract(size="0.01"), Contract(kind=Kind.INVERSE, size="100")


def worth(contract: Contract, price: Fraction, quantity: Fraction) -> Fraction:
    """By the definition of each kind of contract."""
    if contract.kind is Kind.LINEAR:
        return price * quantity * Fraction(contract.size)
    exact = -quantity * Fraction(contract.size) / price
    return Fraction(round(exact * 10**18), 10**18)


def others(columns: DepthColumns, log: DepthLog, contract: Contract) -> dict[str, Fraction]:
    """What the venue and the other side of each fill have got, from the log alone."""
    cash = held = venue = Fraction(0)
    for row in log.events.tolist():
        if row[at.E_KIND] != at.FILLED_BY:
            continue
        sign = 1 if log.commands[row[at.E_ID], at.C_SIDE] == at.BUY else -1
        price = Fraction(row[at.E_PRICE] * columns.tick, 10**20)
        quantity = Fraction(row[at.E_QUANTITY] * columns.lot, 10**18)
        money = worth(contract, price, sign * quantity)
        rate = RATES.maker if row[at.E_WHY] == at.MAKER else RATES.taker
        cash, held = cash + money, held - sign * quantity
        venue += Fraction(rate) * abs(money)
    return {"cash": cash, "held": held, "venue": venue}


@pytest.mark.parametrize("contract", [LINEAR, INVERSE], ids=["linear", "inverse"])
@given(market=markets, script=scripts)
@settings(max_examples=40, deadline=None)
def test_what_an_account_loses_somebody_has_got(
    contract: Contract, market: Any, script: Any
) -> None:
    columns = columns_of(tape(market))
    log = played(columns, DepthRules(latencies=(3,)), [*map(asked, script)], EVERY)
    found, world = earned(columns, log, contract, FEES), others(columns, log, contract)
    mid = Fraction(found.mid or 0)
    left = worth(contract, mid, world["held"]) if world["held"] and mid else Fraction(0)
    if found.profit is not None:
        assert -Fraction(found.profit) == world["venue"] + world["cash"] + left
    assert Fraction(found.position) == -world["held"]
    assert Fraction(found.fees) == world["venue"]
    last = int(log.samples[-1, at.S_POSITION])
    assert last * columns.lot == found.position * 10**18


def test_by_hand() -> None:
    """Bid 99, ask 101. 2 are bought at 101 (taken: fee 0.101), 1 sold at 103 as maker (rebate
    0.0103) after the 3 before it; the mid ends at 101.5."""
    book = (side([(99, 3)]), side([(101, 2), (103, 3)]))
    records = [
        record(0, 1_000, whole(*book)), record(1, 1_025, trade("103", "4", "buy")),
        record(2, 1_041, depth(side([(99, 0), (100, 5)]), side([(101, 0)]))),
        record(3, 1_060, trade("100", "1", "sell")),
    ]  # fmt: skip
    columns = columns_of(records)
    script = [(0, at.PLACE, at.BUY, 105, 2, at.IOC), (0, at.PLACE, at.SELL, 103, 1, at.POST_ONLY)]
    log = played(columns, DepthRules(latencies=(3,)), script, EVERY)
    found = earned(columns, log, Contract(), FEES)
    assert (found.makers, found.takers, found.orders) == (1, 1, 2)
    assert (found.position, found.cash) == (Decimal(1), Decimal("-99"))
    assert found.fees == Decimal("0.101") - Decimal("0.0103")
    assert found.mid == Decimal("101.5")
    assert found.profit == Decimal("2.4093")
    points = curve(columns, log, Contract(), FEES)
    assert points.profit[-1] == pytest.approx(2.4093)
    assert points.fallen == pytest.approx(2.101)
