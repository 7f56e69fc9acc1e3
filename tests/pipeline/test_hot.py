"""The fused worker on real Kafka: the bytes of the separate ones, in turns with them and killed.

That it makes them where nothing happens to it is in test_same_bytes.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Sequence

import pytest

from engine.orders import OrdersStage
from engine.rerun import Rerun
from engine.risk import RiskLimits
from engine.stage import Cell
from infra.local.desk import HOT, STAGES, fused
from schemas import names
from tests.pipeline.effects import check_effects
from tests.pipeline.run import Run, same_market
from tests.pipeline.test_reproduction import stream

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

SEPARATE = tuple(STAGES)
TOGETHER = fused(SEPARATE)
KILLS = 6 if os.environ.get("TAPELINE_CHAOS") == "long" else 2


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
    whole: Run, runs: Callable[[str], Run]
) -> None:
    run = runs("turns")
    run.play(speed=5)
    for workers in (SEPARATE, TOGETHER, SEPARATE, TOGETHER):
        _for_a_while(run, workers)
    assert run.player is not None
    assert run.player.poll() is None, "the play is over before the changes are"
    run.start(SEPARATE)
    run.played(patience=200)
    run.settle()
    run.stop()
    check(whole, run)


def _for_a_while(run: Run, workers: Sequence[str]) -> None:
    run.start(workers)
    run.turn(9)
    run.supervisor.stop()


@pytest.mark.chaos
def test_kill_9_of_the_fused_worker(whole: Run, runs: Callable[[str], Run]) -> None:
    run, chance = runs("hotkilled"), random.Random(20240808)
    run.start(TOGETHER)
    run.play(speed=8)
    for _ in range(KILLS):
        run.turn(chance.uniform(4, 8))
        assert run.player is not None
        assert run.player.poll() is None, "the play is over before the kills are"
        os.kill(run.supervisor.pids()[HOT], signal.SIGKILL)
        until = time.monotonic() + 30
        while run.supervisor.restarts()[HOT] == 0 or HOT not in run.supervisor.pids():
            assert time.monotonic() < until, "the fused worker was not started again"
            run.turn()
    run.played(patience=200)
    run.settle()
    run.stop()
    check(whole, run)
    assert run.supervisor.restarts()[HOT] >= KILLS
