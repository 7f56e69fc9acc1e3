"""What an account does about a decision, and that its own orders never exceed a cap."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.identity import client_order_id
from engine.orders import OrdersStage
from engine.risk import RiskLimits
from engine.stage import Cell
from schemas import names
from schemas.codec import decode, encode
from schemas.decisions import Verdict
from schemas.instruments import InstrumentStatus
from schemas.orders import Intent, OrderDecision
from schemas.portfolio import Portfolio
from schemas.refusals import Reason
from schemas.system import Snapshot
from tests.recorded import long
from tests.unit.trading import (
    ACCOUNT,
    BTC,
    ETH,
    SECOND,
    Input,
    decision,
    feed,
    halt,
    instrument,
    opening,
    position,
    worth,
)

LIMITS = RiskLimits()
SYMBOL = "BTC/USDT:USDT"


def account(*inputs: Input, limits: RiskLimits = LIMITS) -> Cell[Any]:
    """A cell that may trade BTC and ETH and has taken `inputs`."""
    cell: Cell[Any] = Cell.fresh(OrdersStage((ACCOUNT,), limits), ACCOUNT)
    feed(cell, [*opening(), *inputs])
    return cell


def ask(cell: Cell[Any], verdict: Verdict, seq: int = 0, **fields: Any) -> OrderDecision:
    """The account's answer to one decision."""
    (output,) = cell.take(names.DECISIONS, decision(seq, verdict, **fields))
    assert isinstance(output.record, OrderDecision)
    assert output.key == f"{ACCOUNT}:{output.record.symbol}"
    return output.record


def held(quantity: str, **fields: Any) -> Input:
    return names.PORTFOLIO, position(0, quantity, **fields)


def test_long_while_flat_opens_with_the_decision_s_stop_and_target() -> None:
    order = ask(account(), Verdict.LONG, seq=4)
    command = order.command
    assert command is not None
    assert (order.outcome, order.tick, command.intent) == ("approved", 4, Intent.OPEN)
    assert (command.side, command.quantity, command.stop, command.target) == (
        "buy", "10.000", "97", "106",
    )  # fmt: skip
    assert command.expires == 4 * SECOND + LIMITS.order_lifetime
    assert command.client_order_id == client_order_id(f"{BTC}-4", ACCOUNT, 0)
    assert not command.reduce_only
    assert {read.topic for read in order.reads} == {
        names.DECISIONS, names.PORTFOLIO, names.INSTRUMENTS,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "verdict", "side"),
    [("-2.5", "long", "buy"), ("2.5", "short", "sell"), ("2.5", "exit", "sell")],
)
def test_the_other_side_and_exits_close_the_whole_position(
    quantity: str, verdict: str, side: str
) -> None:
    cell = account(held(quantity), (names.STATE, halt(0, "true")))
    command = ask(cell, Verdict(verdict)).command
    assert command is not None
    assert (command.intent, command.side, command.quantity) == (Intent.CLOSE, side, "2.5")
    assert command.reduce_only
    assert command.stop is None


@pytest.mark.parametrize(
    ("inputs", "verdict", "fields", "reason"),
    [
        ([(names.STATE, halt(0, "true"))], "long", {}, Reason.HALTED),
        ([held("1")], "long", {}, Reason.ALREADY_IN_POSITION),
        ([held("-1")], "short", {}, Reason.ALREADY_IN_POSITION),
        ([held("1", venue="okx")], "short", {}, Reason.ALREADY_IN_POSITION),
        ([(names.PORTFOLIO, worth(1, None))], "long", {}, Reason.NO_EQUITY),
        ([], "long", {"key": "binance:X/USDT:USDT"}, Reason.NO_INSTRUMENT),
        ([], "refused", {"reason": Reason.STALE_BOOK}, Reason.STALE_BOOK),
        ([], "long", {"strength": 0.6}, Reason.WEAK_SIGNAL),
        ([], "long", {"stop": "100"}, Reason.STOP_REVERSED),
        ([], "long", {"target": "100"}, Reason.STOP_REVERSED),
        (
            [(names.INSTRUMENTS, instrument(seq=1, status=InstrumentStatus.HALTED))],
            "long", {}, Reason.NOT_TRADING,
        ),
    ],
)  # fmt: skip
def test_refusals(
    inputs: list[Input], verdict: str, fields: dict[str, Any], reason: Reason
) -> None:
    order = ask(account(*inputs), Verdict(verdict), **fields)
    assert (order.outcome, order.reason, order.command) == ("refused", reason, None)


@pytest.mark.parametrize(
    ("inputs", "verdict", "fields"),
    [
        ([], "hold", {}),
        ([], "exit", {}),
        ([held("0")], "exit", {}),
        ([held("1", venue="okx")], "exit", {}),
        ([], "long", {"clock": True}),
    ],
)
def test_nothing_asked_is_held(inputs: list[Input], verdict: str, fields: dict[str, Any]) -> None:
    order = ask(account(*inputs), Verdict(verdict), **fields)
    assert (order.outcome, order.reason, order.command) == ("held", None, None)


def test_a_halt_that_is_lifted_lets_entries_through_again() -> None:
    cell = account((names.STATE, halt(0, "true")), (names.STATE, halt(1, "false")))
    assert ask(cell, Verdict.LONG).outcome == "approved"


def test_an_order_blocks_its_symbol_until_the_portfolio_names_it() -> None:
    cell = account()
    command = ask(cell, Verdict.LONG).command
    assert command is not None
    assert ask(cell, Verdict.LONG, 1).reason is Reason.ORDER_PENDING
    feed(cell, [held("4", last_order="another")])
    assert ask(cell, Verdict.EXIT, 2).reason is Reason.ORDER_PENDING
    feed(cell, [(names.PORTFOLIO, position(1, "10", last_order=command.client_order_id))])
    assert ask(cell, Verdict.LONG, 3).reason is Reason.ALREADY_IN_POSITION


def test_an_order_that_nobody_hears_of_blocks_until_the_portfolio_has_passed_its_grace() -> None:
    cell = account()
    ask(cell, Verdict.LONG)
    assert ask(cell, Verdict.LONG, 1, seen_time=999 * SECOND).reason is Reason.ORDER_PENDING
    feed(cell, [(names.PORTFOLIO, position(0, "0", seen_time=15 * SECOND))])
    assert ask(cell, Verdict.LONG, 2, seen_time=999 * SECOND).reason is Reason.ORDER_PENDING
    feed(cell, [(names.PORTFOLIO, position(1, "0", seen_time=15 * SECOND + 1))])
    assert ask(cell, Verdict.LONG, 3, seen_time=999 * SECOND).outcome == "approved"


def test_orders_under_way_count_as_positions() -> None:
    cell = account(limits=RiskLimits(maximum_positions=1))
    ask(cell, Verdict.LONG)
    assert ask(cell, Verdict.LONG, key=ETH).reason is Reason.TOO_MANY_POSITIONS


def test_orders_under_way_outlive_a_restart() -> None:
    cell = account(limits=RiskLimits(maximum_positions=1))
    ask(cell, Verdict.LONG)
    cell = Cell.restore(cell.stage, decode(Snapshot, encode(cell.snapshot())))
    assert ask(cell, Verdict.LONG, 1).reason is Reason.ORDER_PENDING
    assert ask(cell, Verdict.LONG, key=ETH).reason is Reason.TOO_MANY_POSITIONS


def test_margin_in_use_leaves_less_for_the_next() -> None:
    inputs = (names.PORTFOLIO, worth(1, "1000")), held("98", key=ETH, mark="100")
    cell = account(*inputs, limits=RiskLimits(correlation=Decimal(1)))
    command = ask(cell, Verdict.LONG).command
    assert command is not None
    assert command.quantity == "2.000"


def test_records_go_to_the_accounts_that_they_concern() -> None:
    stage = OrdersStage(("a", "b"), LIMITS)
    assert stage.cells_of(names.DECISIONS, BTC) == ("a", "b")
    assert stage.cells_of(names.INSTRUMENTS, BTC) == ("a", "b")
    assert stage.cells_of(names.PORTFOLIO, f"a:{SYMBOL}") == ("a",)
    assert stage.cells_of(names.STATE, "b:halt") == ("b",)
    assert stage.cells_of(names.STATE, "c:halt") == ()


KEYS = tuple(f"binance:{base}/USDT:USDT" for base in "ABCDE")
TIGHT = RiskLimits(maximum_positions=3)
EQUITY = Decimal(1000)
LONGEST = 14 * SECOND
"""Feedback that is later than an order's life and grace is no feedback: see `GRACE`."""


@dataclass
class Desk:
    """A venue where an order fills whole at 100 or not at all, and tells of it late."""

    cell: Cell[Any]
    now: int = 0
    held: dict[str, Decimal] = field(default_factory=dict)
    seqs: dict[str, int] = field(default_factory=dict)
    letters: list[tuple[int, Portfolio]] = field(default_factory=list)

    def ask(self, key: str, verdict: Verdict, fills: bool, delay: int) -> OrderDecision:
        """One decision now, and what the venue makes of the answer."""
        due = [each for each in self.letters if each[0] <= self.now]
        self.letters = [each for each in self.letters if each[0] > self.now]
        feed(self.cell, [(names.PORTFOLIO, letter) for _, letter in due])
        seq = self.seqs[key] = self.seqs.get(key, -1) + 1
        order = ask(self.cell, verdict, seq, key=key, seen_time=self.now)
        if order.command is not None:
            self._work(key, order, fills, delay)
        return order

    def _work(self, key: str, order: OrderDecision, fills: bool, delay: int) -> None:
        assert order.command is not None
        signed = Decimal(order.command.quantity) * (1 if order.command.side == "buy" else -1)
        before = self.held.get(key, Decimal(0))
        self.held[key] = after = before + signed if fills else before
        seq = self.seqs[order.key] = self.seqs.get(order.key, -1) + 1
        letter = position(seq, format(after, "f"), key, last_order=order.command.client_order_id)
        self.letters.append((self.now + delay, letter))

    def check(self) -> None:
        """No cap is exceeded by what is held in truth."""
        notionals = [abs(quantity) * 100 for quantity in self.held.values() if quantity]
        assert len(notionals) <= TIGHT.maximum_positions
        for notional in notionals:
            assert notional <= TIGHT.maximum_position_notional
            assert notional / TIGHT.leverage <= EQUITY * TIGHT.symbol_cap
            assert notional * Decimal("0.03") <= EQUITY * TIGHT.risk_per_trade
        assert sum(notionals) / TIGHT.leverage <= EQUITY


@settings(max_examples=long(150, 50), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(KEYS),
            st.sampled_from([Verdict.LONG, Verdict.SHORT, Verdict.EXIT, Verdict.HOLD]),
            st.booleans(),
            st.integers(0, LONGEST),
            st.integers(0, 3 * SECOND),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_no_account_exceeds_a_cap_by_its_own_orders(
    steps: list[tuple[str, Verdict, bool, int, int, bool]],
) -> None:
    desk = Desk(Cell.fresh(OrdersStage((ACCOUNT,), TIGHT), ACCOUNT))
    feed(desk.cell, [(names.INSTRUMENTS, instrument(key)) for key in KEYS])
    feed(desk.cell, [(names.PORTFOLIO, worth(0, str(EQUITY)))])
    for key, verdict, fills, delay, pause, restart in steps:
        desk.now += pause
        desk.ask(key, verdict, fills, delay)
        desk.check()
        if restart:
            snapshot = decode(Snapshot, encode(desk.cell.snapshot()))
            desk.cell = Cell.restore(desk.cell.stage, snapshot)
