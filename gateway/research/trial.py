"""One trial, in a process of its own: a backtest of changed settings over one window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from engine.analytics import equity_curve
from engine.columns.candles import PARTS
from engine.columns.tape import Tape
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Delays, Desk
from engine.research.course import Task
from engine.research.marks import Mark, marked
from engine.research.spaces import Parameters
from engine.research.splits import Window
from engine.research.trials import Outcome, Trial, outcome
from gateway.backtests.backtest import listed
from gateway.backtests.tapes import desk_of
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
        start = rules.start(self.account)
        tape = self.market.source.tape(known, window.until)
        found = traded(self.market, known, window, tape)
        own = [row for row in found if _of(row, self.account)]
        statuses = [row for row in own if isinstance(row, Status)]
        if tape is not None:
            curve = marked(statuses, marks(tape, window.since), start, rules)
        else:
            curve = equity_curve((row for row in own if isinstance(row, Portfolio)), start)
        return outcome(curve or [(window.since, start)], statuses, window, self.period, rules)


def _of(row: Record, account: str) -> bool:
    return isinstance(row, Status | Portfolio) and row.account == account


def traded(
    market: SharedMarket, known: Settings, window: Window, tape: Tape | None
) -> Iterator[Record]:
    """The records of the accounts' stages in a backtest from and to these times: those of
    `tapeline backtest --from --to`, to the byte. tape: of the market, where it is
    played on columns.
    """
    if tape is not None:
        return (row for _, row in desk_of(tape, known, window.since).run(listed(known)))
    market.make(known)
    stages = [stage for stage in market.source.stages(known) if not is_market(stage)]
    desk = Desk(stages, known.accounts, known.of("backtest", Delays), window.since)
    return (record for _, record in desk.play(market.rows(known, window.until)))


def marks(tape: Tape, since: int) -> Iterator[Mark]:
    """The middle of the book at the end of each candle that ends after a time, ns."""
    times = tape.trades.seen_time
    first = int(times.searchsorted(since))
    for at in range(first - first % PARTS + PARTS - 1, len(times), PARTS):
        bid, ask = (Decimal(price) for price, _ in tape.best(at))
        yield Mark(int(times[at]), (bid + ask) / 2)


def prepared(ground: Ground, task: Task) -> Path:
    """In a process: what the task's trial shares with others, made where it is not on columns; its
    file."""
    known = ground.settings(task.parameters)
    if not ground.market.source.by_bars(known):
        ground.market.make(known)
    return ground.shared(task)


def run(ground: Ground, task: Task) -> Trial:
    """In a process: the trial of parameters that go together."""
    made = ground.outcome(ground.settings(task.parameters), task.window)
    return Trial(task.split, task.number, task.role, task.parameters, made)
