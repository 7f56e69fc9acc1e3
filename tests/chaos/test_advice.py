"""Bad advisors while orders are made, on Kafka: `tapeline chaos advice` in short, not timed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.advice.run import found, hold
from tests.chaos.advice.spec import Spec

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

SHORT = Spec(speed=10, seconds=80, window=0)
TRIAL = Spec() if os.environ.get("TAPELINE_CHAOS") == "long" else SHORT


def test_bad_advisors_move_no_order_out_of_limits_and_are_told_of(tmp_path: Path) -> None:
    result = hold(tmp_path / "trial", TRIAL)
    assert found(result) == [], result
