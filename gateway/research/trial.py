"""One trial, in a process of its own: a backtest of changed settings over one window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.analytics import equity_curve
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Delays, Desk
from engine.research.course import Task
from engine.research.splits import Window
from engine.research.trials import Outcome, Trial, outcome
from gateway.pnl import books
from gateway.research.market import SharedMarket, is_market
from gateway.research.parameters import refusal, varied
from gateway.stages import Stages
from schemas.statuses import Status
from topics.settings import Settings


@dataclass(frozen=True)
class Ground:
    """What all trials of a search stand on. account: whose outcome counts; period: of returns."""

    known: Settings
    market: SharedMarket
    account: str
    period: str

    def shared(self, task: Task) -> Path:
        """The file of what the task's trial shares with others."""
        return self.market.path(varied(self.known, task.parameters))

    def refused(self, task: Task) -> Trial | None:
        """A trial without an outcome where its parameters do not go together; else None."""
        told = refusal(self.known, task.parameters)
        given = (task.split, task.number, task.role, task.parameters)
        return Trial(*given, None, told) if told else None

    def outcome(self, known: Settings, window: Window) -> Outcome:
        """Of the account, under settings that the engine takes."""
        rules = known.of("portfolio", PortfolioSettings)
        found = traded(self.market, known, window)
        statuses = [each for each in found if each.account == self.account]
        book, start = books(statuses, rules).get(self.account), rules.start(self.account)
        curve = equity_curve(book.portfolio, start) if book else [(window.since, start)]
        return outcome(curve, statuses, window, self.period, rules)


def traded(market: SharedMarket, known: Settings, window: Window) -> list[Status]:
    """What became of the orders of a backtest from and to these times: the statuses of
    `tapeline backtest --from --to`, to the byte."""
    stages = [stage for stage in Stages.of(known) if not is_market(stage)]
    desk = Desk(stages, known.accounts, known.of("backtest", Delays), window.since)
    rows = desk.play(market.rows(known, window.until))
    return [record for _, record in rows if isinstance(record, Status)]


def prepared(ground: Ground, task: Task) -> Path:
    """In a process: what the task's trial shares with others, made; its file."""
    ground.market.make(varied(ground.known, task.parameters))
    return ground.shared(task)


def run(ground: Ground, task: Task) -> Trial:
    """In a process: the trial of parameters that go together."""
    made = ground.outcome(varied(ground.known, task.parameters), task.window)
    return Trial(task.split, task.number, task.role, task.parameters, made)
