"""What `pytest -n` runs where."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.scheduling import LONGEST, RUNS, WHY, order_of, unit_of

ROOT = Path(__file__).resolve().parents[2]


def test_all_that_share_the_run_are_in_one_process() -> None:
    """Each process that has one of them would play it again."""
    asks = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "tests").rglob("test_*.py")
        if "whole: Run" in file.read_text()
    }
    assert asks - {"tests/unit/test_scheduling.py"} == {*RUNS}
    assert {unit_of(f"{file}::test_it[a::b]") for file in RUNS} == {"runs"}


def test_all_that_share_what_is_explained_are_in_one_process() -> None:
    asks = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "tests").rglob("test_*.py")
        if "tests.unit.explained import" in file.read_text()
    }
    assert asks - {"tests/unit/test_scheduling.py"} == {*WHY}
    assert {unit_of(f"{file}::test_it") for file in WHY} == {WHY[0]}


def test_all_else_goes_file_by_file() -> None:
    for file in ("tests/chaos/test_feeds.py", "tests/unit/test_bars.py"):
        assert unit_of(f"{file}::test_it") == file


def test_what_begins_first_is_there() -> None:
    assert [file for file in LONGEST if not (ROOT / file).exists()] == []


def test_runs_begin_then_other_brokers_then_the_longest_of_the_others() -> None:
    files = [
        "tests/unit/test_bars.py", "tests/unit/test_cli_why.py", "tests/broker/test_lease.py",
        "tests/chaos/test_executor.py", *RUNS,
    ]  # fmt: skip
    items = [cast(pytest.Item, SimpleNamespace(nodeid=f"{file}::test_it")) for file in files]
    found = [item.nodeid.split("::")[0] for item in sorted(items, key=order_of)]
    assert found == [*RUNS, *reversed(files[: -len(RUNS)])]
