"""Fills and the venue's word of the position: told in any order, each fill counts once."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from engine.protection.events import EntryFilled, PositionIs, Terms
from engine.protection.state import SECOND
from tests.unit.protecting import START, Guard

MS = SECOND // 1000
FILLS = st.lists(
    st.tuples(st.integers(0, 8000), st.integers(0, 6000), st.integers(-3, 3).filter(bool)),
    max_size=6,
)
LOOKS = st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 3000)), max_size=6)


@given(FILLS, LOOKS)
@example([(0, 5000, 1), (5000, 0, 1)], [(100, 0)])
@example([(0, 5000, 1), (3000, 5000, -1)], [(100, 0), (3100, 0)])
def test_what_is_held_is_the_sum_of_the_fills(
    fills: list[tuple[int, int, int]], looks: list[tuple[int, int]]
) -> None:
    """Fills happen at a time and are heard of later; so are true positions."""
    heard: list[tuple[int, int, EntryFilled | PositionIs]] = []
    for at, late, size in fills:
        side = "buy" if size > 0 else "sell"
        size_, when = Decimal(abs(size)), START + at * MS
        fill = EntryFilled(f"o{at}", side, size_, Decimal(100), Terms(), when)  # type: ignore[arg-type]
        heard.append((at + late, 0, fill))
    for at, late in looks:
        there = sum(size for when, _, size in fills if when <= at)
        heard.append((at + late, 1, PositionIs(Decimal(there), START + at * MS)))
    guard = Guard()
    for when, _, event in sorted(heard, key=lambda one: one[:2]):
        guard.now = START + when * MS
        guard.hear(event)
        guard.restart()
    assert guard.state.held == sum(size for *_, size in fills)


def test_a_trade_by_hand_is_no_later_fill() -> None:
    guard = Guard()
    guard.position("1")
    guard.now += 2 * SECOND
    guard.enters("1")
    assert guard.state.held == 2
    guard.enters("1", late=3 * SECOND)
    assert guard.state.held == 2, "it was in the position that was told"


def test_a_position_asked_for_too_soon_after_a_fill_says_nothing() -> None:
    guard = Guard()
    guard.enters("1")
    guard.position("0", after=SECOND - 1)
    assert guard.state.held == 1
    guard.position("0", after=1)
    assert guard.state.held == 0
