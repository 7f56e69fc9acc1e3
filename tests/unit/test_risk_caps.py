"""Caps over several symbols, and the gate at the moment of sending."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.risk import Holding, RiskLimits, recheck
from schemas import names
from schemas.decisions import Verdict
from schemas.instruments import Kind
from schemas.orders import Contract, Intent, OrderCommand, OrderType, TimeInForce
from schemas.refusals import Reason
from tests.unit.ordering import account, ask, figures, held
from tests.unit.trading import BTC, Input, instrument

D = Decimal
OKX = "binance:BTC/USDC:USDC"
SYMBOLS = tuple(f"binance:{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "XRP"))
WIDE: dict[str, Any] = {"maximum_position_notional": D(10**6), "risk_per_trade": D(1)}


def listed(*keys: str) -> list[Input]:
    return [(names.INSTRUMENTS, instrument(key, seq=9)) for key in keys]


def holding(key: str, quantity: str, **fields: Any) -> Input:
    return held(quantity, key=key, **fields)


def test_one_base_asset_may_bind_no_more_than_its_share() -> None:
    """BTC against USDC binds 250 of the 300 that are 30 % of 1000: 50 are left, 10 a unit."""
    limits = RiskLimits(**WIDE, symbol_cap=D("0.9"))
    cell = account(*listed(OKX), holding(OKX, "25"), limits=limits, equity="1000")
    order = ask(cell, Verdict.LONG)
    assert order.command is not None
    assert order.command.quantity == "5.000"
    assert figures(order)["concentration"] == ("300.000", "300.00", True)


@pytest.mark.parametrize(("quantity", "reason"), [("30", "concentration"), ("29.9999", None)])
def test_a_base_asset_that_has_its_share_takes_no_more(quantity: str, reason: str | None) -> None:
    limits = RiskLimits(**WIDE, symbol_cap=D("0.9"))
    cell = account(*listed(OKX), holding(OKX, quantity), limits=limits, equity="1000")
    order = ask(cell, Verdict.LONG)
    assert order.reason == (reason or Reason.CONCENTRATION)  # 0.001 left is less than a lot
    assert figures(order)["concentration"][2] is (reason is None)


@pytest.mark.parametrize(
    ("verdict", "quantity"), [(Verdict.LONG, "5.000"), (Verdict.SHORT, "15.000")]
)
def test_a_group_binds_half_of_equity_in_one_direction(verdict: Verdict, quantity: str) -> None:
    """ETH, SOL and XRP are long with 150 each: of 500 a long BTC has 50 left, a short one all."""
    others = [holding(key, "15") for key in SYMBOLS[1:]]
    cell = account(*listed(*SYMBOLS), *others, limits=RiskLimits(**WIDE), equity="1000")
    order = ask(cell, verdict)
    assert order.command is not None
    assert order.command.quantity == quantity


def test_groups_may_be_configured_by_base_or_symbol() -> None:
    others = [holding(key, "15") for key in SYMBOLS[1:]]
    for members, quantity in (
        (("BTC", "ETH"), "15.000"),
        (("BTC/USDT:USDT", "ETH", "SOL", "XRP"), "5.000"),
    ):
        limits = RiskLimits(**WIDE, groups={"majors": members})
        order = ask(account(*listed(*SYMBOLS), *others, limits=limits, equity="1000"), Verdict.LONG)
        assert order.command is not None
        assert order.command.quantity == quantity


def test_a_full_group_is_the_reason() -> None:
    others = [holding(key, "20") for key in SYMBOLS[1:]]
    order = ask(
        account(*listed(*SYMBOLS), *others, limits=RiskLimits(**WIDE), equity="1000"), Verdict.LONG
    )
    assert order.reason is Reason.CORRELATION
    assert figures(order)["correlation"] == ("600", "500.00", False)
    assert order.assessment is not None
    assert order.assessment.suggested == "0"


def test_a_position_binds_the_margin_of_the_leverage_that_it_was_opened_with() -> None:
    """20 at 100 on leverage 2 bind 1000 of 1000."""
    contract = Contract(leverage="2")
    cell = account(*listed(*SYMBOLS), holding(SYMBOLS[1], "20", contract=contract), equity="1000")
    assert ask(cell, Verdict.LONG).reason is Reason.LEVERAGE_CAP


def test_an_inverse_position_is_worth_its_contracts() -> None:
    """30 contracts of 100 USD bind 300 of 1000, whatever the price."""
    key = "binance:BTC/USD:BTC"
    contract = Contract(kind=Kind.INVERSE, size="100", leverage="10")
    cell = account(
        holding(key, "-30", contract=contract, mark="50000"),
        limits=RiskLimits(**WIDE, symbol_cap=D("0.9")),
        equity="1000",
    )
    order = ask(cell, Verdict.LONG)
    assert order.reason is Reason.CONCENTRATION
    assert figures(order)["concentration"] == ("300", "300.00", False)


def command(quantity: str = "5", side: Any = "buy", **fields: Any) -> OrderCommand:
    given: dict[str, Any] = {
        "client_order_id": "tl1", "account": "main", "venue": "binance", "symbol": BTC,
        "intent": Intent.OPEN, "side": side, "quantity": quantity, "expires": 100,
    }  # fmt: skip
    return OrderCommand(**{**given, **fields})


GTC: dict[str, Any] = {"type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}


@pytest.mark.parametrize(
    ("asked", "now", "quantity", "resting", "reason"),
    [
        (command(action="cancel"), 101, "0", "0", None),
        (command(action="modify"), 100, "-5", "0", None),
        (command(action="modify"), 101, "-5", "0", Reason.EXPIRED),
        (command(action="protect"), 100, "0", "0", None),
        (command(action="protect"), 101, "5", "0", Reason.EXPIRED),
        (command("5"), 0, "0", "5", None),
        (command("5.1"), 0, "0", "5", Reason.SYMBOL_CAP),
        (command("5"), 0, "3", "3", Reason.SYMBOL_CAP),
        (command("5"), 0, "0", "-8", None),
        (command("5", reduce_only=True), 0, "-3", "0", Reason.POSITION_CHANGED),
        (command("5", reduce_only=True, **GTC), 0, "-3", "0", None),
        (command("5", reduce_only=True, role="stop"), 0, "-3", "0", None),
        (command("5", reduce_only=True, role="stop"), 0, "0", "0", Reason.POSITION_CHANGED),
        (command("5", reduce_only=True, **GTC), 0, "3", "0", Reason.POSITION_CHANGED),
        (command("5", reduce_only=True, type=OrderType.STOP), 0, "-3", "0", None),
    ],
)
def test_at_the_moment_of_sending(
    asked: OrderCommand, now: int, quantity: str, resting: str, reason: Reason | None
) -> None:
    there = Holding(D(quantity), D(100), D(10000), D(resting))
    got = recheck(asked, now, RiskLimits(), None, there)
    assert (None if got is None else got.reason) is reason


def test_the_contract_of_the_command_tells_what_it_is_worth() -> None:
    there = Holding(D(1), D(100), D(10000))
    big = command("5", contract=Contract(size="10", leverage="10"))
    got = recheck(big, 0, RiskLimits(), None, there)
    assert got is not None
    assert got.reason is Reason.SYMBOL_CAP
