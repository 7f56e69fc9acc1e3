"""Parent orders: their books hold whatever the algorithm wishes and the venue does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.algos.commands import (
    Amend,
    AmendChild,
    Finish,
    PlaceChild,
    Send,
    Wish,
    Withdraw,
    WithdrawChild,
)
from engine.algos.events import AmendAsked, CancelAsked, Ended, Event, Filled, Ticked
from engine.algos.orders import ParentOrder
from engine.identity import client_order_id
from schemas.orders import TimeInForce
from schemas.refusals import Reason
from tests.unit.algo_market import Desk, working


class Wild:
    """Wishes for anything at all, by what its tape says; the state is how far it has read it."""

    def __init__(self, tape: Sequence[tuple[int, int]]) -> None:
        self.tape = tape

    def initial(self, parent: ParentOrder) -> int:
        return 0

    def step(self, state: int, parent: ParentOrder, event: Event) -> tuple[int, list[Wish]]:
        if state >= len(self.tape):
            return state, []
        what, number = self.tape[state]
        names = [each.order_id for each in parent.children] or ["nobody"]
        child = names[number % len(names)]
        wishes: list[list[Wish]] = [
            [], [Send(number, 100)], [Send(number, None, TimeInForce.IOC), Send(number, 99)],
            [Amend(child, quantity=number)], [Amend(child, limit=number)], [Withdraw(child)],
            [Finish(), Send(1, 100)],
        ]  # fmt: skip
        return state + 1, wishes[what]

    def dump(self, state: int) -> Any:
        return state

    def load(self, data: Any) -> int:
        return int(data)


class Always:
    """Wishes for the same after each event."""

    def __init__(self, *wishes: Wish) -> None:
        self.wishes = wishes

    def initial(self, parent: ParentOrder) -> None:
        return None

    def step(self, state: None, parent: ParentOrder, event: Event) -> tuple[None, Sequence[Wish]]:
        return None, self.wishes

    def dump(self, state: None) -> None:
        return None

    def load(self, data: None) -> None:
        return None


class Slices(Always):
    """Sends parts of one size at once, as many as there are."""

    def __init__(self, size: int) -> None:
        self.size = size

    def step(self, state: None, parent: ParentOrder, event: Event) -> tuple[None, list[Wish]]:
        return None, [Send(self.size, parent.limit)] * 20


tapes = st.lists(
    st.tuples(st.sampled_from([0, 1, 1, 1, 2, 2, 3, 4, 5, 6]), st.integers(0, 12)), max_size=40
)
happenings = st.lists(
    st.tuples(
        st.sampled_from(["arrive", "arrive", "arrive", "refuse", "trade", "trade", "end", "tick",
                         "restart", "cancel", "amend", "amend"]),
        st.integers(0, 20), st.integers(0, 9),
    ),
    max_size=40,
)  # fmt: skip


def happen(desk: Desk, what: str, number: int, which: int) -> None:
    """One thing, where it can."""
    there = list(desk.resting)
    name = there[which % len(there)] if there else ""
    if what == "arrive" and desk.coming:
        desk.arrive()
    elif what == "refuse" and desk.coming:
        desk.arrive(Reason.WOULD_TAKE)
    elif what == "trade" and there:
        desk.trade(max(1, number), name)
    elif what == "end" and there:
        desk.end(Reason.POSITION_CLOSED, name)
    elif what == "tick":
        desk.hear(Ticked(desk.now, 99, 101, number))
    elif what == "restart":
        desk.restart()
    elif what == "cancel" and number == 0:
        desk.hear(CancelAsked(desk.now))
    elif what == "amend":
        desk.hear(AmendAsked(desk.now, number or None, None if which else 101))


@given(tapes, happenings)
def test_what_is_out_and_filled_never_grows_beyond_the_order(
    tape: list[tuple[int, int]], happens: list[tuple[str, int, int]]
) -> None:
    """`Desk.hear` compares with the venue's own books as each child is sent."""
    desk = working(Wild(tape))
    for what, number, which in happens:
        ending = desk.parent.ending
        sent = len(desk.sent)
        happen(desk, what, number, which)
        if ending:
            assert not [one for one in desk.sent[sent:] if isinstance(one, PlaceChild)]
    while desk.coming:
        desk.arrive()
    assert {each.order_id: each.rest for each in desk.parent.children} == desk.resting
    assert desk.parent.amending == ()
    if desk.parent.over:
        assert not desk.resting
        for event in (Ticked(9, 99, 101), CancelAsked(9), Ended(9, "nobody", None)):
            before = desk.parent
            assert desk.hear(event).parent.children == before.children == ()


@given(tapes, happenings)
def test_the_same_events_send_the_same_commands_also_after_restarts(
    tape: list[tuple[int, int]], happens: list[tuple[str, int, int]]
) -> None:
    one, other = working(Wild(tape)), working(Wild(tape))
    for what, number, which in happens:
        happen(one, what, number, which)
        happen(other, what, number, which)
        other.restart()
    assert one.sent == other.sent


def test_ids_follow_from_the_parents_id_and_a_count() -> None:
    desk = working(Slices(4))
    names = [client_order_id("p", "child", n) for n in range(3)]
    assert desk.sent == [
        PlaceChild(name, quantity, 100, TimeInForce.GTC, later=False)
        for name, quantity in zip(names, (4, 4, 2), strict=True)
    ]


def test_an_order_is_over_when_all_of_it_has_traded() -> None:
    desk = working(Slices(6)).arrive().arrive()
    desk.trade(6).trade(3)
    assert (desk.parent.filled, desk.parent.remaining, desk.parent.over) == (9, 0, False)
    assert desk.trade(1).parent.over


def test_a_child_sent_after_a_fill_says_so() -> None:
    desk = working(Slices(20)).arrive()
    desk.trade(4).end(Reason.OTHER_FILLED)
    assert [one.later for one in desk.sent if isinstance(one, PlaceChild)] == [False, True]


def test_a_cancelled_order_withdraws_its_children_once_and_counts_late_fills() -> None:
    desk = working(Slices(6)).arrive().arrive()
    desk.hear(CancelAsked(5)).hear(CancelAsked(6))
    assert [type(one) for one in desk.coming] == [WithdrawChild, WithdrawChild]
    desk.trade(2)
    assert not desk.parent.over
    desk.arrive().arrive()
    assert (desk.parent.over, desk.parent.filled, desk.parent.reason) == (True, 2, None)


def test_a_new_limit_moves_the_children_that_were_at_the_old_one() -> None:
    desk = working(Slices(6)).arrive().arrive()
    desk.hear(AmendAsked(5, None, 101))
    assert [(one.quantity, one.limit) for one in desk.coming if isinstance(one, AmendChild)] == [
        (None, 101), (None, 101),
    ]  # fmt: skip
    desk.arrive().arrive()
    assert [each.limit for each in desk.parent.children] == [101, 101]


def test_a_smaller_quantity_cuts_the_youngest_first_and_a_larger_one_sends_more() -> None:
    desk = working(Slices(6)).arrive().arrive()
    desk.hear(AmendAsked(5, 3, None))
    first, second = desk.coming
    assert isinstance(first, WithdrawChild)
    assert isinstance(second, AmendChild)
    assert (second.quantity, second.limit) == (3, None)
    oldest, youngest = (each.order_id for each in desk.parent.children)
    assert (second.child, first.child) == (oldest, youngest)
    desk.arrive().arrive()
    assert (desk.parent.outstanding, desk.parent.remaining) == (3, 0)
    desk.hear(AmendAsked(6, 8, None))
    assert [one.quantity for one in desk.coming if isinstance(one, PlaceChild)] == [5]


def test_a_quantity_that_is_filled_already_ends_the_order() -> None:
    desk = working(Slices(6)).arrive().arrive().trade(4)
    desk.hear(AmendAsked(5, 4, None)).arrive().arrive()
    assert (desk.parent.over, desk.parent.filled) == (True, 4)


def test_a_child_that_cannot_be_changed_is_withdrawn_and_sent_anew() -> None:
    desk = working(Slices(10)).arrive()
    desk.hear(AmendAsked(5, None, 101)).arrive(Reason.WOULD_TAKE).arrive()
    (again,) = desk.coming
    assert isinstance(again, PlaceChild)
    assert (again.quantity, again.limit) == (10, 101)


def test_a_child_may_shrink_and_never_grows() -> None:
    desk = working(Wild([(1, 4)])).arrive()
    name = desk.parent.children[0].order_id
    for quantity, sent in ((5, 0), (4, 0), (3, 1)):
        desk.algorithm = Always(Amend(name, quantity=quantity))
        assert len(desk.hear(Ticked(1, 99, 101)).coming) == sent


def test_nothing_is_sent_once_an_order_ends() -> None:
    desk = working(Always(Finish(Reason.EXPIRED), Send(1, 100)))
    assert (desk.sent, desk.parent.over, desk.parent.reason) == ([], True, Reason.EXPIRED)


@pytest.mark.parametrize("event", [Filled(1, "nobody", 5, 100), Ended(1, "nobody", None)])
def test_children_of_others_are_not_in_its_books(event: Event) -> None:
    desk = working(Slices(10)).arrive()
    before = desk.parent
    desk.hear(event)
    assert desk.parent == before
