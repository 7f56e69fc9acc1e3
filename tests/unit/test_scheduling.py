"""What `pytest -n` runs where."""

from __future__ import annotations

from pathlib import Path

from tests.scheduling import LONGEST, RUNS, unit_of

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


def test_other_brokers_are_one_process_too_and_all_else_goes_file_by_file() -> None:
    assert unit_of("tests/chaos/test_feeds.py::test_it") == "brokers"
    assert unit_of("tests/unit/test_bars.py::test_it") == "tests/unit/test_bars.py"


def test_what_begins_first_is_there() -> None:
    assert [file for file in LONGEST if not (ROOT / file).exists()] == []
