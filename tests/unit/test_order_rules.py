"""What people have set binds the account: halts, modes, strategies, limits and parameters."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from engine.risk import RiskLimits, RiskSettings
from schemas.decisions import Verdict
from schemas.orders import Intent, OrderDecision
from schemas.refusals import Reason
from tests.unit.ordering import account, ask, figures, held, outputs, restarted, state, strategy
from tests.unit.trading import BTC, ETH, SECOND, Input


@pytest.mark.parametrize(
    ("rows", "halted"),
    [
        ([state("halt", "true", 5)], True),
        ([state("halt", "true", 5), state("lifted", "4")], True),
        ([state("halt", "true", 5), state("lifted", "5")], False),
        ([state("halt", "true", 5), state("lifted", "nonsense")], True),
        ([state("halt", "false", 5)], False),
        ([state("stopped", "true")], True),
        ([state("stopped", "false")], False),
        ([state("halt", "true", 5), state("lifted", "9"), state("stopped", "true")], True),
    ],
)
def test_a_halt_holds_until_it_is_lifted(rows: list[Input], halted: bool) -> None:
    order = ask(account(*rows), Verdict.LONG)
    assert order.reason is (Reason.HALTED if halted else None)
    closing = ask(account(held("5"), *rows), Verdict.EXIT)
    assert closing.outcome == "approved"


def test_a_halted_account_does_not_add() -> None:
    order = ask(account(held("5"), state("stopped", "true"), limits=strategy(pyramiding=True)),
                Verdict.LONG)  # fmt: skip
    assert order.reason is Reason.HALTED


def test_in_semi_automatic_mode_a_command_waits_for_a_person() -> None:
    cell = account(state("mode", "semi_automatic"))
    order = ask(cell, Verdict.LONG)
    assert (order.outcome, order.reason) == ("awaiting", None)
    assert order.command is not None
    assert order.command.expires == 300 * SECOND
    cell = restarted(cell)
    assert list(cell.state.awaiting.values()) == [order.command]
    assert ask(cell, Verdict.LONG, 1, seen_time=300 * SECOND).reason is Reason.ORDER_PENDING
    made = outputs(cell, Verdict.LONG, 2, seen_time=300 * SECOND + 1)
    late, lapsed = (each.record for each in made)
    assert isinstance(late, OrderDecision)
    assert isinstance(lapsed, OrderDecision)
    assert late.outcome == "awaiting"
    assert (lapsed.outcome, lapsed.reason, lapsed.origin) == ("refused", Reason.EXPIRED, "strategy")
    assert (lapsed.command, lapsed.strategy) == (order.command, "main")
    assert [each.client_order_id for each in cell.state.awaiting.values()] == [
        late.command and late.command.client_order_id
    ]


def test_what_nobody_approved_is_said_once_and_by_its_own_market() -> None:
    cell = account(state("mode", "semi_automatic"))
    ask(cell, Verdict.LONG)
    other = ask(cell, Verdict.HOLD, key=ETH, seen_time=400 * SECOND)
    assert other.outcome == "held"
    _, lapsed = outputs(cell, Verdict.HOLD, 1, seen_time=400 * SECOND)
    assert isinstance(lapsed.record, OrderDecision)
    assert lapsed.record.reason is Reason.EXPIRED
    assert len(outputs(restarted(cell), Verdict.HOLD, 2, seen_time=401 * SECOND)) == 1


def test_in_manual_mode_a_strategy_neither_enters_nor_leaves() -> None:
    manual = state("mode", "manual")
    for cell, verdict in (
        (account(manual), Verdict.LONG),
        (account(held("5"), manual), Verdict.EXIT),
        (account(held("5"), manual), Verdict.SHORT),
    ):
        order = ask(cell, verdict)
        assert (order.outcome, order.reason) == ("refused", Reason.MANUAL_MODE)
        assert figures(order)["mode"] == ("manual", "automatic", False)
        assert cell.state.pending == {}
    assert ask(account(manual), Verdict.HOLD).outcome == "held"


@pytest.mark.parametrize(
    ("account_mode", "strategy_mode", "row", "outcome"),
    [
        ("paper", None, None, "approved"),
        ("semi_automatic", None, None, "awaiting"),
        ("semi_automatic", None, "automatic", "approved"),
        ("paper", "semi_automatic", None, "awaiting"),
        ("paper", "semi_automatic", "automatic", "awaiting"),
        ("manual", None, None, "refused"),
        ("manual", None, "automatic", "approved"),
        ("manual", "semi_automatic", None, "refused"),
        ("semi_automatic", "manual", None, "refused"),
        ("paper", "manual", "automatic", "refused"),
        ("paper", None, "nonsense", "approved"),
    ],
)
def test_the_stricter_mode_of_account_and_strategy_holds(
    account_mode: str, strategy_mode: str | None, row: str | None, outcome: str
) -> None:
    limits = RiskSettings.model_validate(
        {
            "accounts": {
                "main": {
                    "mode": account_mode, "parameters": {"main": {"mode": strategy_mode}},
                }
            }
        }
    )  # fmt: skip
    rows = [] if row is None else [state("mode", row)]
    assert ask(account(*rows, limits=limits), Verdict.LONG).outcome == outcome


def test_a_stopped_strategy_closes_but_does_not_enter() -> None:
    stopped = state("strategy/main", "stopped")
    order = ask(account(stopped), Verdict.LONG)
    assert order.reason is Reason.STRATEGY_STOPPED
    assert ask(account(held("5"), stopped), Verdict.SHORT).outcome == "approved"
    assert ask(account(stopped), Verdict.LONG, strategy="trend").outcome == "approved"


def test_an_account_trades_the_strategies_that_it_is_set_to() -> None:
    only = RiskSettings.model_validate({"accounts": {"main": {"strategies": ["trend"]}}})
    assert ask(account(limits=only), Verdict.LONG).outcome == "held"
    assert ask(account(limits=only), Verdict.LONG, strategy="trend").outcome == "approved"
    assert ask(account(held("5"), limits=only), Verdict.EXIT).outcome == "approved"
    started = account(state("strategy/main", "started:ETH/USDT:USDT,SOL/USDT:USDT"), limits=only)
    assert ask(started, Verdict.LONG, key=BTC).outcome == "held"
    assert ask(started, Verdict.LONG, key=ETH).outcome == "approved"


def quantity(order: OrderDecision) -> str | None:
    return None if order.command is None else order.command.quantity


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("maximum_position_notional", "500", "5.000"),
        ("risk_per_trade", "0.001", "3.333"),
        ("maximum_positions", "0", None),
        ("profile", "safe", "10.000"),
    ],
)
def test_a_limit_of_a_person_binds_from_then_on(
    name: str, value: str, expected: str | None
) -> None:
    cell = account()
    assert quantity(ask(cell, Verdict.HOLD)) is None
    cell.take(*state(f"limit/{name}", value))
    assert quantity(ask(cell, Verdict.LONG, 1)) == expected


def test_the_safe_profile_of_a_person_brings_its_stop_and_leverage() -> None:
    command = ask(account(state("limit/profile", "safe")), Verdict.LONG).command
    assert command is not None
    assert (command.stop, command.contract.leverage) == ("98", "5")


def test_a_limit_of_a_person_goes_over_a_profile_of_a_person() -> None:
    cell = account(state("limit/leverage", "3"), state("limit/profile", "safe"))
    command = ask(cell, Verdict.LONG).command
    assert command is not None
    assert (command.stop, command.contract.leverage) == ("98", "3")


@pytest.mark.parametrize(
    ("name", "value"), [("leverage", "21"), ("leverage", "much"), ("nothing", "1"), ("groups", "x")]
)
def test_a_limit_that_is_none_is_ignored_and_the_record_says_so(name: str, value: str) -> None:
    order = ask(account(state(f"limit/{name}", value)), Verdict.LONG)
    assert quantity(order) == "10.000"
    assert figures(order)[f"limit/{name}"] == (value, "valid", False)


def test_parameters_of_a_person_change_how_a_strategy_acts() -> None:
    row = state("parameters/main", '{"pyramiding": "true", "period": "14", "stop_percent": "2"}')
    command = ask(account(held("5"), row), Verdict.LONG).command
    assert command is not None
    assert (command.intent, command.stop) == (Intent.ADD, "98")
    for text in ('{"stop_percent": "-1"}', "nonsense", '["pyramiding"]', '{"sizing": "kelly"}'):
        order = ask(account(state("parameters/main", text)), Verdict.LONG)
        assert quantity(order) == "10.000"
        assert figures(order)["parameters/main"] == (text, "valid", False)


def test_what_is_configured_is_checked_when_it_is_read() -> None:
    for wrong in (
        {"accounts": {"main": {"limits": {"leverage": 21}}}},
        {"accounts": {"main": {"limits": {"typo": 1}}}},
        {"strategies": {"main": {"sizing": "kelly"}}},
        {"profile": "reckless"},
    ):
        with pytest.raises(ValidationError):
            RiskSettings.model_validate(wrong)


def test_an_account_s_own_limits_go_over_its_profile_over_the_section() -> None:
    settings = RiskSettings.model_validate(
        {
            "leverage": 7,
            "maximum_positions": 3,
            "accounts": {
                "calm": {"profile": "safe"},
                "own": {"profile": "safe", "limits": {"leverage": 2}},
            },
        }
    )
    got: dict[str, Any] = {name: settings.of(name).limits for name in ("other", "calm", "own")}
    assert [limits.leverage for limits in got.values()] == [7, 5, 2]
    assert [limits.maximum_positions for limits in got.values()] == [3, 3, 3]
    assert [str(limits.risk_per_trade) for limits in got.values()] == ["0.02", "0.01", "0.01"]
    assert RiskLimits(profile="safe", leverage=9).leverage == 9
