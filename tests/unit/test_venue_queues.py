"""Queue models: what they have in common, what sets them apart, and how settings name them."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.execution import ExecutionSettings
from engine.venue.queues import Place, ProbableByLog, ProbableByPower, QueueModel, RiskAverse
from engine.venue.simulation import Venue
from tests.unit.market_tape import depth, trade, whole
from tests.unit.resting import VENUE, order
from tests.unit.resting import Place as Venues

ONE = 10**18
MODELS: tuple[QueueModel, ...] = (
    RiskAverse(), ProbableByLog(), ProbableByPower(), ProbableByPower(power=1),
)  # fmt: skip

quantities = st.integers(0, 9 * ONE) | st.integers(0, 9)
sizes = st.integers(3, 60).map(lambda lots: lots * ONE // 2)
happenings = st.lists(st.tuples(st.booleans(), quantities), max_size=20)


@pytest.mark.parametrize("queue", MODELS)
@given(happens=happenings, displayed=quantities)
def test_trades_go_first_to_what_is_ahead_and_ahead_is_never_more_than_displayed(
    queue: QueueModel, happens: list[tuple[bool, int]], displayed: int
) -> None:
    place, reached, traded = queue.joined(displayed), 0, 0
    for is_trade, quantity in happens:
        before = place.ahead
        assert before is not None
        if is_trade:
            place, more = queue.traded(place, quantity, quantity)
            assert place.ahead == max(0, before - quantity)
            assert more == max(0, quantity - before)
            reached, traded = reached + more, traded + quantity
        else:
            place = queue.displayed(place, quantity)
            assert 0 <= (place.ahead or 0) <= min(before, quantity)
    assert reached >= traded - displayed


@pytest.mark.parametrize("queue", MODELS[1:])
@given(happens=happenings, displayed=quantities)
def test_no_model_lets_an_order_wait_longer_than_the_risk_averse_one(
    queue: QueueModel, happens: list[tuple[bool, int]], displayed: int
) -> None:
    bold, careful = queue.joined(displayed), RiskAverse().joined(displayed)
    for is_trade, quantity in happens:
        if is_trade:
            bold, _ = queue.traded(bold, quantity, quantity)
            careful, _ = RiskAverse().traded(careful, quantity, quantity)
        else:
            bold, careful = (
                queue.displayed(bold, quantity),
                RiskAverse().displayed(careful, quantity),
            )
        assert (bold.ahead or 0) <= (careful.ahead or 0)


def by_formula(f: Callable[[float], float], front: float, back: float, less: float) -> float:
    """ProbQueueModel::depth of hftbacktest, in floats."""
    behind = f(back) / (f(back) + f(front))
    return front - (1 - behind) * less + min(back - behind * less, 0.0)


@pytest.mark.parametrize(
    ("queue", "f"),
    [
        (ProbableByLog(), math.log1p),
        (ProbableByPower(), lambda x: x**3),
        (ProbableByPower(power=1), lambda x: x),
    ],
)
@pytest.mark.parametrize(
    ("front", "back", "less"), [(5, 5, 4), (2, 8, 3), (9, 1, 6), (4, 0, 1), (0.5, 30, 10)]
)
def test_what_was_cancelled_ahead_is_as_in_hftbacktest(
    queue: QueueModel, f: Any, front: float, back: float, less: float
) -> None:
    shown = int((front + back) * ONE)
    place = queue.displayed(Place(int(front * ONE), shown), shown - int(less * ONE))
    assert (place.ahead or 0) / ONE == pytest.approx(max(0.0, by_formula(f, front, back, less)))


@pytest.mark.parametrize("queue", MODELS[1:])
def test_what_traded_is_not_taken_for_cancelled(queue: QueueModel) -> None:
    place = Place(6 * ONE, 10 * ONE)
    traded, _ = queue.traded(place, 2 * ONE, 2 * ONE)
    assert queue.displayed(traded, 8 * ONE) == Place(4 * ONE, 8 * ONE)
    assert (queue.displayed(traded, 7 * ONE).ahead or 0) < 4 * ONE
    assert queue.displayed(traded, 20 * ONE) == Place(4 * ONE, 20 * ONE)


@pytest.mark.parametrize("queue", MODELS)
def test_an_unknown_queue_is_known_once_it_is_displayed(queue: QueueModel) -> None:
    place, reached = queue.traded(queue.joined(None), ONE, ONE)
    assert (place.ahead, reached) == (None, 0)
    assert queue.displayed(place, 3 * ONE).ahead == 3 * ONE


@pytest.mark.parametrize("queue", MODELS[1:])
def test_a_place_of_the_risk_averse_model_is_understood(queue: QueueModel) -> None:
    place = queue.displayed(Place(5 * ONE), 4 * ONE)
    assert (place.ahead, place.shown) == (4 * ONE, 4 * ONE)


@pytest.mark.parametrize("kind", [ProbableByLog, ProbableByPower])
@given(
    happens=st.lists(st.tuples(st.booleans(), sizes), min_size=3, max_size=20), displayed=sizes,
    lot=st.sampled_from(("0.001", "0.5", "1")),
)  # fmt: skip
def test_with_a_lot_an_order_is_reached_by_whole_lots(
    kind: Any, happens: list[tuple[bool, int]], displayed: int, lot: str
) -> None:
    queue, unit = kind(lot=lot), int(Decimal(lot) * ONE)
    finest, place = kind(), queue.joined(displayed // unit * unit)
    for is_trade, quantity in happens:
        whole = quantity // unit * unit
        if is_trade:
            place, more = queue.traded(place, whole, whole)
            assert more % unit == 0
        else:
            sooner = finest.displayed(place, whole)
            place = queue.displayed(place, whole)
            assert 0 <= place.ahead - (sooner.ahead or 0) < unit
        assert place.ahead % unit == 0


def filled_after_cancels(queue: QueueModel) -> bool:
    """Whether an order with 1 ahead is filled when 2 of 4 behind and ahead go and 0.7 trades."""
    at = Venues(venue=Venue(VENUE.latency, VENUE.liquidity, VENUE.fees, queue))
    at.pass_(whole((("99", "1"),), (("101", "1"),)))
    at.give(order(limit="99"))
    at.pass_(depth((("99", "4"),)), depth((("99", "2"),)), trade("99", "0.9"))
    return bool(at.fills())


def test_the_venue_asks_the_model_that_it_was_given() -> None:
    assert [filled_after_cancels(queue) for queue in MODELS] == [False, True, False, True]


@pytest.mark.parametrize(
    ("given", "queue"),
    [
        ("risk_averse", RiskAverse()), ({}, RiskAverse()), ("prob_log", ProbableByLog()),
        ("prob_power", ProbableByPower(power=3)),
        ({"name": "prob_power", "power": 2}, ProbableByPower(power=2)),
    ],
)  # fmt: skip
def test_settings_name_a_model(given: Any, queue: QueueModel) -> None:
    assert ExecutionSettings.model_validate({"queue": given}).queue == queue


@pytest.mark.parametrize("given", ["fifo", 3, {"name": "prob_log", "power": 2}])
def test_settings_that_name_no_model_are_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        ExecutionSettings.model_validate({"queue": given})
