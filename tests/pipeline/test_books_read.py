"""Strategies that read books, on real Kafka: shared workers and the fused one, each killed once."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.proof.sweep import Sweep
from gateway.proof.verifying import Verification
from infra.local.desk import BOOKS, HOT, STAGES, fused
from schemas import names
from schemas.codec import decode
from schemas.decisions import Decision, Verdict
from tests.pipeline.run import KEYS, USDM, Run
from tests.pipeline.tapes import SECOND, beginning

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(400)]

SECTIONS: dict[str, Any] = {
    "books": {"symbols": ["BTC/USDT:USDT", "ETH/USDT:USDT"]},
    "risk": {"minimum_strength": 0},
    "strategies": {
        "spread": {
            "markets": list(KEYS), "stop_percent": 1,
            "advisors": {"pairs": {"bars": 15, "enter": 1.5}},
        },
    },
}  # fmt: skip
SPAN = 45 * SECOND
CUTS = {
    "booksshared": ((*STAGES, BOOKS), 2, "decisions"),
    "booksfused": ((*fused(tuple(STAGES)), BOOKS), 1, HOT),
}
"""Workers, how many of each stage that can be shared, and which one is killed."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pair")
    return [beginning(folder, file, SPAN) for file in USDM]


def kill(run: Run, worker: str) -> None:
    """kill -9, and wait for the next one."""
    os.kill(run.supervisor.pids()[worker], signal.SIGKILL)
    ends = time.monotonic() + 60
    while run.supervisor.restarts()[worker] == 0 or worker not in run.supervisor.pids():
        assert time.monotonic() < ends, run.log(worker)
        run.turn()


@pytest.mark.parametrize("name", CUTS)
def test_each_decision_comes_out_again_on_what_it_had_read(
    name: str, files: list[Path], runs: Callable[[str], Run]
) -> None:
    (workers, shared, killed), run = CUTS[name], runs(name)
    told = {f"TAPELINE_{section.upper()}": json.dumps(each) for section, each in SECTIONS.items()}
    run.share(workers, shared, **told)
    run.play(files, speed=5, **told)
    run.turn(6)
    run.plays()
    kill(run, killed)
    run.played()
    run.settle()
    run.stop()
    made = [decode(Decision, row) for rows in run.read(names.DECISIONS).values() for row in rows]
    assert {read.key for each in made for read in each.reads[1:]} == {*SECTIONS["books"]["symbols"]}
    assert {Verdict.LONG, Verdict.SHORT} <= {each.verdict for each in made}
    known = run.settings.model_copy(update=SECTIONS)
    found = Verification(known, Sweep(known)).run()
    assert found.differences == []
    assert found.same[names.DECISIONS] == len(made) > 1000
    assert found.same[names.BOOKS] == sum(map(len, run.read(names.BOOKS).values()))
