"""Order types, priority, amendments: the same scenarios on the reference and the engine."""

from __future__ import annotations

import pytest

from engine.matching.codes import (
    FOK,
    IOC,
    KEPT,
    MAKER_DONE,
    MAX_PARTS,
    MAX_QUANTITY,
    POST_ONLY,
    TAKER_DONE,
    Command,
    Happening,
    Kind,
    Op,
    Phase,
    Why,
)
from tests.matching.plays import Play

H = Happening


def test_better_prices_trade_first_then_older_orders(play: Play) -> None:
    late_and_better = [play.sell(5, 102), play.sell(5, 101), play.sell(5, 101)]
    third, first, second = late_and_better
    taker = play.buy(12, 105)
    assert play.trades == [(taker, first, 101, 5), (taker, second, 101, 5), (taker, third, 102, 2)]
    flags = [event.flags for event in play.said]
    assert flags == [MAKER_DONE, MAKER_DONE, TAKER_DONE]


def test_buyers_have_the_same_priority(play: Play) -> None:
    third, first, second = play.buy(5, 98), play.buy(5, 99), play.buy(5, 99)
    taker = play.sell(12, 90)
    assert play.trades == [(taker, first, 99, 5), (taker, second, 99, 5), (taker, third, 98, 2)]


def test_what_is_left_of_a_limit_order_rests_at_its_price(play: Play) -> None:
    play.sell(5, 101)
    buyer = play.buy(8, 102)
    assert play.told == [(H.TRADE, buyer), (H.RESTED, buyer)]
    assert (play.last.price, play.last.quantity) == (102, 3)
    seller = play.sell(9, 102)
    assert play.trades == [(seller, buyer, 102, 3)]
    assert play.last.quantity == 6


def test_a_limit_order_does_not_trade_beyond_its_price(play: Play) -> None:
    play.sell(5, 101)
    play.buy(5, 100)
    assert play.trades == []


def test_a_market_order_takes_what_there_is_and_is_gone(play: Play) -> None:
    play.sell(5, 101)
    taker = play.buy(8)
    assert play.told == [(H.TRADE, taker), (H.CANCELLED, taker)]
    assert (play.why, play.last.quantity) == (Why.UNFILLED, 3)
    play.sell(1)
    assert (play.why, play.last.quantity) == (Why.UNFILLED, 1)


def test_immediate_or_cancel_does_not_rest(play: Play) -> None:
    play.sell(5, 101)
    play.sell(5, 103)
    taker = play.buy(8, 102, flags=IOC)
    assert play.told == [(H.TRADE, taker), (H.CANCELLED, taker)]
    assert (play.why, play.last.quantity) == (Why.UNFILLED, 3)
    play.cancel(taker)
    assert play.why == Why.UNKNOWN


@pytest.mark.parametrize("kind", [Kind.LIMIT, Kind.MARKET])
def test_fill_or_kill_is_all_or_nothing(play: Play, kind: Kind) -> None:
    price = 102 if kind == Kind.LIMIT else 0
    play.sell(5, 101)
    play.sell(5, 102)
    play.buy(11, price, kind=kind, flags=FOK)
    assert (play.told, play.why) == ([(H.REJECTED, 3)], Why.UNFILLED)
    play.buy(10, price, kind=kind, flags=FOK)
    assert [quantity for *_, quantity in play.trades] == [5, 5]


def test_fill_or_kill_counts_what_icebergs_hide(play: Play) -> None:
    play.sell(10, 101, visible=2)
    play.buy(10, 101, flags=FOK)
    assert [quantity for *_, quantity in play.trades] == [2] * 5


def test_post_only_never_takes(play: Play) -> None:
    play.sell(5, 101)
    play.buy(5, 101, flags=POST_ONLY)
    assert play.why == Why.WOULD_TAKE
    play.buy(5, 100, flags=POST_ONLY)
    assert play.last.happening == H.RESTED


def test_an_iceberg_shows_part_after_part_and_loses_its_place(play: Play) -> None:
    iceberg, other = play.sell(10, 101, visible=4), play.sell(3, 101)
    taker = play.buy(8, 101)
    assert play.trades == [
        (taker, iceberg, 101, 4),
        (taker, other, 101, 3),
        (taker, iceberg, 101, 1),
    ]
    assert [e.quantity for e in play.said if e.happening == H.REFRESHED] == [4]
    taker = play.buy(9, 101)
    assert play.trades == [(taker, iceberg, 101, 3), (taker, iceberg, 101, 2)]
    assert play.last.quantity == 4


def test_an_iceberg_takes_with_all_of_it(play: Play) -> None:
    play.sell(9, 101)
    buyer = play.buy(20, 101, visible=3)
    assert (play.trades[0][3], play.last.quantity) == (9, 11)
    seller = play.sell(4, 101)
    assert play.trades == [(seller, buyer, 101, 3), (seller, buyer, 101, 1)]


def test_an_iceberg_has_at_most_so_many_parts(play: Play) -> None:
    play.sell(MAX_PARTS * 2, 101, visible=2)
    assert play.last.happening == H.RESTED
    play.sell(MAX_PARTS * 2 + 1, 101, visible=2)
    assert play.why == Why.BAD
    play.amend(1, quantity=MAX_PARTS * 2 + 1)
    assert play.why == Why.BAD


def test_cancel(play: Play) -> None:
    order = play.sell(5, 101)
    play.cancel(order)
    assert (play.told, play.last.quantity, play.why) == ([(H.CANCELLED, order)], 5, Why.ASKED)
    play.cancel(order)
    assert (play.told, play.why) == ([(H.REJECTED, order)], Why.UNKNOWN)


def test_an_account_withdraws_and_changes_its_own_orders_only(play: Play) -> None:
    order = play.sell(5, 101, account=3)
    play.cancel(order, account=4)
    assert play.why == Why.UNKNOWN
    play.send(Command(Op.AMEND, order_id=order, quantity=3, account=4))
    assert play.why == Why.UNKNOWN
    play.send(Command(Op.REDUCE, order_id=order, quantity=3, account=4))
    assert play.why == Why.UNKNOWN
    play.cancel(order, account=3)
    assert play.why == Why.ASKED


def test_less_at_the_same_price_keeps_the_place(play: Play) -> None:
    first, second = play.sell(5, 101), play.sell(5, 101)
    play.amend(first, quantity=3)
    assert (play.last.happening, play.last.flags, play.last.quantity) == (H.AMENDED, KEPT, 3)
    taker = play.buy(4, 101)
    assert play.trades == [(taker, first, 101, 3), (taker, second, 101, 1)]


@pytest.mark.parametrize("change", [{"quantity": 6}, {"price": 102}])
def test_more_or_another_price_loses_the_place(play: Play, change: dict[str, int]) -> None:
    first, second = play.sell(5, 101), play.sell(5, change.get("price", 101))
    play.amend(first, **change)
    assert play.told == [(H.AMENDED, first), (H.RESTED, first)]
    taker = play.buy(7, 102)
    assert [maker for _, maker, *_ in play.trades] == [second, first]
    assert play.said[0].order_id == taker


def test_an_amended_order_that_crosses_takes(play: Play) -> None:
    seller, buyer = play.sell(5, 105), play.buy(8, 100)
    play.amend(buyer, price=105)
    assert play.trades == [(buyer, seller, 105, 5)]
    assert (play.last.happening, play.last.price, play.last.quantity) == (H.RESTED, 105, 3)


def test_the_quantity_of_an_amendment_is_that_of_the_whole_order(play: Play) -> None:
    order = play.sell(10, 101)
    play.buy(4, 101)
    play.amend(order, quantity=7)
    assert play.last.quantity == 3
    play.amend(order, quantity=12)
    assert play.last.quantity == 8
    play.amend(order, quantity=4)
    assert (play.last.happening, play.last.quantity) == (H.CANCELLED, 8)


def test_an_order_amended_to_what_it_has_traded_is_withdrawn_at_any_price(play: Play) -> None:
    order = play.sell(10, 101)
    play.buy(4, 101)
    play.amend(order, quantity=4, price=102)
    assert play.told == [(H.CANCELLED, order)]


def test_a_post_only_order_is_not_amended_into_a_taker(play: Play) -> None:
    play.sell(5, 105)
    order = play.buy(5, 100, flags=POST_ONLY)
    play.amend(order, price=105)
    assert play.why == Why.WOULD_TAKE
    play.amend(order, price=104)
    assert (play.last.happening, play.last.price) == (H.RESTED, 104)


def test_reduce_takes_off_what_is_hidden_first_and_keeps_the_place(play: Play) -> None:
    iceberg, other = play.sell(10, 101, visible=4), play.sell(5, 101)
    play.reduce(iceberg, 7)
    assert (play.last.quantity, play.last.flags) == (3, KEPT)
    taker = play.buy(5, 101)
    assert play.trades == [(taker, iceberg, 101, 3), (taker, other, 101, 2)]
    play.reduce(other, 9)
    assert (play.last.happening, play.last.quantity) == (H.CANCELLED, 3)


def test_a_live_id_is_not_taken_twice(play: Play) -> None:
    play.sell(5, 101)
    play.send(Command(Op.PLACE, 1, order_id=1, quantity=5, price=101))
    assert play.why == Why.DUPLICATE
    play.cancel(1)
    play.send(Command(Op.PLACE, 1, order_id=1, quantity=5, price=101))
    assert play.last.happening == H.RESTED


def test_a_full_engine_refuses_what_would_rest(play: Play) -> None:
    for _ in range(play.max_orders):
        play.sell(1, 101)
    play.sell(1, 101)
    assert play.why == Why.FULL
    play.buy(1, kind=Kind.STOP, trigger=120)
    assert play.why == Why.FULL
    play.buy(1)
    assert len(play.trades) == 1
    play.sell(1, 101)
    assert play.last.happening == H.RESTED


MALFORMED = {
    "no op": Command(0, order_id=1, quantity=1, price=100),
    "an op too far": Command(8, order_id=1, quantity=1, price=100),
    "side": Command(Op.PLACE, 2, order_id=1, quantity=1, price=100),
    "kind": Command(Op.PLACE, kind=5, order_id=1, quantity=1, price=100),
    "flags": Command(Op.PLACE, flags=64, order_id=1, quantity=1, price=100),
    "time in force": Command(Op.PLACE, flags=3, order_id=1, quantity=1, price=100),
    "symbol": Command(Op.PLACE, symbol=1, order_id=1, quantity=1, price=100),
    "id": Command(Op.PLACE, order_id=0, quantity=1, price=100),
    "account": Command(Op.PLACE, order_id=1, account=8, quantity=1, price=100),
    "account below": Command(Op.PLACE, order_id=1, account=-1, quantity=1, price=100),
    "no quantity": Command(Op.PLACE, order_id=1, quantity=0, price=100),
    "less than no quantity": Command(Op.PLACE, order_id=1, quantity=-1, price=100),
    "quantity": Command(Op.PLACE, order_id=1, quantity=MAX_QUANTITY + 1, price=100),
    "no price": Command(Op.PLACE, order_id=1, quantity=1),
    "price of a market order": Command(
        Op.PLACE, kind=Kind.MARKET, order_id=1, quantity=1, price=100
    ),
    "stop without a trigger": Command(Op.PLACE, kind=Kind.STOP, order_id=1, quantity=1),
    "trigger of a limit order": Command(
        Op.PLACE, order_id=1, quantity=1, price=100, trigger=120
    ),
    "trailing without a distance": Command(Op.PLACE, kind=Kind.TRAILING, order_id=1, quantity=1),
    "distance of a limit order": Command(Op.PLACE, order_id=1, quantity=1, price=100, trail=5),
    "post-only that does not rest": Command(
        Op.PLACE, flags=POST_ONLY | IOC, order_id=1, quantity=1, price=100
    ),
    "iceberg that does not rest": Command(
        Op.PLACE, flags=IOC, order_id=1, quantity=5, price=100, visible=2
    ),
    "more shown than there is": Command(
        Op.PLACE, order_id=1, quantity=5, price=100, visible=6
    ),
    "reduces nobody's position": Command(Op.PLACE, flags=8, order_id=1, quantity=5, price=100),
    "phase": Command(Op.PHASE, kind=3),
    "phase of no symbol": Command(Op.PHASE, symbol=1),
    "band upside down": Command(Op.BAND, price=101, trigger=100),
    "band beyond the ladder": Command(Op.BAND, price=100, trigger=1_001),
    "position of nobody": Command(Op.POSITION, account=0, quantity=1),
    "position too large": Command(Op.POSITION, account=1, quantity=(1 << 60) + 1),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_command_is_refused(play: Play, name: str) -> None:
    play.send(MALFORMED[name])
    assert (play.told, play.why) == ([(H.REJECTED, MALFORMED[name].order_id)], Why.BAD)
    assert play.engine.words() == [1, 1, *Play(play.make).engine.words()[2:]]


@pytest.mark.parametrize(
    "change", [{"trigger": 120}, {"quantity": MAX_QUANTITY + 1}, {"quantity": -1}, {"price": -1}]
)
def test_a_malformed_amendment_is_refused(play: Play, change: dict[str, int]) -> None:
    order = play.sell(5, 101)
    play.amend(order, **change)
    assert play.why == Why.BAD
    play.reduce(order, 0)
    assert play.why == Why.BAD


def test_the_widest_quantities_add_up(play: Play) -> None:
    makers = [play.sell(MAX_QUANTITY, 101) for _ in range(play.max_orders)]
    play.buy(MAX_QUANTITY, 101, flags=FOK)
    assert play.trades[0][3] == MAX_QUANTITY
    play.phase(Phase.AUCTION)
    play.buy(MAX_QUANTITY, 101)
    play.phase(Phase.OPEN)
    assert [e.quantity for e in play.said[1:3]] == [MAX_QUANTITY] * 2
    assert len(makers) == play.max_orders
