"""Stops, reduce-only, self-trade prevention, bands, phases, auctions: on both engines."""

from __future__ import annotations

import pytest

from engine.matching.codes import (
    CANCEL_BOTH,
    CANCEL_NEWEST,
    CANCEL_OLDEST,
    FOK,
    IOC,
    POST_ONLY,
    REDUCE_ONLY,
    UNCROSSED,
    Command,
    Happening,
    Kind,
    Op,
    Phase,
    Why,
)
from engine.matching.instrument import Instrument
from tests.matching.plays import Play

H = Happening
STOP, STOP_LIMIT, TRAILING = Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING


# ---- stops


def test_a_stop_wakes_when_a_trade_reaches_its_trigger(play: Play) -> None:
    play.sell(9, 130)
    stop = play.buy(4, kind=STOP, trigger=110)
    assert (play.told, play.last.price) == ([(H.WAITING, stop)], 110)
    play.print_at(109)
    assert (H.TRIGGERED, stop) not in play.told
    play.print_at(110)
    assert play.told[1:] == [(H.TRIGGERED, stop), (H.TRADE, stop)]
    assert play.trades[1] == (stop, 1, 130, 4)


def test_a_sell_stop_wakes_from_above(play: Play) -> None:
    play.buy(9, 80)
    stop = play.sell(4, kind=STOP, trigger=90)
    play.print_at(91)
    assert (H.TRIGGERED, stop) not in play.told
    play.print_at(89)
    assert play.trades[1] == (stop, 1, 80, 4)


def test_a_stop_limit_rests_at_its_limit(play: Play) -> None:
    stop = play.buy(4, 105, kind=STOP_LIMIT, trigger=110)
    play.print_at(110)
    assert play.told[1:] == [(H.TRIGGERED, stop), (H.RESTED, stop)]
    assert (play.last.price, play.last.quantity) == (105, 4)
    play.sell(1, 105)
    assert play.trades == [(play.ids, stop, 105, 1)]


def test_triggered_stops_go_by_trigger_then_by_age(play: Play) -> None:
    play.sell(99, 130)
    far = play.buy(1, kind=STOP, trigger=112)
    near, nearer = play.buy(1, kind=STOP, trigger=111), play.buy(1, kind=STOP, trigger=111)
    play.print_at(115)
    assert [who for what, who in play.told if what == H.TRIGGERED] == [near, nearer, far]


def test_triggered_sells_go_from_the_highest_trigger(play: Play) -> None:
    play.buy(99, 70)
    far, near = play.sell(1, kind=STOP, trigger=88), play.sell(1, kind=STOP, trigger=89)
    play.print_at(85)
    assert [who for what, who in play.told if what == H.TRIGGERED] == [near, far]


def test_a_stop_that_trades_may_wake_the_next(play: Play) -> None:
    play.sell(1, 120)
    play.sell(1, 140)
    second = play.buy(1, kind=STOP, trigger=120)
    first = play.buy(1, kind=STOP, trigger=110)
    play.print_at(110)
    assert [who for what, who in play.told if what == H.TRIGGERED] == [first, second]
    assert [price for *_, price, _ in play.trades] == [110, 120, 140]


def test_a_sweep_wakes_what_its_first_and_its_last_trade_reach(play: Play) -> None:
    play.buy(1, 104)
    play.buy(1, 95)
    up = play.buy(1, kind=STOP, trigger=104)
    down = play.sell(1, kind=STOP, trigger=95)
    play.sell(2, 95)
    assert [who for what, who in play.told if what == H.TRIGGERED] == [up, down]


@pytest.mark.parametrize(("side", "trigger"), [(0, 100), (0, 99), (1, 100), (1, 101)])
def test_a_stop_that_would_trigger_at_once_is_refused(play: Play, side: int, trigger: int) -> None:
    play.place(side, 1, kind=STOP, trigger=trigger)
    assert play.why == Why.WOULD_TRIGGER


def test_a_stop_is_judged_by_the_last_trade_once_there_is_one(play: Play) -> None:
    play.print_at(120)
    play.buy(1, kind=STOP, trigger=110)
    assert play.why == Why.WOULD_TRIGGER
    play.buy(1, kind=STOP, trigger=121)
    assert play.last.happening == H.WAITING


def test_a_sell_that_trails_follows_the_highest_trade(play: Play) -> None:
    play.buy(9, 70)
    stop = play.sell(2, kind=TRAILING, trail=10)
    assert play.last.price == 90
    play.print_at(108)
    play.print_at(99)
    assert (H.TRIGGERED, stop) not in play.told
    play.print_at(98)
    assert play.told[1:] == [(H.TRIGGERED, stop), (H.TRADE, stop)]


def test_a_buy_that_trails_follows_the_lowest_trade(play: Play) -> None:
    play.sell(9, 130)
    stop = play.buy(2, kind=TRAILING, trail=10)
    assert play.last.price == 110
    play.print_at(92)
    play.print_at(101)
    assert (H.TRIGGERED, stop) not in play.told
    play.print_at(102)
    assert (H.TRIGGERED, stop) in play.told


def test_stops_are_withdrawn_and_amended(play: Play) -> None:
    stop = play.buy(4, 115, kind=STOP_LIMIT, trigger=110)
    play.amend(stop, trigger=112, price=120, quantity=6)
    assert (play.told, play.last.quantity) == ([(H.AMENDED, stop)], 6)
    play.amend(stop, trigger=100)
    assert play.why == Why.WOULD_TRIGGER
    play.print_at(111)
    assert (H.TRIGGERED, stop) not in play.told
    play.print_at(112)
    assert (play.last.happening, play.last.price, play.last.quantity) == (H.RESTED, 120, 6)
    other = play.sell(4, kind=STOP, trigger=90)
    play.amend(other, price=80)
    assert play.why == Why.BAD
    play.cancel(other)
    assert play.last.happening == H.CANCELLED


def test_an_amended_stop_goes_behind_those_at_its_trigger(play: Play) -> None:
    play.sell(9, 130)
    first, second = (play.buy(2, kind=STOP, trigger=110) for _ in range(2))
    play.amend(first, quantity=1)
    play.amend(second, quantity=3)
    play.print_at(110)
    assert [who for what, who in play.told if what == H.TRIGGERED] == [first, second]
    third, fourth = (play.sell(2, kind=STOP, trigger=90) for _ in range(2))
    play.amend(third, quantity=3)
    play.print_at(90)
    assert [who for what, who in play.told if what == H.TRIGGERED] == [fourth, third]


@pytest.mark.parametrize(
    ("flags", "why"), [(POST_ONLY, Why.WOULD_TAKE), (FOK, Why.UNFILLED), (IOC, Why.UNFILLED)]
)
def test_a_stop_limit_meets_the_book_by_its_flags(play: Play, flags: int, why: Why) -> None:
    play.sell(1, 112)
    stop = play.buy(4, 112, kind=STOP_LIMIT, trigger=110, flags=flags)
    play.print_at(110)
    assert (play.last.happening, play.last.order_id, play.why) == (H.CANCELLED, stop, why)
    assert play.last.quantity == (3 if flags == IOC else 4)


# ---- reduce-only


def test_reduce_only_needs_a_position_to_reduce(play: Play) -> None:
    play.sell(5, 101, account=1, flags=REDUCE_ONLY)
    assert play.why == Why.REDUCE_ONLY
    play.hold(1, 3)
    play.buy(5, 99, account=1, flags=REDUCE_ONLY)
    assert play.why == Why.REDUCE_ONLY
    play.sell(5, 101, account=1, flags=REDUCE_ONLY)
    assert (play.last.happening, play.last.quantity) == (H.RESTED, 3)


def test_reduce_only_takes_no_more_than_the_position(play: Play) -> None:
    play.hold(1, 3)
    play.buy(9, 99)
    play.sell(5, account=1, flags=REDUCE_ONLY)
    assert [quantity for *_, quantity in play.trades] == [3]
    play.sell(5, account=1, flags=REDUCE_ONLY)
    assert play.why == Why.REDUCE_ONLY


def test_a_resting_order_that_has_nothing_left_to_reduce_is_withdrawn(play: Play) -> None:
    play.hold(1, 5)
    first = play.sell(4, 101, account=1, flags=REDUCE_ONLY)
    second = play.sell(4, 102, account=1, flags=REDUCE_ONLY)
    third = play.sell(4, 103)
    taker = play.buy(9, 103)
    assert play.trades == [
        (taker, first, 101, 4),
        (taker, second, 102, 1),
        (taker, third, 103, 4),
    ]
    assert (H.CANCELLED, second) in play.told


def test_an_amended_order_takes_no_more_than_it_may_reduce(play: Play) -> None:
    play.hold(1, 3)
    order = play.sell(3, 105, account=1, flags=REDUCE_ONLY)
    play.buy(9, 99)
    play.hold(1, 1)
    play.amend(order, price=99)
    assert play.trades == [(order, 2, 99, 1)]
    assert (play.last.happening, play.why, play.last.quantity) == (H.CANCELLED, Why.REDUCE_ONLY, 2)


def test_a_maker_that_reduces_does_not_trade_with_its_own_account(play: Play) -> None:
    play.hold(1, 1)
    order = play.sell(1, 101, account=1, flags=REDUCE_ONLY)
    play.hold(1, 1 << 40)
    play.amend(order, quantity=1 << 40)
    play.hold(1, 1)
    play.buy(1 << 40, 101, account=1)
    assert play.trades == []
    assert play.told == [(H.CANCELLED, order), (H.RESTED, 2)]


def test_a_taker_that_reduces_does_not_trade_with_its_own_account(play: Play) -> None:
    play.hold(1, 5)
    play.buy(3, 101, account=2)
    play.buy(9, 100, account=1)
    taker = play.sell(5, account=1, flags=REDUCE_ONLY)
    assert play.trades == [(taker, 1, 101, 3)]
    assert (play.last.happening, play.why, play.last.quantity) == (H.CANCELLED, Why.REDUCE_ONLY, 2)
    play.buy(1, 101, account=2)
    play.sell(2, 100, account=1, flags=REDUCE_ONLY | FOK)
    assert (play.last.happening, play.why) == (H.REJECTED, Why.UNFILLED)


def test_fill_or_kill_that_reduces_is_refused_where_its_own_account_is_in_the_way(
    play: Play,
) -> None:
    play.hold(1, -5)
    play.buy(5, 101, account=1, flags=REDUCE_ONLY)
    play.buy(5, 100, account=2)
    play.hold(1, 5)
    play.sell(5, 100, account=1, flags=REDUCE_ONLY | FOK)
    assert (play.last.happening, play.why) == (H.REJECTED, Why.UNFILLED)


def test_positions_follow_the_trades(play: Play) -> None:
    play.sell(5, 101, account=1)
    play.buy(3, account=2)
    assert play.engine.words()[-7:] == [2, 0, 1, -3, 0, 2, 3]


def test_fill_or_kill_does_not_count_on_orders_that_reduce(play: Play) -> None:
    play.hold(1, 5)
    play.sell(5, 101, account=1, flags=REDUCE_ONLY)
    play.buy(5, 101, flags=FOK)
    assert play.why == Why.UNFILLED
    play.sell(5, 102)
    play.buy(5, 102, flags=FOK)
    assert [quantity for *_, quantity in play.trades] == [5]


# ---- self-trade prevention


def test_without_prevention_an_account_trades_with_itself(play: Play) -> None:
    play.sell(5, 101, account=1)
    play.buy(5, 101, account=1)
    assert len(play.trades) == 1


def test_nobody_is_no_account(play: Play) -> None:
    play.sell(5, 101)
    play.buy(5, 101, flags=CANCEL_BOTH)
    assert len(play.trades) == 1


@pytest.mark.parametrize("mode", [CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH])
def test_self_trade_prevention(play: Play, mode: int) -> None:
    other, own = play.sell(5, 100, account=2), play.sell(5, 101, account=1)
    beyond = play.sell(5, 102, account=2)
    taker = play.buy(9, 102, account=1, flags=mode)
    gone = [who for what, who in play.told if what == H.CANCELLED]
    bought = [maker for _, maker, *_ in play.trades]
    assert bought == ([other, beyond] if mode == CANCEL_OLDEST else [other])
    wanted = {CANCEL_NEWEST: [taker], CANCEL_OLDEST: [own], CANCEL_BOTH: [own, taker]}
    assert gone == wanted[mode]
    assert {e.why for e in play.said if e.happening == H.CANCELLED} == {Why.SELF_TRADE}


def test_the_takers_mode_counts_not_the_makers(play: Play) -> None:
    play.sell(5, 101, account=1, flags=CANCEL_BOTH)
    play.buy(5, 101, account=1)
    assert len(play.trades) == 1


@pytest.mark.parametrize(
    ("mode", "filled"), [(0, 6), (CANCEL_OLDEST, 6), (CANCEL_NEWEST, 0), (CANCEL_BOTH, 0)]
)
def test_fill_or_kill_knows_of_self_trade_prevention(play: Play, mode: int, filled: int) -> None:
    play.sell(4, 101, account=2, visible=1)
    play.sell(4, 101, account=1)
    play.sell(2, 102, account=2)
    play.buy(6, 102, account=1, flags=FOK | mode)
    assert sum(quantity for *_, quantity in play.trades) == filled


@pytest.mark.parametrize(("quantity", "filled"), [(1, 1), (2, 0)])
def test_an_iceberg_hides_behind_the_own_order_from_fill_or_kill(
    play: Play, quantity: int, filled: int
) -> None:
    play.sell(4, 101, account=2, visible=1)
    play.sell(4, 101, account=1)
    play.buy(quantity, 101, account=1, flags=FOK | CANCEL_NEWEST)
    assert sum(quantity for *_, quantity in play.trades) == filled


# ---- bands


def test_orders_outside_the_band_are_refused(play: Play) -> None:
    play.band(90, 110)
    assert (play.last.happening, play.last.price, play.last.quantity) == (H.BAND, 90, 110)
    for side, price in ((0, 89), (0, 111), (1, 89), (1, 111)):
        play.place(side, 1, price)
        assert play.why == Why.BAND
    order = play.buy(1, 90)
    play.amend(order, price=89)
    assert play.why == Why.BAND
    play.amend(order, price=95)
    assert play.last.happening == H.RESTED


def test_a_market_order_stops_at_the_band(play: Play) -> None:
    play.sell(1, 110)
    play.sell(1, 111)
    play.buy(1, 90)
    play.buy(1, 89)
    play.band(90, 110)
    for side in (0, 1):
        play.place(side, 2)
        assert (len(play.trades), play.why) == (1, Why.UNFILLED)


def test_a_stop_limit_that_the_band_left_behind_is_cancelled(play: Play) -> None:
    stop = play.buy(1, 120, kind=STOP_LIMIT, trigger=110)
    play.band(90, 115)
    play.print_at(110)
    assert (play.last.happening, play.last.order_id, play.why) == (H.CANCELLED, stop, Why.BAND)


@pytest.mark.parametrize(
    "order",
    [{"price": 1_001}, {"kind": STOP, "trigger": 1_001}, {"kind": TRAILING, "trail": 901}],
)
def test_prices_beyond_the_ladder_are_refused(play: Play, order: dict[str, int]) -> None:
    play.buy(1, **order)
    assert play.why == Why.BAND


@pytest.mark.parametrize("price", [1 << 20, 1 << 40, 1 << 62, (1 << 63) - 1])
def test_prices_of_any_width_are_refused(play: Play, price: int) -> None:
    order = play.sell(1, 101)
    for command in (
        Command(Op.PLACE, 0, order_id=9, quantity=1, price=price),
        Command(Op.PLACE, 1, order_id=9, quantity=1, price=price),
        Command(Op.PLACE, 0, Kind.STOP, order_id=9, quantity=1, trigger=price),
        Command(Op.PLACE, 0, Kind.TRAILING, order_id=9, quantity=1, trail=price),
        Command(Op.PLACE, 1, Kind.TRAILING, order_id=9, quantity=1, trail=price),
        Command(Op.AMEND, order_id=order, price=price),
    ):
        play.send(command)
        assert play.why == Why.BAND


# ---- phases and auctions


def test_a_halted_market_lets_orders_be_withdrawn_only(play: Play) -> None:
    first, second = play.sell(5, 101), play.sell(5, 101)
    play.phase(Phase.HALTED)
    assert (play.last.happening, play.last.flags) == (H.PHASE, Phase.HALTED)
    play.buy(5, 101)
    assert play.why == Why.PHASE
    play.amend(first, price=100)
    assert play.why == Why.PHASE
    play.reduce(first, 2)
    assert play.last.happening == H.AMENDED
    play.cancel(second)
    assert play.last.happening == H.CANCELLED
    play.phase(Phase.OPEN)
    play.buy(5, 101)
    assert [quantity for *_, quantity in play.trades] == [3]


@pytest.mark.parametrize("order", [{}, {"price": 101, "flags": IOC}, {"price": 101, "flags": FOK}])
def test_an_auction_takes_no_order_that_cannot_wait(play: Play, order: dict[str, int]) -> None:
    play.sell(5, 101)
    play.phase(Phase.AUCTION)
    play.buy(5, **order)
    assert play.why == Why.PHASE


def test_an_auction_collects_then_clears_at_one_price(play: Play) -> None:
    play.phase(Phase.AUCTION)
    buys = [play.buy(5, 103), play.buy(5, 102), play.buy(5, 101)]
    assert play.trades == []
    sells = [play.sell(6, 99), play.sell(6, 102), play.sell(1, 104)]
    play.phase(Phase.OPEN)
    assert play.said[1].happening == H.AUCTION
    assert (play.said[1].price, play.said[1].quantity) == (102, 10)
    assert play.trades == [
        (buys[0], sells[0], 102, 5),
        (buys[1], sells[0], 102, 1),
        (buys[1], sells[1], 102, 4),
    ]
    assert all(e.flags & UNCROSSED for e in play.said if e.happening == H.TRADE)
    play.sell(9, 101)
    assert [maker for _, maker, *_ in play.trades] == [buys[2]]


AUCTIONS = {
    "most volume": ([(10, 105), (10, 101)], [(10, 100), (30, 101)], 100, (101, 20)),
    "least imbalance": ([(10, 105), (6, 102)], [(10, 100)], 100, (103, 10)),
    "least imbalance, sells left": ([(10, 105)], [(10, 100), (2, 103)], 104, (102, 10)),
    "nearest to the reference": ([(10, 110)], [(10, 90)], 97, (97, 10)),
    "reference above": ([(10, 110)], [(10, 90)], 150, (110, 10)),
    "reference below": ([(10, 110)], [(10, 90)], 50, (90, 10)),
}  # fmt: skip


@pytest.mark.parametrize("name", AUCTIONS)
def test_the_clearing_price(play: Play, name: str) -> None:
    buys, sells, reference, expected = AUCTIONS[name]
    instrument = Instrument(1, 1_000, reference, Phase.AUCTION)
    play = Play(play.make, (instrument,))
    for quantity, price in buys:
        play.buy(quantity, price)
    for quantity, price in sells:
        play.sell(quantity, price)
    play.phase(Phase.OPEN)
    assert (play.said[1].price, play.said[1].quantity) == expected


def test_an_iceberg_is_in_an_auction_with_all_of_it(play: Play) -> None:
    play.phase(Phase.AUCTION)
    iceberg, other = play.buy(10, 101, visible=2), play.buy(3, 101)
    play.sell(9, 101)
    play.phase(Phase.OPEN)
    assert (play.said[1].price, play.said[1].quantity) == (101, 9)
    assert [(buyer, quantity) for buyer, *_, quantity in play.trades] == [
        (iceberg, 2), (other, 3), (iceberg, 2), (iceberg, 2),
    ]  # fmt: skip


def test_an_auction_wakes_stops_once_it_is_over(play: Play) -> None:
    play.phase(Phase.AUCTION)
    stop = play.buy(1, kind=STOP, trigger=105)
    play.buy(5, 110)
    play.sell(5, 110)
    play.sell(2, 115)
    play.phase(Phase.OPEN)
    assert play.told[-2:] == [(H.TRIGGERED, stop), (H.TRADE, stop)]
    assert play.trades[-1] == (stop, 4, 115, 1)


def test_post_only_and_amendments_in_an_auction(play: Play) -> None:
    play.phase(Phase.AUCTION)
    play.sell(5, 101)
    play.buy(5, 101, flags=POST_ONLY)
    assert play.why == Why.WOULD_TAKE
    buyer = play.buy(5, 99)
    play.amend(buyer, price=103)
    assert play.told == [(H.AMENDED, buyer), (H.RESTED, buyer)]
    play.phase(Phase.OPEN)
    assert len(play.trades) == 1


def test_sells_that_reduce_in_an_auction_may_need_a_second_price(play: Play) -> None:
    play.hold(1, 2)
    play.phase(Phase.AUCTION)
    play.sell(2, 95, account=1, flags=REDUCE_ONLY)
    play.sell(2, 95, account=1, flags=REDUCE_ONLY)
    play.sell(3, 99)
    play.buy(4, 100)
    play.buy(2, 97)
    play.phase(Phase.OPEN)
    assert sum(quantity for *_, quantity in play.trades) == 4
    play.sell(1, 1)
    assert len(play.trades) == 1


def test_buys_that_reduce_in_an_auction_may_need_a_second_price(play: Play) -> None:
    play.hold(1, -2)
    play.phase(Phase.AUCTION)
    play.buy(2, 105, account=1, flags=REDUCE_ONLY)
    play.buy(2, 105, account=1, flags=REDUCE_ONLY)
    play.buy(3, 101)
    play.sell(4, 100)
    play.sell(2, 103)
    play.phase(Phase.OPEN)
    assert sum(quantity for *_, quantity in play.trades) == 4
    play.buy(1, 999)
    assert len(play.trades) == 1


def test_symbols_do_not_meet(play: Play) -> None:
    play = Play(play.make, (Instrument(1, 1_000, 100), Instrument(500, 2_000, 600)))
    first = play.sell(5, 600)
    play.buy(5, 600, symbol=1)
    assert play.trades == []
    play.sell(5, 600, symbol=1)
    assert play.trades == [(3, 2, 600, 5)]
    play.buy(5, 600)
    assert play.trades == [(4, first, 600, 5)]
    play.buy(5, 499, symbol=1)
    assert play.why == Why.BAND
