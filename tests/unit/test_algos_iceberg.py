"""The iceberg: what it shows, when it shows more, and what ends it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.algos.catalogue import algorithm
from engine.algos.commands import AmendChild, PlaceChild, WithdrawChild
from engine.algos.events import AmendAsked, CancelAsked, Ticked
from engine.algos.iceberg import ONE, PASSING, Iceberg
from schemas.errors import Poison
from schemas.orders import Style, TimeInForce
from schemas.refusals import Reason
from tests.unit.algo_market import Desk, working


def parts(desk: Desk) -> list[int]:
    return [one.quantity for one in desk.sent if isinstance(one, PlaceChild)]


def iceberg(quantity: int = 10, **fields: Any) -> Desk:
    return working(Iceberg(visible=4), quantity, **fields).arrive()


def test_one_part_rests_at_a_time_and_the_next_comes_when_it_has_traded_whole() -> None:
    desk = iceberg()
    assert parts(desk) == [4]
    desk.trade(3)
    assert desk.coming == []
    desk.trade(1)
    assert parts(desk) == [4, 4]
    desk.arrive().trade(4).arrive().trade(2)
    assert parts(desk) == [4, 4, 2]
    assert desk.parent.over
    sent = [one for one in desk.sent if isinstance(one, PlaceChild)]
    assert {(one.limit, one.time_in_force) for one in sent} == {(100, TimeInForce.GTC)}


def test_an_order_no_larger_than_its_visible_part_is_one_part() -> None:
    assert parts(iceberg(3)) == [3]


def test_cancelling_ends_it_with_what_it_has() -> None:
    desk = iceberg().trade(4).arrive()
    desk.hear(CancelAsked(9)).arrive()
    assert [type(one) for one in desk.sent[2:]] == [WithdrawChild]
    assert (desk.parent.over, desk.parent.filled) == (True, 4)


def test_another_limit_moves_the_part_and_those_to_come() -> None:
    desk = iceberg()
    desk.hear(AmendAsked(5, None, 99)).arrive().trade(4)
    assert [one.limit for one in desk.sent if isinstance(one, PlaceChild | AmendChild)] == [
        100, 99, 99,
    ]  # fmt: skip


def test_another_quantity_is_met_by_the_parts_to_come() -> None:
    desk = iceberg()
    desk.hear(AmendAsked(5, 6, None)).trade(4)
    assert parts(desk) == [4, 2]
    desk.hear(AmendAsked(5, 12, None)).arrive().trade(2).arrive().trade(4)
    assert parts(desk) == [4, 2, 4, 2]


@pytest.mark.parametrize("reason", [Reason.POSITION_CLOSED, Reason.WOULD_TAKE, None])
def test_a_part_that_others_end_ends_it(reason: Any) -> None:
    desk = iceberg().end(reason)
    assert (desk.parent.over, desk.parent.reason, parts(desk)) == (True, reason, [4])


def test_a_first_part_that_is_refused_ends_it() -> None:
    desk = working(Iceberg(4)).arrive(Reason.GAPPED_BOOK)
    assert (desk.parent.over, desk.parent.reason) == (True, Reason.GAPPED_BOOK)


@pytest.mark.parametrize("reason", PASSING)
def test_a_later_part_that_is_refused_for_now_waits_for_the_market(reason: Reason) -> None:
    desk = iceberg().trade(4).arrive(reason)
    assert not desk.parent.over
    assert desk.hear(Ticked(7, None, None)).coming == []
    assert len(desk.hear(Ticked(8, 99, 101)).coming) == 1
    assert len(desk.hear(Ticked(9, 99, 101)).coming) == 1


@pytest.mark.parametrize(
    ("side", "bid", "ask", "sent"),
    [("buy", 98, 100, 0), ("buy", 99, 101, 1), ("sell", 100, 102, 0), ("sell", 99, 101, 1)],
)
def test_a_post_only_part_waits_until_it_may_rest(side: Any, bid: int, ask: int, sent: int) -> None:
    desk = iceberg(side=side, post_only=True).trade(4).arrive(Reason.WOULD_TAKE)
    assert len(desk.hear(Ticked(8, bid, ask)).coming) == sent


@given(st.integers(1, 10**24), st.integers(0, ONE - 1), st.integers(1, 10**21), st.text(max_size=9))
def test_parts_vary_within_their_share_in_whole_lots(
    visible: int, variance: int, lot: int, name: str
) -> None:
    style = Iceberg(visible, variance, lot)
    sizes = [style.part(name, number) for number in range(5)]
    assert sizes == [style.part(name, number) for number in range(5)]
    half = Fraction(lot, 2)
    for size in sizes:
        assert size >= lot
        assert size % lot == 0
        share = Fraction(visible * variance, ONE)
        assert size == lot or size <= visible + share + half
        assert size >= visible - share - half - 1


def test_parts_are_as_large_as_said_on_average_and_all_different() -> None:
    style = Iceberg(10**21, ONE // 2)
    sizes = [style.part("p", number) for number in range(1000)]
    assert sum(sizes) / 1000 == pytest.approx(10**21, rel=0.03)
    assert len(set(sizes)) == 1000
    assert min(sizes) < 0.51 * 10**21 < 1.49 * 10**21 < max(sizes)
    assert {Iceberg(7, 0).part("p", number) for number in range(9)} == {7}


def test_a_commands_style_is_its_algorithm() -> None:
    style = Style(visible="0.5", variance="0.25", lot="0.001")
    assert algorithm(style) == Iceberg(ONE // 2, ONE // 4, ONE // 1000)
    assert algorithm(Style(visible="2")) == Iceberg(2 * ONE, 0, 1)
    with pytest.raises(Poison):
        algorithm(Style(visible="-2"))
