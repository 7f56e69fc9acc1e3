"""Distances to liquidation and bound money: warned once, reduced at a set distance."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.protection.state import SECOND
from engine.protection.watching import (
    Balance,
    Position,
    Reduce,
    Told,
    Warned,
    Watching,
    WatchSettings,
    bound,
    distance,
    look,
)

BTC = "BTC/USDT:USDT"


def at(mark: str | None, quantity: str = "1", liquidation: str | None = "80") -> Position:
    prices = [None if each is None else Decimal(each) for each in (mark, liquidation)]
    return Position(BTC, Decimal(quantity), prices[0], prices[1])


def money(free: str, total: str = "100") -> Balance:
    return Balance("USDT", Decimal(total), Decimal(free))


@pytest.mark.parametrize(
    ("position", "far"),
    [
        (at("100"), "0.2"),
        (at("80"), "0"),
        (at("70"), "0"),
        (at("96", "-2", "120"), "0.25"),
        (at("130", "-2", "120"), "0"),
        (at("90"), "0.111111111111"),
        (at("100", liquidation=None), None),
        (at(None), None),
        (at("0"), None),
    ],
)
def test_the_distance_is_a_share_of_the_mark(position: Position, far: str | None) -> None:
    assert distance(position) == (None if far is None else Decimal(far))


@pytest.mark.parametrize(
    ("balance", "share"),
    [
        (money("100"), "0"), (money("25"), "0.75"), (money("0"), "1"), (money("-5"), "1"),
        (money("120"), "0"), (money("0", "0"), "0"), (money("1", "-3"), "1"),
    ],
)  # fmt: skip
def test_what_is_bound_is_a_share_of_the_balance(balance: Balance, share: str) -> None:
    assert bound(balance) == Decimal(share)


def test_a_person_is_warned_once_and_told_when_it_is_better() -> None:
    state = Watching()
    assert look(state, [at("100")], [], 0) == []
    warned = Warned(BTC, "liquidation", Decimal("0.111111111111"), Decimal("0.15"))
    assert look(state, [at("90")], [], 1) == [warned]
    assert look(state, [at("90")], [], 2) == []
    assert look(state, [at("100")], [], 3) == [
        Warned(BTC, "liquidation", Decimal("0.2"), Decimal("0.15"), better=True)
    ]
    assert look(state, [at("90")], [], 4) == [warned]


def test_at_the_smaller_distance_half_is_closed_and_again_while_it_stays_so() -> None:
    state, near = Watching(), at("84")
    first = look(state, [near], [], 0)
    far = distance(near)
    assert far is not None
    assert first == [
        Warned(BTC, "liquidation", far, Decimal("0.05")), Reduce(BTC, Decimal("0.5"), far),
    ]  # fmt: skip
    assert look(state, [near], [], 10 * SECOND - 1) == []
    assert look(state, [near], [], 10 * SECOND) == [Reduce(BTC, Decimal("0.5"), far)]
    assert look(state, [at("90")], [], 11 * SECOND)[0] == Warned(
        BTC, "liquidation", Decimal("0.111111111111"), Decimal("0.15")
    )


@pytest.mark.parametrize(
    ("liquidation", "kinds"),
    [("84", []), ("85", [Warned]), ("94", [Warned]), ("95", [Warned, Reduce])],
)
def test_a_distance_counts_when_it_is_reached(liquidation: str, kinds: list[type[Told]]) -> None:
    told = look(Watching(), [at("100", liquidation=liquidation)], [], 0)
    assert [type(each) for each in told] == kinds


def test_a_position_that_is_over_is_forgotten() -> None:
    state = Watching()
    look(state, [at("82")], [], 0)
    assert look(state, [at("82", "0")], [], 1) == []
    assert (state.levels, state.reduced) == ({}, {})
    assert [type(each) for each in look(state, [at("82")], [], 2)] == [Warned, Reduce]


def test_bound_money_is_a_warning() -> None:
    state = Watching()
    assert look(state, [], [money("21")], 0) == []
    assert look(state, [], [money("20")], 1) == [
        Warned("USDT", "margin", Decimal("0.8"), Decimal("0.8"))
    ]
    assert look(state, [], [money("10")], 2) == []
    assert look(state, [], [money("50")], 3)[0] == Warned(
        "USDT", "margin", Decimal("0.5"), Decimal("0.8"), better=True
    )


def test_reducing_begins_nearer_than_warning() -> None:
    with pytest.raises(ValidationError, match="smaller distance than warn"):
        WatchSettings(warn=Decimal("0.05"), reduce=Decimal("0.1"))


@given(st.lists(st.tuples(st.integers(60, 120), st.integers(0, 12), st.integers(0, 100))))
def test_a_restart_between_two_looks_changes_nothing(looks: list[tuple[int, int, int]]) -> None:
    def run(restarts: bool) -> list[Told]:
        state, now, told = Watching(), 0, list[Told]()
        for mark, after, free in looks:
            now += after * SECOND
            state = Watching.load(state.dump()) if restarts else state
            told += look(state, [at(str(mark))], [money(str(free))], now)
        return told

    first = run(restarts=False)
    assert first == run(restarts=True)
    assert len([each for each in first if isinstance(each, Reduce)]) <= len(looks)
