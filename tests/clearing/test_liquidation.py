"""Liquidation: when, up to which price, who pays what is missing, who is deleveraged."""

from __future__ import annotations

import pytest

from engine.clearing.codes import OWN_IDS, Happening, Op, Why
from engine.matching.codes import CANCEL_BOTH, REDUCE_ONLY, Command, Kind, Phase
from engine.matching.codes import Happening as Book
from tests.clearing.plays import COIN, GOODS, INVERSE, LINEAR, OTHER, Desk


def long_of(pit: Desk, money: int, lots: int = 100, leverage: int = 20) -> Desk:
    """Account 1 is long of so many at 100 and has so much; account 2 is short."""
    pit.leverage(1, leverage)
    pit.leverage(2, 5)
    pit.deal(1, 2, lots, 100)
    pit.withdraw(1, pit.money(1) - money)
    assert pit.money(1) == money
    return pit


@pytest.mark.parametrize(("money", "dies"), [(991, False), (990, True)])
def test_below_the_maintenance_margin(pit: Desk, money: int, dies: bool) -> None:
    long_of(pit, money).mark(91)
    assert bool(pit.of(Happening.LIQUIDATION)) == dies
    assert (pit.position(1) == 0) == dies


def test_maintenance_is_rounded_up(pit: Desk) -> None:
    """1 % of 9,090 is 90.9, and 90 is left."""
    long_of(pit, 1_100, lots=101).mark(90)
    assert pit.of(Happening.LIQUIDATION)


@pytest.mark.parametrize(("mark", "dies"), [(98, False), (97, True)])
def test_tiers_have_their_amount(pit: Desk, mark: int, dies: bool) -> None:
    """At 98: 19,600 * 5 % - 400 = 580 of 600; at 97: 570 of 400."""
    long_of(pit, 1_000, lots=200).mark(mark)
    assert bool(pit.of(Happening.LIQUIDATION)) == dies


def test_a_short_is_liquidated_above(pit: Desk) -> None:
    pit.leverage(1, 20)
    pit.deal(2, 1, 100, 100)
    pit.withdraw(1, 9_000)
    pit.mark(109)
    assert pit.of(Happening.LIQUIDATION)[0].price == 110
    assert pit.position(1) == 0


def test_an_inverse_long_is_liquidated_below(pit: Desk) -> None:
    """100 lots cost 10,000 coins at 100; they are worth 10,869 at 92 and 10,989 at 91."""
    pit.leverage(1, 20, INVERSE)
    pit.deal(1, 2, 100, 100, INVERSE)
    pit.withdraw(1, 8_980, COIN)
    pit.mark(92, INVERSE)
    assert not pit.of(Happening.LIQUIDATION)
    pit.mark(91, INVERSE)
    begun = pit.of(Happening.LIQUIDATION)[0]
    assert (begun.price, begun.quantity) == (91, 100)
    assert pit.position(1, INVERSE) == 0
    assert pit.money(1, COIN) == 1_020 + 10_000 - 10_989


def test_it_closes_in_the_book_and_pays_its_fee(pit: Desk) -> None:
    taxed = pit.with_terms(LINEAR, taker=50_000, liquidation=500_000)
    long_of(taxed, 985)
    assert taxed.funds() == (0, 5)
    taxed.buy(105, 92, account=3)
    taxed.mark(91)
    assert taxed.trades == [(OWN_IDS, taxed.ids, 92, 100)]
    assert taxed.money(1) == 985 - 800 - 46
    assert taxed.funds() == (46, 5)
    assert taxed.of(Happening.LIQUIDATED)[0].quantity == 46
    assert taxed.position(3) == 100


def test_each_liquidation_has_its_own_id(pit: Desk) -> None:
    long_of(pit, 990).mark(91)
    pit.deposit(1, 1_000)
    pit.leverage(1, 20)
    pit.mark(100)
    pit.deal(1, 2, 100, 100)
    pit.withdraw(1, pit.money(1) - 990)
    pit.mark(91)
    assert pit.of(Happening.LIQUIDATION)[0].order_id == OWN_IDS + 1


def test_up_to_the_bankruptcy_price_then_others_close(pit: Desk) -> None:
    taxed = pit.with_terms(LINEAR, liquidation=500_000)
    long_of(taxed, 990)
    taxed.buy(40, 92, account=3)
    taxed.buy(60, 90, account=3)
    taxed.mark(91)
    assert taxed.of(Happening.LIQUIDATION)[0].price == 91
    assert [t[2:] for t in taxed.trades] == [(92, 40)]
    closed = taxed.of(Happening.DELEVERAGED)
    assert [(e.account, e.maker_account, e.price, e.quantity) for e in closed] == [(1, 2, 91, 60)]
    fee = (40 * 92 + 60 * 91) * 5 // 1_000
    assert taxed.money(1) == 990 - 40 * 8 - 60 * 9 - fee
    assert taxed.money(2) == 10_000 + 60 * 9
    assert taxed.position(2) == -40


def test_the_fund_pays_what_the_book_takes_beyond(pit: Desk) -> None:
    pit.deposit(0, 300)
    long_of(pit, 990)
    pit.buy(50, 89, account=3)
    pit.buy(50, 88, account=3)
    pit.buy(50, 87, account=3)
    pit.mark(91)
    assert [t[2:] for t in pit.trades] == [(89, 50), (88, 50)]
    owed = 11 * 50 + 12 * 50 - 990
    covered = pit.of(Happening.COVERED)[0]
    assert (covered.account, covered.price, covered.quantity) == (1, 0, owed)
    assert pit.funds() == (300 - owed, 0)
    assert pit.money(1) == 0


def test_an_empty_fund_leaves_the_loss_to_those_who_gained(pit: Desk) -> None:
    long_of(pit, 990)
    pit.buy(100, 80, account=3)
    pit.mark(80)
    assert pit.of(Happening.LIQUIDATION)[0].price == 91
    assert not pit.trades
    assert pit.of(Happening.DELEVERAGED)[0].price == 91
    assert pit.money(1) == 990 - 900
    assert pit.money(2) == 10_900


def test_the_fee_is_no_more_than_there_is(pit: Desk) -> None:
    dear = pit.with_terms(LINEAR, liquidation=5_000_000)
    long_of(dear, 990).mark(91)
    assert dear.money(1) == 0
    assert dear.funds() == (90, 0)


def test_those_who_gained_most_by_their_leverage_close_first(pit: Desk) -> None:
    pit.leverage(1, 20)
    pit.leverage(3, 20)
    shorts = ((2, 60, 100), (3, 30, 100), (4, 25, 110), (5, 25, 110), (6, 5, 95))
    for seller, lots, price in shorts:
        pit.deal(1, seller, lots, price)
    pit.withdraw(1, 10_000 - 1_950)
    pit.mark(90)
    others = [(e.maker_account, e.quantity) for e in pit.of(Happening.DELEVERAGED)]
    assert others == [(3, 30), (4, 25), (5, 25), (2, 60), (6, 5)]


def test_all_its_orders_on_that_margin_are_withdrawn(pit: Desk) -> None:
    long_of(pit, 990)
    mine = [
        pit.buy(1, 50, account=1),
        pit.buy(1, 60, account=1),
        pit.sell(1, 150, account=1),
        pit.buy(1, kind=Kind.STOP, trigger=160, account=1),
        pit.sell(1, kind=Kind.STOP, trigger=40, account=1),
        pit.buy(1, 50, account=1, symbol=OTHER),
    ]
    pit.withdraw(1, pit.money(1) - 990)
    kept = [
        pit.buy(1, 55, account=3),
        pit.sell(1, 200, account=1, symbol=GOODS),
        pit.buy(1, 55, account=1, symbol=INVERSE),
    ]
    pit.mark(91)
    gone = [e for e in pit.of(Book.CANCELLED) if e.why == Why.LIQUIDATED]
    assert [e.order_id for e in gone] == [mine[n] for n in (1, 0, 2, 4, 3, 5)]
    assert all(pit.rests(order) for order in kept)


def test_its_own_orders_are_not_in_its_way(pit: Desk) -> None:
    long_of(pit, 990)
    pit.buy(5, 99, account=1, flags=CANCEL_BOTH)
    pit.mark(90)
    assert pit.position(1) == 0


def test_an_isolated_position_loses_no_more_than_its_margin(pit: Desk) -> None:
    dear = pit.with_terms(LINEAR, liquidation=5_000_000)
    dear.isolate(1)
    dear.leverage(1, 10)
    dear.deal(1, 2, 100, 100)
    dear.mark(91)
    assert not dear.of(Happening.LIQUIDATION)
    dear.mark(80)
    assert dear.of(Happening.DELEVERAGED)[0].price == 90
    assert (dear.money(1), dear.row(1)) == (9_000, (0, 0))
    assert dear.money(2) == 11_000


def test_the_fund_pays_what_an_isolated_position_owes(pit: Desk) -> None:
    pit.deposit(0, 500)
    pit.isolate(1)
    pit.leverage(1, 10)
    pit.deal(1, 2, 100, 100)
    order = pit.buy(1, 60, account=1, symbol=OTHER)
    pit.buy(100, 86, account=3)
    pit.mark(80)
    assert pit.money(1) == 9_000
    assert pit.funds() == (100, 0)
    assert pit.of(Happening.COVERED)[0].quantity == 400
    assert pit.rests(order)


def test_what_an_isolated_position_has_left_goes_to_its_wallet(pit: Desk) -> None:
    taxed = pit.with_terms(LINEAR, liquidation=100_000)
    taxed.isolate(1)
    taxed.leverage(1, 10)
    taxed.deal(1, 2, 100, 100)
    taxed.buy(60, 92, account=3)
    taxed.buy(40, 91, account=3)
    taxed.mark(90)
    fee = (60 * 92 + 40 * 91) // 1_000
    assert taxed.money(1) == 9_000 + 1_000 - 60 * 8 - 40 * 9 - fee
    assert taxed.funds() == (fee, 0)


def test_an_isolated_position_does_not_take_others_along(pit: Desk) -> None:
    pit.isolate(1)
    pit.leverage(1, 10)
    pit.leverage(1, 10, OTHER)
    pit.leverage(2, 5)
    pit.leverage(2, 5, OTHER)
    pit.deal(1, 2, 100, 100)
    pit.deal(1, 2, 100, 100, OTHER)
    pit.mark(80)
    assert (pit.position(1), pit.position(1, OTHER)) == (0, 100)
    pit.withdraw(1, 8_001)
    assert pit.why == Why.INSUFFICIENT


def two_positions(pit: Desk) -> Desk:
    pit.leverage(1, 20)
    pit.leverage(1, 20, OTHER)
    pit.leverage(2, 5)
    pit.leverage(2, 5, OTHER)
    pit.deal(1, 2, 50, 100)
    pit.deal(1, 2, 100, 100, OTHER)
    pit.withdraw(1, 8_500)
    return pit


def test_cross_positions_stand_together(pit: Desk) -> None:
    """At 88 of the larger: 1,500 - 1,200 is left, 138 is needed."""
    two_positions(pit).mark(88, OTHER)
    assert not pit.of(Happening.LIQUIDATION)


def test_the_cross_position_that_frees_most_closes_first(pit: Desk) -> None:
    two_positions(pit).mark(86, OTHER)
    assert (pit.position(1), pit.position(1, OTHER)) == (50, 0)
    assert pit.of(Happening.LIQUIDATION)[0].price == 86
    assert pit.money(1) == 100


def test_cross_positions_close_until_it_is_enough(pit: Desk) -> None:
    two_positions(pit).mark(85, OTHER)
    begun = [(e.symbol, e.price) for e in pit.of(Happening.LIQUIDATION)]
    assert begun == [(OTHER, 85), (LINEAR, 100)]
    assert pit.money(1) == 0


def test_a_cross_loss_is_shared_by_maintenance(pit: Desk) -> None:
    """At 80 of the larger, -500 is left: of 130 that are needed it has 80, so it may lose -307."""
    two_positions(pit).mark(80, OTHER)
    begun = [(e.symbol, e.price) for e in pit.of(Happening.LIQUIDATION)]
    assert begun == [(OTHER, 84), (LINEAR, 102)]
    assert pit.money(1) == 1_500 - 1_600 + 100


def test_a_wallet_may_be_negative_while_another_position_gains(pit: Desk) -> None:
    two_positions(pit)
    pit.mark(200)
    pit.buy(100, 60, account=3, symbol=OTHER)
    pit.sell(100, account=1, symbol=OTHER, flags=REDUCE_ONLY)
    assert pit.money(1) == 1_500 - 4_000
    assert not pit.of(Happening.COVERED)


def test_who_has_nothing_left_is_covered_by_the_fund_then_by_the_house(pit: Desk) -> None:
    pit.deposit(0, 1_000)
    long_of(pit, 600)
    pit.buy(100, 50, account=3)
    pit.sell(100, account=1, flags=REDUCE_ONLY)
    covered = pit.of(Happening.COVERED)[0]
    assert (covered.price, covered.quantity) == (3_400, 1_000)
    assert pit.money(1) == 0
    assert pit.funds() == (0, -3_400)


@pytest.mark.parametrize("phase", [Phase.HALTED, Phase.AUCTION])
def test_a_market_that_is_not_open_waits(pit: Desk, phase: Phase) -> None:
    long_of(pit, 990)
    pit.phase(phase)
    pit.mark(90)
    assert not pit.of(Happening.LIQUIDATION)
    pit.phase(Phase.OPEN)
    pit.mark(90)
    assert pit.of(Happening.LIQUIDATION)


def test_the_band_limits_the_order(pit: Desk) -> None:
    pit.deposit(0, 5_000)
    long_of(pit, 990)
    pit.buy(50, 90, account=3)
    pit.buy(50, 85, account=3)
    pit.band_of(LINEAR, 88, 120)
    pit.mark(91)
    assert [t[2:] for t in pit.trades] == [(90, 50)]
    assert pit.of(Happening.DELEVERAGED)[0].quantity == 50


def test_beyond_the_band_there_is_no_order(pit: Desk) -> None:
    long_of(pit, 990)
    pit.buy(100, 70, account=3)
    pit.band_of(LINEAR, 60, 75)
    pit.mark(70)
    assert not pit.trades
    assert not pit.of(Book.REJECTED)
    assert pit.of(Happening.DELEVERAGED)[0].price == 91


def test_funding_can_liquidate(pit: Desk) -> None:
    long_of(pit, 600).fund(6_000_000)
    assert pit.of(Happening.LIQUIDATION)


def test_only_the_engine_has_its_ids(pit: Desk) -> None:
    long_of(pit, 990)
    pit.send(Command(1, 1, 0, 0, LINEAR, OWN_IDS, 3, 100, 1))
    assert pit.why == 1
    pit.send(Command(Op.MARK, symbol=LINEAR, price=90))
    assert pit.of(Happening.LIQUIDATION)


def test_deleveraging_has_no_fee(pit: Desk) -> None:
    taxed = pit.with_terms(LINEAR, taker=50_000, maker=10_000)
    long_of(taxed, 990).mark(91)
    assert taxed.of(Happening.DELEVERAGED)
    assert taxed.funds() == (0, 6)


def test_stops_that_a_liquidation_reaches_wake(pit: Desk) -> None:
    long_of(pit, 990)
    pit.buy(100, 95, account=3)
    stop = pit.sell(1, kind=Kind.STOP, trigger=95, account=4)
    pit.mark(91)
    told = [(e.happening, e.order_id) for e in pit.said]
    assert (Book.TRIGGERED, stop) in told
    assert told[-1][0] == Happening.LIQUIDATED
