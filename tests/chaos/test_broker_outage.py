"""The broker is killed in mid-run and comes back: every worker goes on or is restarted."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.kafka import Kafka
from infra.local.waiting import wait_for
from tests.broker.lane import LONG
from tests.pipeline.effects import check_effects
from tests.pipeline.run import Run, flows, same_market
from tests.pipeline.tapes import lasting

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

AWAY = 120.0 if LONG else 10.0
"""Seconds without a broker."""


def test_a_broker_that_was_away_costs_nothing(
    whole: Run, broker: Kafka, redis_url: str, tmp_path: Path, tape: list[Path]
) -> None:
    run = Run(tmp_path, "outage", broker.bootstrap, redis_url)
    try:
        run.start()
        run.play(tape, lasting(36))
        run.hold(28)
        assert wait_for(lambda: flows(run), 120.0), run.logs()
        run.turn(5)
        broker.kill()
        run.turn(AWAY)
        broker.start()
        run.played()
        run.settle()
    finally:
        run.stop()
    same_market(whole, run)
    check_effects(run)
