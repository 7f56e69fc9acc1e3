"""Open, close, add, reduce, adjust, hold: what a verdict asks of what is held."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.risk import RiskSettings
from schemas import names
from schemas.decisions import Verdict
from schemas.instruments import Kind
from schemas.orders import Intent
from schemas.refusals import Reason
from tests.unit.ordering import account, ask, figures, held, restarted, strategy
from tests.unit.trading import Input, instrument, position

ADDING = strategy(pyramiding=True, maximum_adds=2)
TRAILING = strategy(trailing=True)


def test_an_open_says_what_a_unit_of_quantity_is() -> None:
    cell = account((names.INSTRUMENTS, instrument(seq=1, maintenance="0.004")))
    command = ask(cell, Verdict.LONG).command
    assert command is not None
    assert command.strategy == "main"
    assert command.contract.model_dump() == {
        "kind": Kind.LINEAR, "size": "1", "leverage": "10", "maintenance": "0.004",
    }  # fmt: skip


def test_the_same_side_adds_up_to_what_is_left_of_the_tightest_cap() -> None:
    order = ask(account(held("4", stop="97"), limits=ADDING), Verdict.LONG)
    assert order.command is not None
    assert (order.command.intent, order.command.side) == (Intent.ADD, "buy")
    assert order.command.quantity == "6.000"  # 1000 quote of notional, 400 held
    assert not order.command.reduce_only
    assert order.command.stop == "97"
    assert figures(order)["notional"] == ("1000.000", "1000", True)


def test_the_risk_of_what_is_held_counts_to_its_own_stop() -> None:
    """2 % of 300 is 6; 1 held risks 1.5 to its stop at 98.5; 4.5 are left at 3 a unit."""
    cell = account(held("1", stop="98.5"), limits=ADDING, equity="300")
    command = ask(cell, Verdict.LONG).command
    assert command is not None
    assert command.quantity == "1.500"


def test_no_more_adds_than_the_strategy_may_have() -> None:
    cell = account(held("1", stop="97"), limits=ADDING)
    small: dict[str, Any] = {"entry": "100", "stop": "50"}  # 2 % of risk: 4 units
    for n, quantity in enumerate(("1", "2"), start=1):
        cell = restarted(cell)
        command = ask(cell, Verdict.LONG, n, **small).command
        assert command is not None
        done = position(
            n, quantity, strategy="main", stop="99.9", mark="100",
            last_order=command.client_order_id,
        )  # fmt: skip
        cell.take(names.PORTFOLIO, done)
    order = ask(cell, Verdict.LONG, 3, **small)
    assert order.reason is Reason.ALREADY_IN_POSITION
    assert figures(order) == {"adds": ("3", "2", False)}


@pytest.mark.parametrize(
    ("quantity", "stop", "decided", "new"),
    [
        ("5", "95", "97", "97"),
        ("5", "96.9", "97", "97"),
        ("5", "96.91", "97", None),
        ("5", "98", "97", None),
        ("5", None, "97", "97"),
        ("-5", "105", "103", "103"),
        ("-5", "103.1", "103", "103"),
        ("-5", "103", "103", None),
        ("-5", "102", "103", None),
    ],
)
def test_a_trailing_stop_only_moves_tighter_and_by_a_tick(
    quantity: str, stop: str | None, decided: str, new: str | None
) -> None:
    verdict = Verdict.LONG if quantity == "5" else Verdict.SHORT
    order = ask(account(held(quantity, stop=stop), limits=TRAILING), verdict, stop=decided)
    if new is None:
        assert (order.outcome, order.reason) == ("refused", Reason.ALREADY_IN_POSITION)
        return
    command = order.command
    assert command is not None
    assert (command.action, command.intent, command.stop) == ("protect", Intent.ADJUST, new)
    assert (command.quantity, command.reduce_only, command.target) == ("5", True, None)
    assert command.side == ("sell" if quantity == "5" else "buy")


def test_one_adjustment_at_a_time_and_the_next_once_the_stop_is_in_force() -> None:
    cell = account(held("5", stop="90"), limits=TRAILING)
    assert ask(cell, Verdict.LONG, 0, stop="95").outcome == "approved"
    assert ask(cell, Verdict.LONG, 1, stop="96").outcome == "refused"
    cell.take(names.PORTFOLIO, held("5", 1, stop="95.0")[1])
    assert ask(cell, Verdict.LONG, 2, stop="96").outcome == "approved"
    assert ask(cell, Verdict.EXIT, 3).outcome == "approved"  # an adjustment keeps nobody in


def test_where_adding_is_refused_the_stop_is_trailed() -> None:
    limits = strategy(pyramiding=True, trailing=True)
    command = ask(account(held("10", stop="90"), limits=limits), Verdict.LONG).command
    assert command is not None
    assert command.intent is Intent.ADJUST


@pytest.mark.parametrize(
    ("reduce", "strength", "quantity", "intent", "expected"),
    [
        (True, 0.3, "5", Intent.REDUCE, "2.500"),
        (True, 0.3, "0.003", Intent.REDUCE, "0.001"),
        (True, 0.3, "0.001", Intent.REDUCE, "0.001"),
        (True, 0.8, "5", Intent.CLOSE, "5"),
        (False, 0.3, "5", Intent.CLOSE, "5"),
    ],
)
def test_a_weak_opposite_verdict_halves_where_the_strategy_reduces(
    reduce: bool, strength: float, quantity: str, intent: Intent, expected: str
) -> None:
    cell = account(held(quantity), limits=strategy(reduce=reduce))
    order = ask(cell, Verdict.SHORT, strength=strength)
    assert order.command is not None
    assert (order.command.intent, order.command.quantity) == (intent, expected)
    assert (order.command.side, order.command.reduce_only) == ("sell", True)
    assert order.assessment is not None


@pytest.mark.parametrize("verdict", [Verdict.LONG, Verdict.SHORT])
def test_a_position_belongs_to_the_strategy_that_opened_it(verdict: Verdict) -> None:
    order = ask(account(held("5", strategy="trend"), limits=ADDING), verdict)
    assert order.reason is Reason.OTHER_STRATEGY
    assert figures(order) == {"strategy": ("main", "trend", False)}


def test_another_strategy_s_exit_is_none() -> None:
    cell = account(held("5", strategy="trend"))
    assert ask(cell, Verdict.EXIT).outcome == "held"
    command = ask(cell, Verdict.EXIT, 1, strategy="trend").command
    assert command is not None
    assert command.strategy == "trend"


def test_the_second_strategy_waits_for_the_first_one_s_order() -> None:
    cell = account()
    assert ask(cell, Verdict.LONG).outcome == "approved"
    assert ask(cell, Verdict.SHORT, 1, strategy="trend").reason is Reason.ORDER_PENDING


@pytest.mark.parametrize(
    ("settings", "fields", "stop", "target"),
    [
        ({}, {}, "97", "106"),
        ({}, {"stop": None, "target": None}, "97", "106"),
        ({"stop_percent": "2"}, {}, "98", "106"),
        ({"stop_percent": "2.04", "target_percent": "4.04"}, {}, "97.9", "104.1"),
        ({"stop_atr": "2", "target_atr": "3"}, {"atr": 1.5}, "97", "104.5"),
        ({"stop_atr": "2", "stop_percent": "5"}, {}, "95", "106"),  # no ATR is known
        ({"risk": {"profile": "safe"}}, {}, "98", "106"),
        ({"risk": {"profile": "safe"}, "stop_percent": "4"}, {}, "96", "106"),
    ],
)
def test_stops_and_targets_are_the_decision_s_unless_the_account_has_its_own(
    settings: dict[str, Any], fields: dict[str, Any], stop: str, target: str
) -> None:
    command = ask(account(limits=strategy(**settings)), Verdict.LONG, **fields).command
    assert command is not None
    assert (command.stop, command.target) == (stop, target)


def test_the_stops_of_a_short_are_rounded_away_from_the_entry() -> None:
    limits = strategy(stop_percent="2.04", target_percent="4.04")
    command = ask(account(limits=limits), Verdict.SHORT).command
    assert command is not None
    assert (command.stop, command.target) == ("102.1", "95.9")


@pytest.mark.parametrize(
    ("settings", "quantity"),
    [
        ({}, "2.000"),  # 2 % of 300 over 3 a unit
        ({"risk": {"risk_per_trade": "0.01"}}, "1.000"),
        ({"risk": {"profile": "safe"}}, "1.500"),  # 1 % over the safe stop of 2 a unit
    ],
)
def test_the_share_at_risk_follows_limits_and_profile(
    settings: dict[str, Any], quantity: str
) -> None:
    command = ask(account(limits=strategy(**settings), equity="300"), Verdict.LONG).command
    assert command is not None
    assert command.quantity == quantity


def test_a_strategy_may_risk_less_than_the_account_but_never_more() -> None:
    for share, quantity in (("0.005", "0.500"), ("0.5", "2.000")):
        limits = RiskSettings.model_validate({"strategies": {"main": {"risk": share}}})
        command = ask(account(limits=limits, equity="300"), Verdict.LONG).command
        assert command is not None
        assert command.quantity == quantity


@pytest.mark.parametrize(
    ("win_rate", "payoff", "quantity"),
    [
        ("0.34", "2", "0.500"),  # (0.34 - 0.66 / 2) / 2 = 0.005 of 300, over 3
        ("0.6", "2", "2.000"),  # 0.2: no more than the account's 2 %
        ("0.3", "2", None),  # no edge
    ],
)
def test_kelly_sizes_by_the_edge(win_rate: str, payoff: str, quantity: str | None) -> None:
    limits = strategy(sizing="kelly", win_rate=win_rate, payoff=payoff)
    order = ask(account(limits=limits, equity="300"), Verdict.LONG)
    if quantity is None:
        assert order.reason is Reason.BELOW_LOT
        assert figures(order)["risk"] == ("0", "0", False)
    else:
        assert order.command is not None
        assert order.command.quantity == quantity


def test_spot_is_bought_without_leverage_and_never_sold_short() -> None:
    spot: Input = names.INSTRUMENTS, instrument("binance:BTC/USDT", kind=Kind.SPOT)
    order = ask(account(spot, equity="1000"), Verdict.LONG, key="binance:BTC/USDT")
    assert order.command is not None
    assert order.command.quantity == "1.500"  # 15 % of equity is the whole notional
    assert order.command.contract.leverage == "1"
    short = ask(account(spot), Verdict.SHORT, key="binance:BTC/USDT")
    assert short.reason is Reason.UNSUPPORTED


def test_an_inverse_contract_is_reckoned_in_its_quote() -> None:
    """COIN-M: contracts of 100 USD at 50000, stop 3 % below; 1000 of notional are 10 contracts.

    Ten lose 1000 / 48500 - 1000 / 50000 BTC = 0.000618557 BTC, which is 30 USD at the stop.
    """
    key = "binance:BTC/USD:BTC"
    coin: Input = names.INSTRUMENTS, instrument(
        key, kind=Kind.INVERSE, contract_size="100", lot_size="1", minimum_quantity="1",
        minimum_notional=None,
    )  # fmt: skip
    at: dict[str, Any] = {
        "entry": "50000", "stop": "48500", "target": "53000", "bid": ("49999.9", "1"),
        "ask": ("50000", "1"), "key": key,
    }  # fmt: skip
    order = ask(account(coin), Verdict.LONG, **at)
    assert order.command is not None
    assert order.command.quantity == "10"
    assert figures(order)["risk"] == ("30", "200.00", True)
    assert figures(order)["symbol_cap"] == ("100", "1500.00", True)
    assert (Decimal(1000) / 48500 - Decimal(1000) / 50000) * 48500 == pytest.approx(Decimal(30))
    exact = ask(account(coin, equity="450"), Verdict.LONG, **at)
    assert exact.command is not None
    assert exact.command.quantity == "3"  # 9 of risk, 3 a contract
