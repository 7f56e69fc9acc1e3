"""A person's Halt while a live account's orders flow, with its worker and Kafka, and a kill -9."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.executor_desk import Place, venue
from tests.bench.executor_halt import halted
from tests.bench.round import stopping

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

LATEST_MS = 2000.0
"""No service level, which `tapeline bench executor` looks at: a busy machine is no fault."""


def test_a_halt_takes_effect_before_the_next_send_and_outlives_a_kill(
    bootstrap: str, redis_url: str, tmp_path: Path
) -> None:
    with venue(tmp_path / "venue.log") as address:
        run = Place(tmp_path, bootstrap, redis_url, address).run("live-halt")
        with stopping(run):
            found = halted(run, rate=50, before=2.0, then=0.5)
    assert found.sent > 0
    assert found.behind == 0, "a command that was read after the halt was sent"
    assert found.late < LATEST_MS
    assert found.given > 0
    assert found.after == 0, "the halt was forgotten with the process"
