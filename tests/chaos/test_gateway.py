"""The gateway and its Redis killed, its store locked: each command counts once; the audit log is
whole and on system.events. `tapeline chaos gateway` in short, on the broker of all tests.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.gateway.run import found, hold
from tests.chaos.gateway.spec import Spec

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

LONG = os.environ.get("TAPELINE_CHAOS") == "long"
SHORT = Spec(kills=("gateway", "redis", "database"), away=0.5, postgres=False)


def test_no_command_is_lost_or_doubled(bootstrap: str, tmp_path: Path) -> None:
    result = hold(tmp_path / "trial", Spec() if LONG else SHORT, broker=None if LONG else bootstrap)
    assert found(result) == [], result
    assert result.commands > 30
    assert result.answers.get("lost", 0) > 0, "nobody noticed that the gateway was killed"
    assert result.audited["entries"] == result.audited["witnessed"] >= result.commands
