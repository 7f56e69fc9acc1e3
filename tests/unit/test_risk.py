"""The risk gate: no size exceeds a limit or is smaller than need be; rechecks never resize."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.risk import (
    Entry,
    Holding,
    Refused,
    RiskLimits,
    Sized,
    Standing,
    margin_of,
    notional_of,
    recheck,
    size,
)
from schemas.instruments import Instrument, InstrumentStatus, Kind
from schemas.orders import Intent, OrderCommand
from schemas.refusals import Reason
from schemas.ticks import Side
from tests.unit.trading import instrument

LIMITS = RiskLimits()
D = Decimal


def entry(side: Side = "buy", **fields: Any) -> Entry:
    stop = D(97) if side == "buy" else D(103)
    given_: dict[str, Any] = {
        "price": D(100), "stop": stop, "strength": D("0.8"), "confidence": D("0.8"),
    }  # fmt: skip
    return Entry(side, **{**given_, **fields})


def sized(
    asked: Entry | None = None,
    equity: str = "10000",
    limits: RiskLimits = LIMITS,
    traded: Instrument | None = None,
    **standing: Any,
) -> Sized | Refused:
    stands = Standing(D(equity), **standing)
    return size(asked or entry(), traded or instrument(), stands, limits)


@pytest.mark.parametrize(
    ("equity", "fields", "quantity"),
    [
        ("10000", {}, "10.000"),  # 1000 quote of notional
        ("300", {}, "2.000"),  # 2 % of 300 is 6, at 3 a unit
        ("300", {"limits": RiskLimits(risk_per_trade=D(1))}, "4.500"),  # 45 margin, 10 a unit
        ("300", {"traded": instrument(kind=Kind.SPOT)}, "0.450"),  # 45 notional
        ("300", {"margin": D(295)}, "0.500"),  # 5 of margin left
        ("301", {"traded": instrument(lot_size="0.5")}, "2.0"),
        ("300", {"traded": instrument(contract_size="0.1")}, "20.000"),
        ("10000", {"traded": instrument(kind=Kind.INVERSE, contract_size="10")}, "100.000"),
    ],
)
def test_the_tightest_cap_decides(equity: str, fields: dict[str, Any], quantity: str) -> None:
    got = sized(equity=equity, **fields)
    assert isinstance(got, Sized)
    assert str(got.quantity) == quantity
    assert all(check.passed for check in got.checks)


@pytest.mark.parametrize(
    ("asked", "fields", "reason"),
    [
        (entry(stop=D(100)), {}, Reason.STOP_REVERSED),
        (entry(stop=D(0)), {}, Reason.STOP_REVERSED),
        (entry("sell", stop=D(99)), {}, Reason.STOP_REVERSED),
        (entry(), {"equity": "0"}, Reason.NO_EQUITY),
        (entry(), {"equity": "-1"}, Reason.NO_EQUITY),
        (entry(strength=D("0.649")), {}, Reason.WEAK_SIGNAL),
        (entry(confidence=D("0.49")), {}, Reason.LOW_CONFIDENCE),
        (entry(), {"positions": 10}, Reason.TOO_MANY_POSITIONS),
        (entry(), {"margin": D(10000)}, Reason.LEVERAGE_CAP),
        (entry(), {"traded": instrument(status=InstrumentStatus.HALTED)}, Reason.NOT_TRADING),
        (entry("sell"), {"traded": instrument(kind=Kind.SPOT)}, Reason.UNSUPPORTED),
        (entry(), {"traded": instrument(lot_size="11")}, Reason.BELOW_LOT),
        (entry(), {"traded": instrument(minimum_quantity="11")}, Reason.BELOW_LOT),
        (
            entry(), {"traded": instrument(minimum_notional="1000.01")},
            Reason.BELOW_MINIMUM_NOTIONAL,
        ),
    ],
)  # fmt: skip
def test_refusals_name_the_figure_that_failed(
    asked: Entry, fields: dict[str, Any], reason: Reason
) -> None:
    got = sized(asked, **fields)
    assert isinstance(got, Refused)
    assert got.reason is reason
    assert [check.passed for check in got.checks].count(False) == 1
    assert not got.checks[-1].passed


def test_figures_are_told_in_plain_digits() -> None:
    got = sized(equity="300")
    assert isinstance(got, Sized)
    told = {check.name: (check.value, check.limit) for check in got.checks}
    assert told["risk"] == ("6.000", "6.00")
    assert told["symbol_cap"] == ("20.000", "45.00")
    assert told["notional"] == ("200.000", "1000")


PRICES = st.decimals("0.000001", "1000000", places=6)


@given(
    PRICES,
    PRICES,
    st.decimals("0.01", "10000000", places=2),
    st.decimals("0", "1000", places=2),
    st.sampled_from(["0.00001", "0.001", "1", "25"]),
    st.sampled_from(["0.0001", "1", "100"]),
    st.sampled_from(list(Kind)),
)
def test_no_size_exceeds_a_cap_and_one_lot_more_would(
    price: D, stop: D, equity: D, margin: D, lot: str, contract: str, kind: Kind
) -> None:
    traded = instrument(
        kind=kind, lot_size=lot, minimum_quantity="0", minimum_notional=None, contract_size=contract
    )
    asked = entry("buy" if stop < price else "sell", price=price, stop=stop)
    got = sized(asked, str(equity), traded=traded, margin=margin)
    if isinstance(got, Refused):
        return
    with localcontext(prec=60):
        assert got.quantity % D(lot) == 0

        def fits(quantity: D) -> bool:
            notional = notional_of(quantity, price, traded)
            bound = margin_of(notional, kind, LIMITS.leverage)
            lost = quantity * D(contract) * abs(price - stop)
            lost = lost / price if kind is Kind.INVERSE else lost
            return (
                lost <= equity * LIMITS.risk_per_trade
                and bound <= equity * LIMITS.symbol_cap
                and notional <= LIMITS.maximum_position_notional
                and bound <= equity - margin
            )

        assert fits(got.quantity)
        assert not fits(got.quantity + D(lot))


def test_leverage_beyond_twenty_is_no_setting() -> None:
    with pytest.raises(ValidationError):
        RiskLimits(leverage=D("20.1"))


def test_money_does_not_depend_on_the_process_s_decimal_context() -> None:
    expected = sized(equity="333.33")
    with localcontext(prec=3):
        assert sized(equity="333.33") == expected


def command(quantity: str = "5", side: Side = "buy", **fields: Any) -> OrderCommand:
    given_: dict[str, Any] = {
        "client_order_id": "tl1", "account": "main", "venue": "binance",
        "symbol": "BTC/USDT:USDT", "intent": Intent.OPEN, "side": side, "quantity": quantity,
        "expires": 100,
    }  # fmt: skip
    return OrderCommand(**{**given_, **fields})


def refusal(asked: OrderCommand, now: int = 100, held: str | None = None) -> Reason | None:
    holding = None if held is None else Holding(D(held), D(100), D(10000))
    got = recheck(asked, now, LIMITS, instrument(), holding)
    return None if got is None else got.reason


@pytest.mark.parametrize(
    ("asked", "now", "held", "reason"),
    [
        (command(), 100, None, None),
        (command(), 101, None, Reason.EXPIRED),
        (command(reduce_only=True), 101, "-5", Reason.EXPIRED),
        (command(), 0, "0", None),
        (command("500"), 0, "0", None),
        (command(), 0, "5", None),
        (command(), 0, "5.001", Reason.SYMBOL_CAP),
        (command(side="sell"), 0, "-6", Reason.SYMBOL_CAP),
        (command(), 0, "-1", Reason.POSITION_CHANGED),
        (command(reduce_only=True), 0, "-5", None),
        (command(reduce_only=True), 0, "-4.9", Reason.POSITION_CHANGED),
        (command(reduce_only=True), 0, "0", Reason.POSITION_CHANGED),
        (command(reduce_only=True), 0, "5", Reason.POSITION_CHANGED),
        (command(side="sell", reduce_only=True), 0, "5", None),
    ],
)
def test_recheck_refuses_or_lets_through(
    asked: OrderCommand, now: int, held: str | None, reason: Reason | None
) -> None:
    assert refusal(asked, now, held) is reason
