"""The broker's disk is full in mid-run: it ends, says so, and nothing is lost once there is room.

A limit on the size of the broker's files stands for the disk: each write beyond it fails in the
kernel as on a full one (EFBIG for ENOSPC), which needs neither root nor a disk of its own.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from infra.local.kafka import Kafka
from infra.local.waiting import wait_for
from tests.pipeline.effects import check_effects
from tests.pipeline.run import Run, flows, same_market
from tests.pipeline.tapes import lasting

pytestmark = [
    pytest.mark.broker,
    pytest.mark.chaos,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="limits another process: Linux only"),
]

ROOM = 64 * 1024
"""Bytes to which a file of the broker may grow once its disk is full: less than any log has."""


def test_a_full_disk_stops_the_desk_and_loses_nothing(
    whole: Run, broker: Kafka, redis_url: str, tmp_path: Path, tape: list[Path]
) -> None:
    run = Run(tmp_path, "full", broker.bootstrap, redis_url)
    try:
        run.start()
        run.play(tape, lasting(28))
        run.hold(22)
        assert wait_for(lambda: flows(run), 120.0), run.logs()
        resource.prlimit(broker.pid, resource.RLIMIT_FSIZE, (ROOM, ROOM))
        assert wait_for(lambda: not broker.running, 120.0), "it goes on with a full disk"
        assert broker.full, broker.tail()
        run.turn(2)
        broker.start()
        run.played()
        run.settle()
    finally:
        run.stop()
    same_market(whole, run)
    check_effects(run)
