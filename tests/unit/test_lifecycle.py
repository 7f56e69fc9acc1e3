"""The table of order states: what is in it happens, what is not raises and changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lifecycle import TERMINAL, TRANSITIONS, IllegalTransition, OrderEvent, advance
from schemas.statuses import OrderState

S, E = OrderState, OrderEvent


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(OrderState)


def test_the_five_ends() -> None:
    assert set(TERMINAL) == {S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED, S.DONE}


@pytest.mark.parametrize(
    ("events", "end"),
    [
        ((E.SEND, E.FILL_REST), S.FILLED),
        ((E.SEND, E.FILL_PART, E.FILL_PART, E.FILL_REST), S.FILLED),
        ((E.SEND, E.FILL_PART, E.CANCEL), S.CANCELLED),
        ((E.SEND, E.REJECT), S.REJECTED),
        ((E.EXPIRE,), S.EXPIRED),
        ((E.REJECT,), S.REJECTED),
        ((E.SEND, E.ACKNOWLEDGE, E.FILL_PART, E.CANCEL), S.CANCELLED),
        ((E.LOSE, E.LOSE, E.FILL_REST), S.FILLED),
        ((E.SEND, E.LOSE, E.REJECT), S.REJECTED),
        ((E.SEND, E.LOSE, E.ABSENT, E.SEND, E.ACKNOWLEDGE), S.OPEN),
        ((E.SEND, E.ACKNOWLEDGE, E.REPLACE, E.FILL_PART, E.REPLACE, E.FILL_REST), S.FILLED),
        ((E.SEND, E.ACKNOWLEDGE, E.TRIGGER, E.FILL_PART, E.CANCEL), S.CANCELLED),
        ((E.CREATE, E.REPLACE, E.TRIGGER, E.FILL_REST), S.FILLED),
        ((E.SEND, E.COMPLETE), S.DONE),
    ],
)
def test_lives(events: tuple[OrderEvent, ...], end: OrderState) -> None:
    state = S.INTENDED
    for event in events:
        state = advance(state, event)
    assert state is end


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (S.INTENDED, E.FILL_REST),
        (S.INTENDED, E.CANCEL),
        (S.SENT, E.SEND),
        (S.OPEN, E.REJECT),
        (S.OPEN, E.COMPLETE),
        (S.SENT, E.CREATE),
        (S.SENT, E.REPLACE),
        (S.SENT, E.TRIGGER),
        (S.PARTIALLY_FILLED, E.TRIGGER),
        (S.PARTIALLY_FILLED, E.REJECT),
        (S.PARTIALLY_FILLED, E.ACKNOWLEDGE),
        (S.UNKNOWN, E.SEND),
        (S.SENT, E.ABSENT),
    ],
)
def test_what_cannot_happen(state: OrderState, event: OrderEvent) -> None:
    with pytest.raises(IllegalTransition):
        advance(state, event)


@given(st.lists(st.sampled_from(OrderEvent), max_size=20))
def test_an_illegal_event_changes_nothing_and_an_end_is_the_end(events: list[OrderEvent]) -> None:
    state = S.INTENDED
    for event in events:
        before = state
        if event in TRANSITIONS[before]:
            state = advance(state, event)
            assert before not in TERMINAL
            assert TRANSITIONS[before][event] is state
        else:
            with pytest.raises(IllegalTransition):
                advance(state, event)


@given(st.sampled_from([state for state in OrderState if state not in TERMINAL]))
def test_every_living_order_can_come_to_an_end(state: OrderState) -> None:
    assert set(TRANSITIONS[state].values()) & set(TERMINAL)


def test_only_the_venue_leads_out_of_unknown() -> None:
    assert advance(S.UNKNOWN, E.LOSE) is S.UNKNOWN
    assert E.SEND not in TRANSITIONS[S.UNKNOWN]
