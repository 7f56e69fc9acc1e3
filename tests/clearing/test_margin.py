"""Contracts: what an order and a position need, what closing them brings, funding."""

from __future__ import annotations

import pytest

from engine.clearing.codes import MAX_VALUE, Happening, Mode, Why
from engine.clearing.contract import Tier
from engine.matching.codes import IOC, REDUCE_ONLY, Command, Kind, Phase
from engine.matching.codes import Happening as Book
from engine.matching.codes import Op as BookOp
from tests.clearing.plays import COIN, GOODS, INVERSE, LINEAR, OTHER, Desk


@pytest.mark.parametrize(("leverage", "lots"), [(1, 100), (3, 300), (20, 500)])
def test_an_order_needs_its_value_over_the_leverage(pit: Desk, leverage: int, lots: int) -> None:
    pit.leverage(1, leverage)
    pit.buy(lots + 1, 100, account=1)
    assert pit.why in (Why.INSUFFICIENT, Why.LEVERAGE)
    order = pit.buy(lots, 100, account=1)
    assert pit.last.happening == Book.RESTED
    needed = -(-lots * 100 // leverage)
    pit.withdraw(1, 10_000 - needed + 1)
    assert pit.why == Why.INSUFFICIENT
    pit.withdraw(1, 10_000 - needed)
    pit.cancel(order)
    pit.withdraw(1, needed)
    assert pit.money(1) == 0


def test_initial_margin_is_rounded_up(pit: Desk) -> None:
    pit.leverage(1, 3)
    pit.buy(1, 100, account=1)
    pit.withdraw(1, 10_000 - 33)
    assert pit.why == Why.INSUFFICIENT


def test_an_order_needs_the_takers_fee(pit: Desk) -> None:
    taxed = pit.with_terms(LINEAR, taker=50_000)
    taxed.leverage(1, 20)
    taxed.buy(101, 100, account=1)
    taxed.withdraw(1, 10_000 - 505 - 5)
    assert taxed.why == Why.INSUFFICIENT
    taxed.withdraw(1, 10_000 - 505 - 6)
    assert taxed.money(1) == 511


def test_the_larger_side_counts(pit: Desk) -> None:
    pit.deal(1, 2, 50, 100)
    pit.sell(100, 100, account=1)
    pit.buy(50, 99, account=1)
    assert pit.last.happening == Book.RESTED
    pit.withdraw(1, 51)
    assert pit.why == Why.INSUFFICIENT
    pit.sell(51, 100, account=1)
    assert pit.why == Why.INSUFFICIENT
    pit.sell(50, 100, account=1)
    assert pit.last.happening == Book.RESTED


def test_the_larger_side_of_a_short_counts(pit: Desk) -> None:
    pit.deal(2, 1, 50, 100)
    pit.buy(100, 100, account=1)
    assert pit.last.happening == Book.RESTED
    pit.sell(50, 101, account=1)
    assert pit.why == Why.INSUFFICIENT
    pit.sell(49, 101, account=1)
    assert pit.last.happening == Book.RESTED


def test_an_order_that_reduces_needs_nothing(pit: Desk) -> None:
    pit.deal(1, 2, 100, 100)
    pit.sell(200, 100, account=1, flags=REDUCE_ONLY)
    pit.sell(100, 101, account=1, flags=REDUCE_ONLY)
    assert pit.last.happening == Book.RESTED
    pit.isolate(1)
    assert pit.why == Why.POSITION


def test_a_price_beyond_the_mark_needs_what_it_would_lose(pit: Desk) -> None:
    pit.leverage(1, 10)
    pit.buy(50, 120, account=1)
    pit.cancel(pit.ids)
    pit.withdraw(1, 10_000 - 1_599)
    pit.buy(50, 120, account=1)
    assert pit.why == Why.INSUFFICIENT
    pit.deposit(1, 1)
    pit.buy(50, 120, account=1)
    assert pit.last.happening == Book.RESTED


def test_an_inverse_price_beyond_the_mark_too(pit: Desk) -> None:
    pit.leverage(1, 10, INVERSE)
    pit.withdraw(1, 10_000 - 1_499, COIN)
    pit.buy(60, 120, account=1, symbol=INVERSE)
    assert pit.why == Why.INSUFFICIENT
    pit.deposit(1, 1, COIN)
    pit.buy(60, 120, account=1, symbol=INVERSE)
    assert pit.last.happening == Book.RESTED


def test_leverage_falls_with_the_tier(pit: Desk) -> None:
    pit.leverage(1, 20)
    pit.buy(501, 100, account=1)
    assert pit.why == Why.LEVERAGE
    order = pit.buy(101, 100, account=1)
    pit.leverage(1, 21)
    assert pit.why == Why.LEVERAGE
    pit.cancel(order)
    pit.leverage(1, 100)
    assert pit.of(Happening.LEVERAGE)[0].quantity == 100
    pit.buy(101, 100, account=1)
    assert pit.why == Why.LEVERAGE
    pit.buy(100, 100, account=1)
    assert pit.last.happening == Book.RESTED


def test_nothing_opens_beyond_the_last_tier(pit: Desk) -> None:
    pit.deposit(1, 1_000_000)
    pit.buy(1_001, 100, account=1)
    assert pit.why == Why.LEVERAGE
    pit.buy(1_000, 100, account=1)
    pit.sell(10, 100, account=1)
    assert pit.last.happening == Book.TRADE


def test_what_has_grown_beyond_its_tier_may_be_closed(pit: Desk) -> None:
    """Sold at a better price than asked for, it is worth more than its leverage allows."""
    pit.deposit(2, 20_000)
    pit.leverage(1, 20)
    pit.leverage(2, 5)
    pit.buy(500, 110, account=2)
    pit.sell(500, 100, account=1)
    assert pit.row(1) == (-55_000, 0)
    pit.buy(10, 100, account=1)
    assert pit.last.happening == Book.RESTED
    pit.sell(10, 120, account=1)
    assert pit.why == Why.LEVERAGE


def test_leverage_that_cannot_be_paid_is_refused(pit: Desk) -> None:
    pit.leverage(1, 2)
    pit.leverage(2, 2)
    pit.deal(1, 2, 200, 100)
    pit.leverage(1, 1)
    assert pit.why == Why.INSUFFICIENT
    pit.leverage(1, 4)
    pit.withdraw(1, 5_000)
    assert pit.money(1) == 5_000


def test_an_isolated_position_keeps_its_leverage_or_more(pit: Desk) -> None:
    pit.isolate(1)
    pit.leverage(1, 10)
    pit.deal(1, 2, 10, 100)
    pit.leverage(1, 9)
    assert pit.why == Why.POSITION
    pit.leverage(1, 20)
    assert pit.of(Happening.LEVERAGE)


def test_the_margin_mode_stays_while_there_are_orders_or_a_position(pit: Desk) -> None:
    order = pit.buy(1, 100, account=1)
    pit.isolate(1)
    assert pit.why == Why.POSITION
    pit.cancel(order)
    pit.isolate(1)
    assert pit.of(Happening.MARGIN_MODE)[0].flags == Mode.ISOLATED
    pit.deal(1, 2, 1, 100)
    pit.isolate(1, mode=Mode.CROSS)
    assert pit.why == Why.POSITION


def test_closing_realises_its_part_of_the_cost(pit: Desk) -> None:
    pit.deal(1, 2, 3, 100)
    pit.deal(1, 2, 4, 101)
    assert pit.row(1) == (704, 0)
    pit.deal(2, 1, 3, 110)
    assert pit.row(1) == (403, 0)
    assert pit.money(1) == 10_000 + 330 - 301
    assert pit.money(2) == 10_000 - 330 + 301
    pit.deal(2, 1, 10, 90)
    assert pit.position(1) == -6
    assert pit.row(1) == (-540, 0)
    assert pit.money(1) == 10_000 + 29 - 403 + 360


def test_an_inverse_contract_pays_in_coin(pit: Desk) -> None:
    pit.deal(1, 2, 7, 90, INVERSE)
    assert pit.row(1, INVERSE) == (-777, 0)
    pit.deal(2, 1, 7, 110, INVERSE)
    assert pit.money(1, COIN) == 10_000 + 777 - 636
    assert pit.money(2, COIN) == 10_000 - 777 + 636
    assert pit.money(1) == 10_000


def test_maker_and_taker_pay_what_is_theirs(pit: Desk) -> None:
    taxed = pit.with_terms(LINEAR, maker=-20_000, taker=50_000)
    taxed.deal(1, 2, 99, 100)
    assert (taxed.money(1), taxed.money(2)) == (10_000 - 4, 10_000 + 1)
    assert taxed.funds() == (0, 3)


def test_isolated_margin_leaves_the_wallet_and_comes_back(pit: Desk) -> None:
    pit.isolate(1)
    pit.leverage(1, 3)
    pit.deal(1, 2, 10, 100)
    assert pit.money(1) == 10_000 - 333
    assert pit.row(1) == (1_000, 333)
    pit.deal(2, 1, 4, 110)
    assert pit.row(1) == (600, 333 - 133)
    assert pit.money(1) == 10_000 - 333 + 133 + 40
    pit.deal(2, 1, 6, 100)
    assert pit.row(1) == (0, 0)
    assert pit.money(1) == 10_040


def test_what_is_lost_comes_from_the_isolated_margin_first(pit: Desk) -> None:
    pit.isolate(1)
    pit.leverage(1, 5)
    pit.deal(1, 2, 10, 100)
    pit.sell(2, account=1)
    pit.buy(2, 50, account=3)
    pit.sell(2, account=1, flags=REDUCE_ONLY)
    assert pit.money(1) == 9_800
    assert pit.row(1) == (800, 200 - 40 - 60)


def test_isolated_orders_need_what_they_open(pit: Desk) -> None:
    pit.isolate(1)
    pit.leverage(1, 5)
    pit.deal(1, 2, 100, 100)
    assert pit.money(1) == 8_000
    pit.sell(200, 100, account=1)
    pit.withdraw(1, 8_000)
    assert pit.money(1) == 0
    pit.buy(1, 100, account=1)
    assert pit.why == Why.INSUFFICIENT


def test_margin_that_is_not_there_does_not_leave(pit: Desk) -> None:
    """A sale above its limit is worth more than what was held for it."""
    pit.isolate(1)
    pit.deposit(2, 10_000)
    pit.buy(10, 900, account=2)
    pit.withdraw(1, 9_000)
    pit.sell(10, 100, account=1)
    assert pit.row(1) == (-9_000, 1_000)
    assert pit.money(1) == 0


def test_a_stop_without_margin_is_cancelled(pit: Desk) -> None:
    pit.send(
        Command(
            BookOp.PLACE, 0, Kind.STOP_LIMIT, 0, LINEAR, 77, 1, 130, 101, 120,
        )
    )  # fmt: skip
    pit.deal(2, 3, 1, 120)
    assert (pit.last.order_id, pit.why) == (77, Why.INSUFFICIENT)
    pit.withdraw(1, 10_000)
    assert pit.money(1) == 0


def test_an_amendment_needs_margin(pit: Desk) -> None:
    order = pit.buy(100, 100, account=1, symbol=LINEAR)
    pit.amend(order, quantity=101)
    assert pit.why == Why.INSUFFICIENT
    pit.amend(order, quantity=40)
    pit.withdraw(1, 6_000)
    assert pit.money(1) == 4_000


def test_what_an_ioc_leaves_needs_nothing(pit: Desk) -> None:
    pit.buy(100, 100, account=1, symbol=LINEAR, flags=IOC)
    pit.withdraw(1, 10_000)
    assert pit.money(1) == 0


def test_the_widest_position_and_its_orders(poor: Desk) -> None:
    wide = poor.with_terms(LINEAR, unit=1 << 30, tiers=(Tier(MAX_VALUE, 0, 1),))
    most = (MAX_VALUE >> 30) // 1_000
    for account in (1, 2):
        wide.deposit(account, 1 << 59)
    wide.buy(most + 1, 1, account=1, symbol=LINEAR)
    assert wide.why == Why.WIDE
    wide.deal(1, 2, most - 9, 1)
    wide.mark(1)
    wide.buy(9, 1, account=1, symbol=LINEAR)
    assert wide.last.happening == Book.RESTED
    wide.buy(1, 1, account=1, symbol=LINEAR)
    assert wide.why == Why.WIDE
    wide.sell(2 * most - 9, 1, account=1, symbol=LINEAR)
    assert wide.why == Why.WIDE


def test_longs_pay_shorts_by_lots(pit: Desk) -> None:
    pit.deal(1, 2, 11, 100)
    pit.deal(1, 3, 22, 100)
    pit.fund(1_010_000)
    told = [(e.account, e.quantity) for e in pit.of(Happening.FUNDING)]
    assert told == [(1, -34), (2, 11), (3, 22), (0, 1)]
    assert [pit.money(a) for a in (1, 2, 3)] == [9_966, 10_011, 10_022]
    assert pit.funds() == (1, 0)


def test_shorts_pay_longs_at_a_negative_rate(pit: Desk) -> None:
    pit.deal(1, 2, 10, 100)
    pit.mark(120)
    pit.fund(-1_000_000)
    assert (pit.money(1), pit.money(2)) == (10_012, 9_988)


def test_inverse_funding_is_in_coin(pit: Desk) -> None:
    pit.deal(1, 2, 10, 100, INVERSE)
    pit.fund(1_000_000, symbol=INVERSE)
    assert (pit.money(1, COIN), pit.money(2, COIN)) == (9_990, 10_010)


def test_isolated_funding_is_paid_from_the_margin(pit: Desk) -> None:
    pit.isolate(1)
    pit.isolate(2)
    pit.leverage(1, 20)
    pit.deal(1, 2, 10, 100)
    pit.fund(1_000_000)
    assert pit.row(1) == (1_000, 40)
    assert pit.row(2) == (-1_000, 1_010)
    assert pit.money(1) == 9_950


def test_isolated_funding_takes_no_more_than_the_margin(pit: Desk) -> None:
    pit.isolate(1)
    pit.leverage(1, 20)
    pit.deal(1, 2, 10, 100)
    pit.phase(Phase.HALTED, LINEAR)
    pit.fund(10_000_000)
    assert pit.row(1) == (1_000, 0)
    assert pit.money(2) == 10_050


def test_funding_has_its_interval(pit: Desk) -> None:
    pit.fund(1, time=16)
    for time in (7, 8, 16, 20):
        pit.fund(1, time=time)
        assert pit.why == Why.EARLY, time
    pit.fund(1, time=24)
    assert [e.account for e in pit.of(Happening.FUNDING)] == [0]


def test_other_symbols_have_their_own_money(pit: Desk) -> None:
    pit.deal(1, 2, 50, 100, OTHER)
    pit.deal(1, 2, 50, 100, LINEAR)
    pit.buy(1, 100, account=1, symbol=OTHER)
    assert pit.why == Why.INSUFFICIENT
    pit.buy(10, 100, account=1, symbol=INVERSE)
    assert pit.last.happening == Book.RESTED
    pit.buy(1, 100, account=1, symbol=GOODS)
    assert pit.why == Why.INSUFFICIENT


def test_a_gain_counts_for_margin(pit: Desk) -> None:
    pit.deal(1, 2, 100, 100)
    pit.mark(150)
    pit.buy(50, 100, account=1, symbol=OTHER)
    assert pit.last.happening == Book.RESTED


def test_an_isolated_gain_does_not_count_elsewhere(pit: Desk) -> None:
    pit.isolate(1)
    pit.leverage(1, 10)
    pit.deal(1, 2, 100, 100)
    pit.mark(150)
    pit.buy(91, 100, account=1, symbol=OTHER)
    assert pit.why == Why.INSUFFICIENT
    pit.buy(90, 100, account=1, symbol=OTHER)
    assert pit.last.happening == Book.RESTED
