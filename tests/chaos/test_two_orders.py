"""Two orders workers, one of them held up and back again: each decision has one order."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.desk import STAGES, faust_worker
from infra.local.process import Child
from infra.local.waiting import wait_for
from schemas import names
from tests.broker.lane import LONG
from tests.pipeline.effects import check_effects
from tests.pipeline.run import Run
from topics.lease import TERM

pytestmark = [
    pytest.mark.broker,
    pytest.mark.chaos,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not LONG, reason="the whole desk twice, some minutes: make chaos"),
]


@pytest.mark.parametrize("instance", ["0", "1"])
def test_one_orders_worker_writes_at_a_time(
    runs: Callable[[str], Run], tape: list[Path], instance: str
) -> None:
    """The second is of the same instance (nothing of Kafka's keeps it out), or of another."""
    run = runs(f"two-orders-{instance}")
    log = run.settings.home / "logs" / "second.log"
    second = Child(faust_worker(STAGES["orders"]), log, env=run.env(TAPELINE_INSTANCE=instance))
    run.start()
    run.play(tape, speed=8)
    assert wait_for(lambda: wrote(run), 120.0), run.logs()
    second.start()
    try:
        run.turn(5)
        assert "assigned: " not in second.tail(), "it works beside the first"
        first = run.supervisor.pids()["orders"]
        os.kill(first, signal.SIGSTOP)
        assert wait_for(lambda: "assigned: " in second.tail(), 60.0 + 3 * TERM), second.tail()
        run.turn(2)
        os.kill(first, signal.SIGCONT)
        assert wait_for(lambda: first not in alive(run), 60.0), "it goes on without a lease"
        assert "lease was" in run.log("orders")
        run.turn(1)
    finally:
        second.stop()
    run.played()
    run.settle()
    run.stop()
    assert run.read(names.ORDERS), "doubles that differ, holes and disorder would have failed here"
    check_effects(run)


def wrote(run: Run) -> bool:
    """Orders records are there."""
    run.turn(0.2)
    return any(True for _ in run.values(names.ORDERS))


def alive(run: Run) -> list[int]:
    """The workers' processes, after their supervisor has looked."""
    run.turn(0.1)
    return list(run.supervisor.pids().values())
