"""The fused worker on real Kafka: the bytes of the separate ones, in turns with them and killed.

That it makes them where nothing happens to it is in test_same_bytes.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.orders import OrdersStage
from engine.rerun import Rerun
from engine.risk import RiskLimits
from engine.stage import Cell
from infra.local.desk import HOT, STAGES, fused
from infra.local.waiting import wait_for
from schemas import names
from tests.broker.lane import LONG
from tests.pipeline.effects import check_effects
from tests.pipeline.run import KEYS, Run, same_market
from tests.pipeline.tapes import lasting
from tests.pipeline.test_reproduction import stream

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

SEPARATE = tuple(STAGES)
TOGETHER = fused(SEPARATE)
TURNS = (SEPARATE, TOGETHER) * (2 if LONG else 1)
KILLS = 6 if LONG else 2


def check(whole: Run, run: Run) -> None:
    """raw to decisions as separate workers make them; the orders out of what they had read."""
    same_market(whole, run)
    assert not list(run.values(names.LETTERS))
    check_effects(run)
    script = list(stream(run, names.ORDERS))
    rerun = Rerun(Cell.fresh(OrdersStage(("paper",), RiskLimits()), "paper"), script)  # type: ignore[arg-type]
    for topic in (names.INSTRUMENTS, names.PORTFOLIO, names.STATE, names.DECISIONS):
        for record in stream(run, topic):
            assert rerun.take(topic, record) == []
    assert rerun.done
    assert rerun.replayed == len(script) > 1000


def test_a_desk_goes_from_separate_to_fused_and_back(
    whole: Run, runs: Callable[[str], Run], tape: list[Path]
) -> None:
    run = runs("turns")
    lasts = 100 if LONG else 45
    for turn, workers in enumerate(TURNS):
        wanted = _ordered(run) + 300
        run.start(workers)
        if turn == 0:
            run.play(tape, lasting(lasts))
            run.hold(0.8 * lasts)
        _for_a_while(run, wanted)
    run.plays()
    run.start(SEPARATE)
    run.played()
    run.settle()
    run.stop()
    check(whole, run)


def _for_a_while(run: Run, wanted: int) -> None:
    """Until the last stage has caught up with some of what is played, and a little longer."""
    assert wait_for(lambda: _ordered(run) > wanted, 120.0), run.logs()
    run.turn(2)
    run.supervisor.stop()


def _ordered(run: Run) -> int:
    """How far trading.orders is."""
    run.turn(0.5)
    return sum(run.last(names.ORDERS, [f"paper:{key.split(':', 1)[1]}" for key in KEYS]).values())


@pytest.mark.chaos
def test_kill_9_of_the_fused_worker(
    whole: Run, runs: Callable[[str], Run], tape: list[Path]
) -> None:
    run, chance = runs("hotkilled"), random.Random(20240808)
    run.start(TOGETHER)
    lasts = 43 if LONG else 28
    run.play(tape, lasting(lasts))
    run.hold(0.8 * lasts)
    for _ in range(KILLS):
        run.turn(chance.uniform(4, 8))
        run.plays()
        os.kill(run.supervisor.pids()[HOT], signal.SIGKILL)
        until = time.monotonic() + 120
        while run.supervisor.restarts()[HOT] == 0 or HOT not in run.supervisor.pids():
            assert time.monotonic() < until, "the fused worker was not started again"
            run.turn()
    run.played()
    run.settle()
    run.stop()
    check(whole, run)
    assert run.supervisor.restarts()[HOT] >= KILLS
