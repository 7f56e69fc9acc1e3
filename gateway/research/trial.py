"""One trial, in a process of its own: a backtest of changed settings over one window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.analytics import equity_curve
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Delays, Desk
from engine.research.course import Task
from engine.research.spaces import Parameters
from engine.research.splits import Window
from engine.research.trials import Outcome, Trial, outcome
from gateway.research.market import SharedMarket, is_market
from gateway.research.parameters import refusal, varied
from schemas.portfolio import Portfolio
from schemas.record import Record
from schemas.statuses import Status
from topics.settings import Settings


@dataclass(frozen=True)
class Ground:
    """What all trials of a search stand on. account: whose outcome counts; period: of returns."""

    known: Settings
    market: SharedMarket
    account: str
    period: str

    def settings(self, parameters: Parameters) -> Settings:
        """Those of a trial."""
        return varied(self.known, parameters)

    def shared(self, task: Task) -> Path:
        """The file of what the task's trial shares with others."""
        return self.market.path(self.settings(task.parameters))

    def refused(self, task: Task) -> Trial | None:
        """A trial without an outcome where its parameters do not go together; else None."""
        told = refusal(self.settings(task.parameters))
        given = (task.split, task.number, task.role, task.parameters)
        return Trial(*given, None, told) if told else None

    def outcome(self, known: Settings, window: Window) -> Outcome:
        """Of the account, under settings that the engine takes."""
        rules = known.of("portfolio", PortfolioSettings)
        statuses: list[Status] = []
        portfolio: list[Portfolio] = []
        for row in traded(self.market, known, window):
            if isinstance(row, Status) and row.account == self.account:
                statuses.append(row)
            elif isinstance(row, Portfolio) and row.account == self.account:
                portfolio.append(row)
        start = rules.start(self.account)
        curve = equity_curve(portfolio, start) or [(window.since, start)]
        return outcome(curve, statuses, window, self.period, rules)


def traded(market: SharedMarket, known: Settings, window: Window) -> Iterator[Record]:
    """The records of the accounts' stages in a backtest from and to these times: those of
    `tapeline backtest --from --to`, to the byte."""
    stages = [stage for stage in market.source.stages(known) if not is_market(stage)]
    desk = Desk(stages, known.accounts, known.of("backtest", Delays), window.since)
    return (record for _, record in desk.play(market.rows(known, window.until)))


def prepared(ground: Ground, task: Task) -> Path:
    """In a process: what the task's trial shares with others, made; its file."""
    ground.market.make(ground.settings(task.parameters))
    return ground.shared(task)


def run(ground: Ground, task: Task) -> Trial:
    """In a process: the trial of parameters that go together."""
    made = ground.outcome(ground.settings(task.parameters), task.window)
    return Trial(task.split, task.number, task.role, task.parameters, made)
