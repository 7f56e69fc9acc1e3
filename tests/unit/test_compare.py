"""`tapeline compare` on runs held in memory: its own backtest, other latencies, other bytes."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.performance.runs import Run
from engine.portfolio import PortfolioSettings
from gateway.cli import app
from gateway.proof import compare as command
from gateway.proof.compare import CAUSES, Comparison, recorded, replayed
from schemas import names
from schemas.statuses import Status
from tests.unit.small_desk import ACCOUNT, SECOND, SETTINGS, Story, Topics

D = Decimal
RULES = PortfolioSettings()
SLOW = SETTINGS.model_copy(update={"execution": {"latency": {"nanoseconds": 4_000_000_000}}})


@pytest.fixture(scope="module")
def played() -> Topics:
    """12 s: a person buys, moves the stop, and it fires."""
    return Story().play(12 * SECOND)


def of(run: dict[str, Run]) -> Run:
    return run[ACCOUNT]


def sound(found: Comparison) -> Comparison:
    """The parts of each order and of all add up."""
    for row in found.rows:
        assert row.parts.total == row.worth[0] - row.worth[1]
    worths = [sum((row.worth[at] for row in found.rows), D(0)) for at in (0, 1)]
    assert found.difference == worths[0] - worths[1] + found.funding
    return found


def test_a_run_beside_itself_does_not_differ(played: Topics) -> None:
    one, other = (of(recorded(played, (ACCOUNT,))) for _ in range(2))
    found = sound(Comparison.of(one, other, RULES))
    assert len(found.rows) >= 2
    assert found.difference == 0
    assert all(getattr(row.parts, cause) == 0 for row in found.rows for cause in CAUSES)


def test_a_run_meets_its_own_backtest_order_by_order(played: Topics) -> None:
    one, other = of(recorded(played, (ACCOUNT,))), of(replayed(played, SETTINGS, (ACCOUNT,)))
    assert one.orders.keys() & other.orders.keys()
    assert one.decisions == other.decisions
    found = sound(Comparison.of(one, other, RULES))
    assert all(row.note for row in found.rows if row.parts.remainder)


def test_another_latency_is_told_as_latency(played: Topics) -> None:
    """The same market and settings, 4 s in place of 5 ms: fills at other mids."""
    one = of(replayed(played, SLOW, (ACCOUNT,)))
    other = of(replayed(played, SETTINGS, (ACCOUNT,)))
    found = sound(Comparison.of(one, other, RULES))
    both = [row for row in found.rows if row.one and row.other and not row.one.rested]
    assert both
    assert any(row.parts.latency for row in both)
    for row in both:
        assert abs(row.parts.remainder) <= abs(row.parts.latency) + D("0.1")
        assert row.parts.queue == row.parts.partial == row.parts.missing == 0


def test_another_fee_in_the_records_is_told_as_fees(played: Topics) -> None:
    fill = next(row for _, row in played.rows if isinstance(row, Status) and row.type == "fill")
    dearer = str(D(fill.fee or 0) + 1)
    forged = played.changed(names.STATUSES, fill.key, fill.seq, fee=dearer)
    one, other = (of(recorded(each, (ACCOUNT,))) for each in (forged, played))
    found = sound(Comparison.of(one, other, RULES))
    assert found.parts.fees == found.difference == -1


def test_decisions_that_a_run_lacks_are_missing_data(played: Topics) -> None:
    one = of(recorded(played, (ACCOUNT,)))
    half = played.where(lambda topic, row: topic not in (names.DECISIONS, names.ORDERS,
                                                         names.STATUSES))  # fmt: skip
    found = sound(Comparison.of(one, of(recorded(half, (ACCOUNT,))), RULES))
    assert found.parts.missing == found.difference != 0


def test_funding_that_the_other_paid_more_is_won() -> None:
    found = Comparison.of(Run(ACCOUNT, funding=D(1)), Run(ACCOUNT, funding=D(3)), RULES)
    assert found.funding == found.difference == 2


@contextmanager
def opened(topics: Topics) -> Any:
    yield SETTINGS, topics


def asked(monkeypatch: pytest.MonkeyPatch, runs: dict[str, Topics], *more: str) -> Any:
    monkeypatch.setattr(command, "sources", lambda chosen, *_: opened(runs[chosen.prefix]))
    monkeypatch.setattr(command, "settings", lambda: SETTINGS)
    return CliRunner().invoke(app, ["compare", *more])


def test_the_command_tells_the_sum_and_each_order(
    played: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = next(row for _, row in played.rows if isinstance(row, Status) and row.type == "fill")
    forged = played.changed(names.STATUSES, fill.key, fill.seq, fee="9")
    runs = {"live.": forged, "again.": played}
    result = asked(monkeypatch, runs, "live.", "--with", "again.", "--json")
    assert result.exit_code == 0, result.output
    told = orjson.loads(result.stdout)
    assert sum(D(told[cause]) for cause in CAUSES) + D(told["funding"]) == D(told["difference"])
    assert D(told["difference"]) == D(told["fees"]) < -8
    (row,) = [row for row in told["orders"] if D(row["difference"])]
    assert fill.client_order_id in row["client_order_ids"]
    shown = asked(monkeypatch, runs, "live.", "--with", "again.")
    assert fill.client_order_id in shown.stdout
    assert f"{len(told['orders'])} orders, 1 of them differ" in " ".join(shown.stderr.split())


def test_the_command_makes_the_backtest_where_no_other_run_is_named(
    played: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = asked(monkeypatch, {"live.": played}, "live.", "--json")
    assert result.exit_code == 0, result.output
    told = orjson.loads(result.stdout)
    found = Comparison.of(
        of(recorded(played, (ACCOUNT,))), of(replayed(played, SETTINGS, (ACCOUNT,))), RULES
    )
    assert told == orjson.loads(orjson.dumps(found.as_json()))


def test_nothing_to_compare_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    result = asked(monkeypatch, {"": Topics()}, "", "--with", "")
    assert result.exit_code == 1
    assert "neither run has filled an order: name the run's prefix" in result.output
