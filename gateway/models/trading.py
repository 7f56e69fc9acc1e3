"""A contender's trading on a set of candles, net of costs, as returns a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from engine.analytics import Span, equity_curve, merged, trades
from engine.analytics import traded as of_statuses
from engine.columns.trades import TradeColumns
from engine.decisions import DecisionsStage
from engine.figures import ZERO
from engine.performance.bootstrap import Bootstrap, block_length
from engine.performance.returns import Floats, Ratios, Returns
from engine.performance.worlds import Paths, paths, worlds
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Delays
from engine.replay.tape_desk import TapeDesk
from engine.research.splits import Window
from engine.spans import DAY
from gateway.backtests.backtest import listed
from gateway.backtests.candles import candles
from gateway.backtests.stages import Stages
from gateway.backtests.tapes import digest_of, tape_of
from gateway.models.series import Series
from schemas.portfolio import Portfolio
from schemas.statuses import Status
from topics.heap import KEPT, settle
from topics.settings import Settings

FEE = {True: 0.0005, False: 0.001}
"""Of what is traded, taken as a taker: a contract's (True), spot's (engine.costs)."""


NOTHING = Paths(np.zeros((0, 0)), np.zeros((0, 0)))
"""Of who has no choice when to hold."""


@dataclass
class Trading:
    """Days of one market. returns: one a day; won, closed: round trips; fills, fees in quote."""

    returns: Returns
    paths: Paths
    won: int = 0
    closed: int = 0
    fills: int = 0
    fees: Any = ZERO


@dataclass
class Judged:
    """Days of all markets of a set with equal shares of the money, put back each day."""

    parts: list[Trading] = field(default_factory=list)

    @property
    def returns(self) -> Returns:
        """As one account's, where there is one market the curve's own."""
        return pooled([each.returns for each in self.parts])

    def told(self, bootstrap: Bootstrap) -> dict[str, Any]:
        """Figures with their intervals, and the share of worlds without an edge that won more."""
        returns = self.returns
        found = bootstrap.intervals(returns.values, block_length(returns.values))
        apart = worlds(
            Paths(
                np.concatenate([each.paths.notionals for each in self.parts]),
                np.concatenate([each.paths.returns for each in self.parts]),
            )
        )
        yearly = returns.a_year**0.5
        sharpe = found.get("sharpe")
        return {
            "days": len(returns.values),
            "total_return": Ratios.of(returns).total_return,
            "sharpe": Ratios.of(returns).sharpe_annual,
            "max_drawdown": returns.fall,
            "intervals": {name: asdict(each) for name, each in found.items()},
            "sharpe_interval": [sharpe.low * yearly, sharpe.high * yearly] if sharpe else None,
            "no_edge_p": apart.p_value if apart else None,
            "won": sum(each.won for each in self.parts),
            "closed": sum(each.closed for each in self.parts),
            "fills": sum(each.fills for each in self.parts),
            "fees": str(sum((each.fees for each in self.parts), ZERO)),
        }  # fmt: skip


def pooled(parts: Sequence[Returns]) -> Returns:
    """Days of several accounts as one that has an equal share in each, put back every day. Days
    that one of them lacks at an end are days of 0 there."""
    first = min(each.first for each in parts)
    last = max(each.first + len(each.values) for each in parts)
    rows = np.zeros((len(parts), last - first))
    for row, each in zip(rows, parts, strict=True):
        row[each.first - first :][: len(each.values)] = each.values
    return of_days(rows.mean(axis=0), first)


def of_days(values: Floats, first: int) -> Returns:
    """Returns of days as a run of their own."""
    worth = np.concatenate([[1.0], np.cumprod(1 + values)])
    peak = np.maximum.accumulate(worth)
    return Returns(
        period="day", first=first, values=values, span=len(values) * DAY,
        growth=float(worth[-1]), fall=float((1 - worth / peak).max()),
        ruined=bool((worth <= 0).any()),
    )  # fmt: skip


def traded(
    one: Series, key: str, decisions: DecisionsStage, since: int, known: Settings,
    played: Window | None = None,
) -> Trading:  # fmt: skip
    """One market's candles through the desk, judged from `since` on, ns. played: the candles of
    that span alone, as if there were no others."""
    rows = [*listed(known)]
    found = candles([one.path])
    found = found if played is None else found.within(*played)
    columns = TradeColumns.of([found.trades()])
    tape = tape_of(key, columns, known, rows, digest_of([one.path]))
    settle(KEPT)
    stages = Stages.of(known)._replace(decisions=decisions)
    desk = TapeDesk(stages, known.accounts, [tape], known.of("backtest", Delays), DAY)
    statuses, portfolio = list[Status](), list[Portfolio]()
    for _, record in desk.run(rows):
        if isinstance(record, Status):
            statuses.append(record)
        elif isinstance(record, Portfolio):
            portfolio.append(record)
    last = found.rows[-1].time + found.length
    return _of_account(statuses, portfolio, since, last, known)


def _of_account(
    statuses: list[Status], portfolio: list[Portfolio], since: int, until: int, known: Settings
) -> Trading:
    rules = known.of("portfolio", PortfolioSettings)
    start = rules.start(known.accounts[0])
    inside = [point for point in equity_curve(portfolio, start) if point[0] >= since]
    last = inside[-1][1] if inside else start
    curve = [(since, start), *inside, (until, last)]
    returns = Returns.of(curve, "day")
    row = merged(of_statuses(statuses, Span(), rules).values())
    found = trades(row.trips)
    return Trading(
        returns, paths(statuses, rules, returns), found.won, found.closed, row.fills, row.fees
    )


def held(one: Series, key: str, since: int, until: int | None = None) -> Returns:
    """Bought with everything at the first close from `since` on, and sold at the last (until: the
    last before that, ns); a taker's fee each time."""
    count = len(one.close_time)
    if until is not None:
        count = int(np.searchsorted(one.close_time, until))
    close, days = one.bars.close[:count], one.close_time[:count] // DAY
    first = int(np.searchsorted(one.close_time, since))
    ends = [int(each) for each in np.flatnonzero(np.diff(days[first:]))]
    places = [first, *(first + each for each in ends), len(close) - 1]
    values = close[places][1:] / close[places][:-1] - 1
    fee = FEE[":" in key.partition(":")[2]]
    values[0] = (1 + values[0]) * (1 - fee) - 1
    values[-1] = (1 + values[-1]) * (1 - fee) - 1
    return of_days(values, int(days[first]))
