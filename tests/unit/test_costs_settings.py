"""The settings that docs/replay.md shows are read, and what is no setting is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from engine.costs import TieredFees
from engine.execution import ExecutionSettings
from engine.portfolio import PortfolioSettings
from engine.venue.impact import SquareRootImpact
from engine.venue.latency import LognormalLatency
from engine.venue.margins import IsolatedMargin
from engine.venue.queues import ProbableByPower

PAGE = (Path(__file__).parents[2] / "docs" / "replay.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_is_read() -> None:
    costs = PAGE[PAGE.index("## Costs") :].partition("\n## ")[0]
    lines = [line.removeprefix("    ") for line in costs.splitlines() if line.startswith("    ")]
    given = tomllib.loads("\n".join(lines))["execution"]
    read = ExecutionSettings.model_validate(given)
    kinds = [type(part) for part in (read.fees, read.latency, read.queue, read.margin, read.impact)]
    assert kinds == [
        TieredFees,
        LognormalLatency,
        ProbableByPower,
        IsolatedMargin,
        SquareRootImpact,
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"latency": {"name": "uniform"}},
        {"latency": {"name": "empirical", "values": [-1]}},
        {"fees": {"name": "tiered", "linear": [{"maker": "0"}]}},
        {"margin": "cross"},
        {"margin": {"clearance": "-0.1"}},
        {"impact": {"name": "square_root", "volatility": "0.1", "volume": "0"}},
        {"impact": {"name": "almgren_chriss", "temporary": "-1", "volume": "1"}},
        {"slippage": "0.1"},
    ],
)
def test_what_is_no_setting_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ExecutionSettings.model_validate(given)


def test_the_portfolio_and_the_venue_reckon_with_the_same_maintenance() -> None:
    assert IsolatedMargin().maintenance == PortfolioSettings().maintenance
