"""Which process of `pytest -n` runs which files, and in what order.

Tests on brokers mostly wait, all others compute. So two processes begin with the former, each with
a broker of its own, and the others with the latter; whoever is done goes on with what is left.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

RUNS = (
    "tests/pipeline/test_pipeline.py",
    "tests/pipeline/test_reproduction.py",
    "tests/pipeline/test_hot.py",
    "tests/chaos/test_kill_workers.py",
    "tests/chaos/test_broker_outage.py",
    "tests/chaos/test_full_disk.py",
)
"""Those that share the run `whole`: one process makes it."""

BROKERS = ("tests/pipeline/", "tests/chaos/", "tests/broker/")

LONGEST = (
    "tests/unit/test_markets_recorded.py",
    "tests/unit/test_cli_why.py",
    "tests/unit/test_ticks_recorded.py",
    "tests/exchange/test_soak.py",
    "tests/exchange/test_recorded.py",
    "tests/exchange/test_adopting.py",
    "tests/unit/test_backtest.py",
    "tests/unit/test_bad_input.py",
    "tests/unit/test_verify.py",
    "tests/unit/test_optimize.py",
    "tests/unit/test_tape_desk.py",
    "tests/unit/test_line.py",
    "tests/unit/test_feeds_fuzz.py",
    "tests/unit/test_limits_desk.py",
    "tests/unit/test_bad_recordings.py",
)
"""Of the others, the first ones to begin with: a long file at the end is waited for by all."""


def unit_of(nodeid: str) -> str:
    """What is run by one process: all of RUNS, all others on brokers, or else one file."""
    file = nodeid.split("::", 1)[0]
    if file in RUNS:
        return "runs"
    return "brokers" if file.startswith(BROKERS) else file


def order_of(item: pytest.Item) -> int:
    """What begins first has the lowest."""
    first = ("runs", "brokers", *LONGEST)
    unit = unit_of(item.nodeid)
    return first.index(unit) if unit in first else len(first)


def scheduling(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Gives each process that is free the next unit, in the order of the collection."""
    config.option.loadscopereorder = False
    made = LoadScopeScheduling(config, log)
    made._split_scope = unit_of
    return made
