"""A trial: parameters, and what trading by them came to in one window.

The equity is taken from the window's first moment to its last, whatever was traded, so that the
returns of all trials of a window are of the same periods and can be set side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.analytics import Point, Span, Traded, merged, traded, trades
from engine.figures import ZERO
from engine.performance.returns import PERIODS, Ratios, Returns, period_of
from engine.portfolio import PortfolioSettings
from engine.research.spaces import Parameters
from engine.research.splits import Window
from schemas.statuses import Status

Role = Literal["train", "test"]


@dataclass(frozen=True)
class Outcome:
    """What trading came to. returns: of equal periods; fall: the deepest, as a share; trips: round
    trips that were closed; the ratios are None where there is nothing to divide by.
    """

    returns: tuple[float, ...]
    ratios: Ratios
    fall: float
    trips: int
    fills: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None


@dataclass(frozen=True)
class Trial:
    """One of a split: number counts those of its train span from 0; the test of the chosen one has
    its number. outcome None: it was not run, for the reason that `problem` tells."""

    split: int
    number: int
    role: Role
    parameters: Parameters
    outcome: Outcome | None
    problem: str = ""

    @property
    def key(self) -> tuple[int, Role, int]:
        """What is there once of it."""
        return self.split, self.role, self.number


def outcome(
    curve: Sequence[Point], statuses: Iterable[Status], window: Window, period: str,
    rules: PortfolioSettings,
) -> Outcome:  # fmt: skip
    """Of an equity curve that is not empty and begins with what the account started with. After a
    ruin the returns are 0."""
    inside = [point for point in curve if window.since <= point[0] < window.until]
    last = inside[-1][1] if inside else curve[0][1]
    whole = [(window.since, curve[0][1]), *inside, (window.until - 1, last)]
    returns = Returns.of(whole, period)
    values = tuple(map(float, returns.values))
    span = Span(window.since, window.until)
    row: Traded = merged(traded(statuses, span, rules).values())
    closed = trades(row.trips)
    return Outcome(
        returns=(*values, *(0.0,) * (periods(window, period) - len(values))),
        ratios=Ratios.of(returns),
        fall=returns.fall,
        trips=closed.closed,
        fills=row.fills,
        win_rate=closed.win_rate,
        profit_factor=closed.profit_factor,
        expectancy=closed.expectancy,
    )


def periods(window: Window, period: str) -> int:
    """How many periods a window has a part of: as many returns has each of its trials."""
    length = PERIODS[period]
    return (window.until - 1) // length - window.since // length + 1


def common_period(windows: Iterable[Window]) -> str:
    """The longest period of which every window has enough (engine.performance.returns)."""
    names = [period_of([(each.since, ZERO), (each.until, ZERO)]) for each in windows]
    return min(names, key=lambda name: PERIODS[name])
