"""Money in and out, and spot: held before a match, released after it."""

from __future__ import annotations

import pytest

from engine.clearing.codes import MAX_MONEY, OWN_IDS, Happening, Op, Why
from engine.matching.codes import (
    BUY,
    CANCEL_NEWEST,
    IOC,
    REDUCE_ONLY,
    Command,
    Kind,
    Phase,
)
from engine.matching.codes import Happening as Book
from engine.matching.codes import Op as BookOp
from engine.matching.codes import Why as BookWhy
from tests.clearing.plays import COIN, GOODS, LINEAR, Desk


@pytest.fixture
def taxed(desk: Desk) -> Desk:
    """Spot at 0.1 % for the maker and 0.5 % for the taker."""
    return desk.with_terms(GOODS, maker=100_000, taker=500_000)


def test_money_comes_in_and_goes_out(poor: Desk) -> None:
    poor.deposit(1, 500)
    assert poor.of(Happening.BALANCE)[0][8:11] == (500, 500, 1)
    poor.withdraw(1, 200)
    assert poor.of(Happening.BALANCE)[0][8:11] == (300, -200, 1)
    poor.withdraw(1, 301)
    assert poor.why == Why.INSUFFICIENT
    assert poor.money(1) == 300


def test_account_0_is_the_fund(poor: Desk) -> None:
    poor.deposit(0, 500)
    poor.withdraw(0, 501)
    assert poor.why == Why.INSUFFICIENT
    poor.withdraw(0, 100)
    assert poor.funds() == (400, 0)


@pytest.mark.parametrize(
    "command",
    [
        Command(Op.DEPOSIT, symbol=2, account=1, quantity=1),
        Command(Op.DEPOSIT, account=8, quantity=1),
        Command(Op.DEPOSIT, account=1),
        Command(Op.WITHDRAW, account=1, quantity=-1),
        Command(Op.WITHDRAW, account=-1, quantity=1),
        Command(BookOp.POSITION, symbol=LINEAR, account=1, quantity=5),
        Command(14),
        Command(BookOp.PLACE, order_id=9, price=100, quantity=1),
        Command(BookOp.PLACE, order_id=OWN_IDS, account=1, price=100, quantity=1),
        Command(BookOp.PLACE, BUY, 0, REDUCE_ONLY, GOODS, 9, 1, 100, 1),
        Command(Op.LEVERAGE, symbol=GOODS, account=1, quantity=2),
        Command(Op.LEVERAGE, symbol=LINEAR, account=0, quantity=2),
        Command(Op.LEVERAGE, symbol=LINEAR, account=1, quantity=0),
        Command(Op.LEVERAGE, symbol=LINEAR, account=1, quantity=101),
        Command(Op.MARGIN_MODE, kind=2, symbol=LINEAR, account=1),
        Command(Op.MARK, symbol=GOODS, price=100),
        Command(Op.MARK, symbol=LINEAR, price=1_001),
        Command(Op.MARK, symbol=LINEAR, price=0),
        Command(Op.MARK, symbol=4, price=100),
        Command(Op.FUNDING, symbol=GOODS, quantity=1, trigger=8),
        Command(Op.FUNDING, symbol=LINEAR, quantity=1, trigger=0),
        Command(Op.FUNDING, symbol=LINEAR, quantity=10**8 + 1, trigger=8),
        Command(Op.FUNDING, symbol=LINEAR, quantity=-(10**8) - 1, trigger=8),
    ],
)
def test_what_makes_no_sense_is_refused(desk: Desk, command: Command) -> None:
    desk.send(command)
    assert [(e.happening, e.why) for e in desk.said] == [(Book.REJECTED, BookWhy.BAD)]


def test_no_more_than_2_to_60_of_an_asset(poor: Desk) -> None:
    poor.deposit(1, MAX_MONEY - 5)
    poor.deposit(2, 6)
    assert poor.why == Why.WIDE
    poor.deposit(2, 5)
    assert poor.money(2) == 5


def test_a_spot_buy_holds_its_value_and_the_fee(taxed: Desk) -> None:
    order = taxed.buy(5, 99, account=1)
    assert taxed.wallet(1) == (10_000 - 495 - 3, 495 + 3)
    taxed.reduce(order, 2)
    assert taxed.wallet(1) == (10_000 - 297 - 2, 297 + 2)
    taxed.amend(order, quantity=9, price=101)
    assert taxed.wallet(1) == (10_000 - 909 - 5, 909 + 5)
    taxed.cancel(order)
    assert taxed.wallet(1) == (10_000, 0)


def test_a_spot_sale_holds_the_goods(taxed: Desk) -> None:
    order = taxed.sell(5, 99, account=1)
    assert taxed.wallet(1, COIN) == (10_000 - 15, 15)
    assert taxed.wallet(1) == (10_000, 0)
    taxed.cancel(order)
    assert taxed.wallet(1, COIN) == (10_000, 0)


def test_a_trade_exchanges_and_releases(taxed: Desk) -> None:
    taxed.sell(50, 90, account=1)
    taxed.buy(50, 99, account=2)
    value, maker, taker = 4_500, 4, 22
    assert taxed.wallet(1) == (10_000 + value - maker, 0)
    assert taxed.wallet(1, COIN) == (10_000 - 150, 0)
    assert taxed.wallet(2) == (10_000 - value - taker, 0)
    assert taxed.wallet(2, COIN) == (10_000 + 150, 0)
    assert taxed.funds() == (0, maker + taker)


def test_a_part_that_trades_leaves_the_rest_held(taxed: Desk) -> None:
    taxed.buy(50, 90, account=1)
    taxed.sell(20, 80, account=2)
    assert taxed.wallet(1) == (10_000 - 1_800 - 1 - 2_700 - 14, 2_700 + 14)


def test_a_rebate_comes_from_the_house(desk: Desk) -> None:
    paid = desk.with_terms(GOODS, maker=-100_000, taker=500_000)
    paid.sell(50, 90, account=1)
    paid.buy(50, 90, account=2)
    assert paid.money(1) == 10_000 + 4_500 + 4
    assert paid.funds() == (0, 22 - 4)


def test_in_an_auction_both_are_takers(taxed: Desk) -> None:
    taxed.phase(Phase.AUCTION)
    taxed.sell(50, 90, account=1)
    taxed.buy(50, 90, account=2)
    taxed.phase(Phase.OPEN)
    assert taxed.funds() == (0, 44)


def test_who_cannot_pay_is_refused(taxed: Desk) -> None:
    taxed.buy(99, 100, account=1)
    taxed.cancel(1)
    taxed.buy(100, 100, account=1)
    assert taxed.why == Why.INSUFFICIENT
    taxed.sell(3_334, 100, account=1)
    assert taxed.why == Why.INSUFFICIENT
    taxed.sell(3_333, 100, account=1)
    assert taxed.wallet(1, COIN) == (1, 9_999)


def test_a_market_order_holds_up_to_the_band(desk: Desk) -> None:
    desk.sell(5, 100, account=2)
    desk.buy(11, account=1)
    assert desk.why == Why.INSUFFICIENT
    desk.buy(10, account=1)
    assert desk.wallet(1) == (10_000 - 500, 0)


def test_what_an_ioc_leaves_is_released(desk: Desk) -> None:
    desk.buy(5, 100, account=1, flags=IOC)
    assert desk.wallet(1) == (10_000, 0)


def test_what_prevention_cancels_is_released(desk: Desk) -> None:
    desk.sell(5, 100, account=1)
    desk.buy(8, 100, account=1, flags=CANCEL_NEWEST)
    assert desk.wallet(1) == (10_000, 0)


def test_an_amendment_that_cannot_be_paid_changes_nothing(desk: Desk) -> None:
    order = desk.buy(50, 100, account=1)
    desk.amend(order, quantity=101)
    assert desk.why == Why.INSUFFICIENT
    assert desk.wallet(1) == (5_000, 5_000)
    desk.amend(order, quantity=100)
    assert desk.wallet(1) == (0, 10_000)


def test_a_sleeping_order_holds_nothing_and_must_pay_when_it_wakes(desk: Desk) -> None:
    stop = {"kind": Kind.STOP_LIMIT, "trigger": 120}
    desk.buy(60, 130, account=1, **stop)
    desk.buy(60, 130, account=1, **stop)
    assert desk.wallet(1) == (10_000, 0)
    desk.deal(2, 3, 1, 120, GOODS)
    assert desk.wallet(1) == (10_000 - 7_800, 7_800)
    assert desk.why == Why.INSUFFICIENT


def test_a_gain_that_is_not_realised_does_not_buy_goods(desk: Desk) -> None:
    desk.leverage(1, 20)
    desk.deal(1, 2, 100, 100)
    desk.mark(150)
    desk.buy(96, 100, account=1)
    assert desk.why == Why.INSUFFICIENT
    desk.withdraw(1, 9_501)
    assert desk.why == Why.INSUFFICIENT
    desk.withdraw(1, 9_500)
    assert desk.money(1) == 500


def test_a_loss_that_is_not_realised_stays(desk: Desk) -> None:
    desk.leverage(1, 20)
    desk.deal(1, 2, 100, 100)
    desk.mark(90)
    desk.withdraw(1, 8_501)
    assert desk.why == Why.INSUFFICIENT
    desk.withdraw(1, 8_500)
    assert desk.money(1) == 1_500


def test_the_widest_spot_order(poor: Desk) -> None:
    wide = poor.with_terms(GOODS, unit=1 << 40)
    wide.deposit(1, MAX_MONEY)
    wide.buy(263, 1, account=1)
    assert wide.why == Why.WIDE
    wide.buy(262, 1, account=1)
    assert wide.wallet(1)[1] == 262 << 40
