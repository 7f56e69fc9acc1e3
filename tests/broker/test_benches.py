"""The transport bench in its shortest form: equal work is proven, and a row has its shape."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.bench import met
from infra.local.errors import LocalError
from tests.bench import executor, latency, memory, trades
from tests.bench.contenders import BARE, Ring
from tests.bench.executor_halt import Halted
from tests.bench.lane import Lanes
from tests.bench.transport import PLAIN, Match

EVENTS = 2_000


@pytest.fixture
def lanes(bootstrap: str) -> Iterator[Lanes]:
    """Topics on the broker of the tests."""
    lanes = Lanes(bootstrap)
    yield lanes
    lanes.close()


def test_ours_and_the_bare_loop_do_equal_work(lanes: Lanes, tmp_path: Path) -> None:
    source = lanes.create("bench-equal", 2)
    lanes.fill(source, trades.trade, EVENTS, 8)
    right = lanes.output(source, trades.normalise)
    assert right.count == EVENTS
    ring = Ring(tmp_path, lanes)
    for one in (PLAIN, BARE):
        made = ring.run(one, source, EVENTS, 2)
        assert (made.count, made.digests) == (EVENTS, right.digests), one.name
        assert made.rate > 0


def test_a_contender_that_does_other_work_is_not_told(lanes: Lanes, tmp_path: Path) -> None:
    match = Match.__new__(Match)
    match._lanes, match._ring = lanes, Ring(tmp_path, lanes)
    source = match._source("bench-other", 200)
    lanes.fill(source.topic, trades.trade, 1, 8, first=1_000)  # one that the right output lacks
    with pytest.raises(LocalError, match="has not done its work"):
        match._rate(BARE, source)


def test_rows_tell_medians_and_levels_in_times_the_peer() -> None:
    plays = {
        latency.OURS: [{100: [float(n)] * 9} for n in (3, 1, 2)],
        latency.PEER: [{100: [2.0] * 9}] * 3,
    }
    row = latency._row(plays, 100, 0.5, 1.3)
    assert (row["ours"], row["peers"], row["ratio"]) == (2.0, {latency.PEER: 2.0}, 1.0)
    assert met(row)
    grown = memory._row([(100, 100.0), (150, 100.0), (900, 111.0), (1000, 111.0)], 1000)
    assert (grown["start"], grown["ours"], grown["largest"]) == (100.0, 111.0, 111.0)
    assert not met(grown)


def test_the_executor_is_measured_beside_one_produce_and_against_its_halt() -> None:
    quiet = [1.0] * 100
    plays = [
        executor.Own([2.0] * 99 + [slow], [1.0] * 100, [1.5] * 100, quiet, 150.0) for slow in (3, 4)
    ]
    found = {row["case"]: row for row in executor._own(plays)}
    slowest = found["command read to request written, 100/s, p99"]
    assert (slowest["ours"], slowest["peers"], slowest["ratio"]) == (
        3.5,
        {executor.PEER: 1.5, executor.QUIET: 1.0},
        2.333,
    )
    assert not met(slowest)
    assert all(met(row) for row in found.values() if row is not slowest)
    held = list(executor._halts([Halted(9, 0, 12.0, 5, 0)]))
    assert all(met(row) for row in held)
    late = list(executor._halts([Halted(9, 1, 51.0, 5, 1)]))
    assert not any(met(row) for row in late)
