"""kill -9 of each worker in mid-run: nothing is missing, nothing happens twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.desk import STAGES
from tests.broker.lane import LONG
from tests.pipeline.effects import check_effects
from tests.pipeline.run import Run, same, same_market
from tests.pipeline.tapes import lasting

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

ROUNDS = 3 if LONG else 1
"""How often each worker is killed."""
LASTS = 115 if LONG else 36
"""Seconds of the play."""


def kill(run: Run, name: str) -> None:
    """SIGKILL one worker and let the supervisor bring it back."""
    os.kill(run.supervisor.pids()[name], signal.SIGKILL)
    until = time.monotonic() + 120
    run.turn(0.5)
    while name not in run.supervisor.pids():
        assert time.monotonic() < until, f"{name} was not started again"
        run.turn()


def test_kill_9_of_each_worker_three_times(
    whole: Run, runs: Callable[[str], Run], tape: list[Path]
) -> None:
    run, chance = runs("killed"), random.Random(20240808)
    run.start()
    run.play(tape, lasting(LASTS))
    run.hold(0.8 * LASTS)
    for _ in range(ROUNDS):
        for name in STAGES:
            run.turn(chance.uniform(1.5, 3.5))
            run.plays()
            kill(run, name)
    run.played()
    run.settle()
    run.stop()
    same_market(whole, run)
    check_effects(run)
    assert all(count >= ROUNDS for count in run.supervisor.restarts().values())
    assert not list(run.values("dead.letters"))


def test_kill_9_of_the_player(whole: Run, runs: Callable[[str], Run], tape: list[Path]) -> None:
    run = runs("player")
    run.start(stages=("ticks",))
    for _ in range(2):
        run.play(tape, lasting(9))
        run.hold(7)
        run.turn(5)
        assert run.player is not None
        os.kill(run.player.pid, signal.SIGKILL)
        run.turn(0.5)
    run.play(tape)
    run.played()
    same(whole.read("market.raw"), run.read("market.raw"))
