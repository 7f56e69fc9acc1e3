"""Which process of `pytest -n` runs which files, and in what order.

Tests on brokers mostly wait, all others compute; so there is one process more than processors, the
former begin, and whoever is done goes on with the latter.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

RUNS = (
    "tests/pipeline/test_pipeline.py",
    "tests/pipeline/test_reproduction.py",
    "tests/pipeline/test_hot.py",
    "tests/pipeline/test_store.py",
    "tests/pipeline/test_metrics.py",
    "tests/chaos/test_kill_workers.py",
    "tests/chaos/test_broker_outage.py",
    "tests/chaos/test_full_disk.py",
)
"""Those that share the run `whole`: one process makes it."""

WHY = ("tests/unit/test_cli_why.py", "tests/unit/test_why_page.py")
"""Those that share what tests/unit/explained.py computes."""

BROKERS = ("tests/pipeline/", "tests/chaos/", "tests/broker/")

LONGEST = (
    "tests/page/test_in_a_browser.py",
    "tests/pipeline/test_same_bytes.py",
    "tests/chaos/test_executor.py",
    "tests/pipeline/test_books_read.py",
    "tests/pipeline/test_demo.py",
    "tests/pipeline/test_archive.py",
    "tests/chaos/test_advice.py",
    "tests/chaos/test_feeds.py",
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
"""A long file at the end is waited for by all, so these are the first of their kind."""


def unit_of(nodeid: str) -> str:
    """What is run by one process: all of RUNS, all of WHY, or else one file."""
    file = nodeid.split("::", 1)[0]
    if file in WHY:
        return WHY[0]
    return "runs" if file in RUNS else file


def order_of(item: pytest.Item) -> tuple[bool, bool, int]:
    """What begins first has the lowest: RUNS, what else has a broker, and all others."""
    unit = unit_of(item.nodeid)
    place = LONGEST.index(unit) if unit in LONGEST else len(LONGEST)
    return unit != "runs", not unit.startswith(BROKERS), place


def scheduling(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Gives each process that is free the next unit, in the order of the collection."""
    config.option.loadscopereorder = False
    made = LoadScopeScheduling(config, log)
    made._split_scope = unit_of
    return made
