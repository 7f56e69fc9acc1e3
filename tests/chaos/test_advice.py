"""Bad advisors while orders are made, on Kafka: `tapeline chaos advice` in short, not timed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.advice.run import found, hold
from tests.chaos.advice.spec import Spec

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

LONG = os.environ.get("TAPELINE_CHAOS") == "long"
SHORT = Spec(speed=10, seconds=80, window=0)


def test_bad_advisors_move_no_order_out_of_limits_and_are_told_of(
    bootstrap: str, redis_url: str, tmp_path: Path
) -> None:
    servers = None if LONG else (bootstrap, redis_url)
    result = hold(tmp_path / "advised", Spec() if LONG else SHORT, servers)
    assert found(result) == [], result
