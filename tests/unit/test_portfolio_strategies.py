"""What the portfolio tells of strategies, orders, protection, round trips and days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.portfolio import PortfolioStage
from engine.stage import Cell
from schemas.codec import encode
from schemas.instruments import Kind
from schemas.orders import Contract
from schemas.statuses import OrderState
from tests.unit.portfolio_play import INVERSE, LINEAR, SPOT, Play, values

PLAIN = Contract(kind=Kind.LINEAR, leverage="10", maintenance="0.004")
DAY = 86_400 * 10**9


def fills(desk: Play, *script: tuple[str, str, str, str], **fields: Any) -> None:
    """Fills of one base a contract: side, price, quantity, strategy."""
    for side, price, quantity, strategy in script:
        desk.fill(side, price, quantity, strategy=strategy, contract=PLAIN, **fields)


def test_an_inverse_contract_by_hand() -> None:
    """10 contracts of 100 USD bought at 50,000: 1,000 USD, which are 0.02 BTC.

    At 62,500 they are 0.016 BTC: 0.004 BTC are won, 250 USD. Five are sold there for 0.002 BTC.
    The other five, bought for 0.01 BTC, are 0.0125 BTC at 40,000: 0.0025 BTC are lost. With a fee
    of 0.0001 and funding of 0.0004 BTC that is -0.001 BTC, at 40,000: -40 USD.
    """
    desk = Play()
    desk.fill("buy", "50000", "10", INVERSE, fee="0.0001")
    desk.mark("62500", INVERSE)
    told = desk.last(INVERSE)
    assert (told.settled, told.entry, told.unrealised, told.fees) == (
        "BTC", "50000", "0.004", "0.0001",
    )  # fmt: skip
    assert desk.last("*").unrealised == "250"
    assert desk.last("*").equity == "10243.75"
    desk.fill("sell", "62500", "5", INVERSE)
    desk.fund("0.0004", INVERSE)
    desk.mark("40000", INVERSE)
    told = desk.last(INVERSE)
    assert (told.quantity, told.realised, told.unrealised) == ("5", "0.002", "-0.0025")
    assert (told.exposure, told.initial, told.maintenance) == ("500", "25", "2.5")
    assert told.liquidation == "47857.142857142857143"  # 50000 * 1.005 / 1.05
    assert told.watch == "breached"
    account = desk.last("*")
    assert (account.realised, account.unrealised) == ("80", "-100")
    assert (account.fees, account.funding, account.equity) == ("4", "16", "9960")


@pytest.mark.parametrize(
    ("symbol", "money"),
    [(LINEAR, "USDT"), (INVERSE, "BTC"), (SPOT, "USDT"), ("BTC/USD:BTC-240927", "BTC")],
)
def test_a_position_names_the_money_it_settles_in(symbol: str, money: str) -> None:
    desk = Play()
    desk.mark("5", symbol)
    assert desk.last(symbol).settled == money


def test_without_a_contract_the_symbol_says_what_it_is() -> None:
    desk = Play()
    desk.fill("buy", "50", "2", INVERSE, contract=None)
    told = desk.last(INVERSE)
    assert told.contract == Contract(kind=Kind.INVERSE, maintenance="0.004")
    assert (told.exposure, told.entry) == ("2", "50")


def test_results_belong_to_the_strategy_that_opened() -> None:
    desk = Play()
    fills(desk, ("buy", "100", "2", "main"), ("sell", "110", "1", "swing"), fee="1")
    assert desk.last(LINEAR).strategy == "main"
    assert "paper:@swing" not in desk.latest()
    told = desk.last("@main")
    assert (told.realised, told.unrealised, told.fees, told.equity) == ("10", "10", "2", "18")
    assert (told.fills, told.positions, told.exposure, told.initial) == (2, 1, "110", "11")


def test_a_turn_closes_for_one_strategy_and_opens_for_the_other() -> None:
    desk = Play()
    fills(desk, ("buy", "100", "1", "main"))
    made = desk.fill("sell", "110", "4", strategy="swing", fee="4", contract=PLAIN)
    assert [out.key for out in made] == [
        "paper:" + LINEAR,
        "paper:@main",
        "paper:@swing",
        "paper:*",
    ]
    main, swing = desk.last("@main"), desk.last("@swing")
    assert (main.realised, main.fees, main.closed, main.won, main.positions) == ("10", "1", 1, 1, 0)
    assert (swing.realised, swing.fees, swing.closed, swing.positions) == ("0", "3", 0, 1)
    assert main.returned == "0.9"  # (10 - 1) on a margin of 100 / 10
    assert desk.last(LINEAR).strategy == "swing"


def test_a_strategy_is_told_only_when_a_figure_of_it_changed() -> None:
    desk = Play()
    fills(desk, ("buy", "100", "1", "main"))
    assert [out.key for out in desk.mark("100")] == ["paper:" + LINEAR, "paper:*"]
    assert [out.key for out in desk.mark("101")] == ["paper:" + LINEAR, "paper:@main", "paper:*"]
    assert [out.key for out in desk.mark("9", SPOT)] == ["paper:" + SPOT, "paper:*"]
    fills(desk, ("sell", "101", "1", "main"))
    assert [out.key for out in desk.mark("150")] == ["paper:" + LINEAR, "paper:*"]


def test_manual_trading_has_no_record_of_a_strategy() -> None:
    desk = Play()
    fills(desk, ("buy", "100", "1", ""))
    assert set(desk.latest()) == {"paper:" + LINEAR, "paper:*"}


def test_round_trips_are_counted_after_fees_and_funding() -> None:
    desk = Play()
    fills(desk, ("buy", "100", "1", "main"))
    desk.fund("3", strategy="main")
    fills(desk, ("buy", "100", "1", "main"), ("sell", "101", "2", "main"), fee="0.5")
    told = desk.last("*")
    assert (told.closed, told.won) == (1, 0)  # 2 won, 1 of fees and 3 of funding paid
    assert told.returned == "-0.1"  # -2 on a margin of 200 / 10
    fills(desk, ("sell", "100", "1", "main"), ("buy", "99", "1", "main"))
    told = desk.last("*")
    assert (told.closed, told.won, told.returned) == (2, 1, "0")
    assert (told.realised, told.fees, told.funding, told.equity) == ("3", "1", "3", "9999")


def test_a_round_trip_that_breaks_even_is_not_won() -> None:
    desk = Play()
    fills(desk, ("buy", "100", "1", "main"), ("sell", "100", "1", "main"))
    assert (desk.last("*").closed, desk.last("*").won, desk.last("*").returned) == (1, 0, "0")


def test_spot_returns_on_what_was_paid() -> None:
    desk = Play()
    desk.fill("buy", "100", "2", SPOT)
    desk.fill("sell", "110", "2", SPOT)
    assert desk.last(SPOT).returned == "0.1"


def test_a_day_begins_with_the_equity_before_its_first_record() -> None:
    desk = Play()
    fills(desk, ("buy", "100", "1", "main"))
    desk.mark("120")
    desk.now = 3 * DAY + 7
    desk.mark("90")
    for key, start, peak, equity in (("*", 10000, 10020, 9990), ("@main", 0, 20, -10)):
        told = desk.last(key)
        assert (told.day, told.day_start, told.peak) == (3 * DAY, str(start + 20), str(peak))
        assert told.equity == str(equity)
    desk.now = 2 * DAY  # another market's clock, behind
    desk.mark("80", SPOT)
    assert desk.last("*").day == 3 * DAY


def order(desk: Play, name: str, state: OrderState | None, **fields: Any) -> None:
    desk.take("status", client_order_id=name, state=state, **fields)


def test_open_and_finished_orders() -> None:
    desk = Play()
    order(desk, "a", OrderState.SENT)
    order(desk, "b", OrderState.OPEN)
    desk.take("status", SPOT, client_order_id="c", state=OrderState.UNKNOWN)
    order(desk, "a", OrderState.PARTIALLY_FILLED)
    order(desk, "d", None)
    assert desk.last("*").open_orders == ("a", "b", "c")
    assert (desk.last(LINEAR).open_orders, desk.last(SPOT).open_orders) == (("a", "b"), ("c",))
    order(desk, "b", OrderState.CANCELLED)
    order(desk, "b", OrderState.OPEN)  # too late
    order(desk, "a", OrderState.FILLED)
    told = desk.last(LINEAR)
    assert (told.open_orders, told.finished, told.last_order) == ((), ("b", "a"), "a")
    for number in range(40):
        order(desk, str(number), OrderState.REJECTED)
    assert desk.last("*").finished == tuple(str(number) for number in range(8, 40))


def protective(desk: Play, name: str, role: str, state: OrderState, price: str | None) -> None:
    order(desk, name, state, role=role, parent="a", price=price, quantity="1")


def test_protection_is_that_of_the_live_orders() -> None:
    desk = Play()
    fills(desk, ("buy", "100", "1", "main"))
    protective(desk, "s", "stop", OrderState.OPEN, "95")
    protective(desk, "t", "target", OrderState.OPEN, "120")
    assert (desk.last(LINEAR).stop, desk.last(LINEAR).target) == ("95", "120")
    protective(desk, "s", "stop", OrderState.OPEN, "97")  # it was modified
    assert desk.last(LINEAR).stop == "97"
    part = {"client_order_id": "t", "state": OrderState.PARTIALLY_FILLED, "role": "target"}
    fills(desk, ("sell", "121", "0.5", ""), **part)
    assert (desk.last(LINEAR).target, desk.last(LINEAR).strategy) == ("120", "main")
    desk.restart()
    protective(desk, "s", "stop", OrderState.CANCELLED, None)
    assert (desk.last(LINEAR).stop, desk.last(LINEAR).target) == (None, "120")
    fills(desk, ("sell", "121", "0.5", ""), **{**part, "state": OrderState.FILLED})
    assert desk.last(LINEAR).target is None
    assert desk.last("@main").realised == "21"


OLD = {
    "account": "paper",
    "last_order": "tl7",
    "positions": {
        LINEAR: {
            "venue": "binance", "quantity": "2", "cost": "200", "cash": "-190", "fees": "1.5",
            "mark": "105", "fills": 3, "last_order": "tl7",
        },
        SPOT: {
            "venue": "binance", "quantity": "0", "cost": "0", "cash": "0", "fees": "0",
            "mark": "9", "fills": 0, "last_order": None,
        },
    },
}  # fmt: skip
"""The state as the first version dumped it."""


def test_the_state_of_the_first_version_loads() -> None:
    stage = PortfolioStage()
    state = stage.load(OLD)
    assert stage.dump(stage.load(stage.dump(state))) == stage.dump(state)
    desk = Play()
    desk.cell = Cell(desk.stage, "paper", state)
    desk.mark("107")
    told, account = desk.last(LINEAR), desk.last("*")
    assert (told.realised, told.unrealised, told.fees, told.fills) == ("10", "14", "1.5", 3)
    assert (told.entry, told.last_order, told.finished) == ("100", "tl7", ("tl7",))
    assert (account.equity, account.day_start, account.peak) == ("10022.5", "10018.5", "10022.5")
    fills(desk, ("sell", "107", "2", "main"))
    assert (desk.last(LINEAR).realised, desk.last(LINEAR).closed) == ("24", 1)


STEPS: tuple[Callable[[Play], object], ...] = (
    lambda desk: fills(desk, ("buy", "100", "3", "main"), fee="0.1"),
    lambda desk: protective(desk, "s", "stop", OrderState.OPEN, "95"),
    lambda desk: fills(desk, ("sell", "106", "1", "")),
    lambda desk: desk.fund("0.3"),
    lambda desk: desk.fill("sell", "107", "3", INVERSE, strategy="swing"),
    lambda desk: fills(desk, ("sell", "90", "5", "swing"), fee="0.1"),
    lambda desk: protective(desk, "s", "stop", OrderState.CANCELLED, None),
)


def test_a_restart_in_mid_stream_changes_no_byte() -> None:
    told = []
    for place in range(len(STEPS) + 1):
        desk = Play()
        for number, step in enumerate(STEPS):
            if number == place:
                before = desk.cell.snapshot()
                desk.restart()
                assert encode(desk.cell.snapshot()) == encode(before)
            desk.now = number * DAY // 2
            step(desk)
        told.append(values(desk.told))
    assert all(each == told[-1] for each in told)
