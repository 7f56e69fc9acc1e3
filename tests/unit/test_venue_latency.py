"""How long commands take: constant, drawn by their ids, as measured; orders and feed together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from engine.execution import ExecutionSettings, ExecutionStage
from engine.stage import Cell
from engine.venue.latency import DRAWS, EmpiricalLatency, LognormalLatency, draw
from engine.venue.parts import ConstantLatency
from schemas.codec import encode
from tests.unit.executing import MS, Input, command, decided, feed, journal, statuses, ticks

NAMES = [f"tl{n}" for n in range(4000)]
LOGNORMAL = LognormalLatency(median=5 * MS, p99=20 * MS)


def test_a_draw_is_the_name_s_for_good() -> None:
    assert draw("tl1") == 0xAD8A6F0A3FF21042
    assert len({draw(name) for name in NAMES}) == len(NAMES)
    assert abs(sum(draw(name) for name in NAMES) / len(NAMES) / DRAWS - 0.5) < 0.02


def test_half_are_below_the_median_and_a_hundredth_above_p99() -> None:
    took = [LOGNORMAL.arrival(7, name) - 7 for name in NAMES]
    assert abs(sum(one < 5 * MS for one in took) / len(took) - 0.5) < 0.03
    assert 0.004 < sum(one > 20 * MS for one in took) / len(took) < 0.018
    assert min(took) > 0
    assert took == [LOGNORMAL.arrival(0, name) for name in NAMES]


def test_a_distribution_without_width_is_its_median() -> None:
    flat = LognormalLatency(median=3, p99=3)
    assert {flat.arrival(10, name) for name in NAMES[:50]} == {13}
    with pytest.raises(ValidationError, match="no less than the median"):
        LognormalLatency(median=3, p99=2)


def test_each_measured_value_is_as_likely() -> None:
    model = EmpiricalLatency(values=(1, 2, 2, 9))
    took = [model.arrival(0, name) for name in NAMES]
    shares = [took.count(value) / len(took) for value in (1, 2, 9)]
    assert all(abs(a - b) < 0.03 for a, b in zip(shares, (0.25, 0.5, 0.25), strict=True))
    with pytest.raises(ValidationError):
        EmpiricalLatency(values=())


@pytest.mark.parametrize(
    ("given", "model"),
    [
        ({"nanoseconds": 7}, ConstantLatency(nanoseconds=7)),
        ({"name": "lognormal", "median": 5 * MS, "p99": 20 * MS}, LOGNORMAL),
        ({"name": "empirical", "values": [1, 2]}, EmpiricalLatency(values=(1, 2))),
    ],
)
def test_settings_name_the_model(given: dict[str, Any], model: Any) -> None:
    settings = ExecutionSettings.model_validate({"latency": given, "feed": given})
    assert (settings.latency, settings.feed) == (model, model)


def test_what_the_feed_takes_is_added() -> None:
    """Sent at 100 ms, 5 ms to the venue; what happens there is seen 3 ms later: due at 108 ms, so
    the order meets the ask of 107 ms and not that of 104 ms."""
    feeding = ConstantLatency(nanoseconds=3 * MS)
    stage = ExecutionStage(ExecutionSettings(feed=feeding))
    cell = Cell.fresh(stage, "paper")
    out = []
    for one in (
        ticks(0, 100 * MS), decided(0, 100 * MS, 0, command()),
        ticks(1, 104 * MS, asks=(("103", "1"),)), ticks(2, 107 * MS, asks=(("104", "1"),)),
        ticks(3, 109 * MS, asks=(("105", "1"),)), decided(1, 109 * MS, 3),
    ):  # fmt: skip
        out += feed(cell, one, stage)
    (fill,) = [one for one in statuses(out) if one.type == "fill"]
    assert (fill.price, fill.event_time) == ("104", 108 * MS)


def test_orders_and_their_feed_draw_apart_and_the_same_in_every_run() -> None:
    stage = ExecutionStage(ExecutionSettings(latency=LOGNORMAL, feed=LOGNORMAL))

    def play() -> list[Any]:
        cell = Cell.fresh(stage, "paper")
        given: list[Input] = [ticks(0, MS)]
        given += [decided(n, n * MS, 0, command(f"tl{n}")) for n in range(1, 9)]
        return [out for one in given for out in feed(cell, one, stage)]

    dues = [entry.due - entry.order_seq * MS for entry in journal(play())]
    for name, due in zip(NAMES[1:9], dues, strict=True):
        there = LOGNORMAL.arrival(0, name)
        assert due == there + LOGNORMAL.arrival(0, f"{name}|feed") != 2 * there
    assert [encode(out.record) for out in play()] == [encode(out.record) for out in play()]
