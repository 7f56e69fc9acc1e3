"""The stages of a desk in this process, set as its workers are."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.books import BooksSettings, BooksStage
from engine.control import ControlStage
from engine.decisions import DecisionsStage
from engine.execution import ExecutionSettings, ExecutionStage
from engine.orders import OrdersStage
from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.risk import RiskSettings
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell, Stage
from engine.strategies.catalogue import StrategySections
from engine.ticks import TicksSettings, TicksStage
from topics.settings import Settings


class Stages(NamedTuple):
    """Every stage after market.raw, in the order in which records pass them."""

    ticks: TicksStage
    books: BooksStage
    signals: SignalsStage
    decisions: DecisionsStage
    orders: OrdersStage
    execution: ExecutionStage
    portfolio: PortfolioStage
    control: ControlStage

    @classmethod
    def of(cls, settings: Settings) -> Stages:
        """As the settings have them; a wrong one ends the process (topics.settings)."""
        return cls(
            TicksStage(settings.of("ticks", TicksSettings)),
            BooksStage(settings.of("books", BooksSettings)),
            SignalsStage(settings.of("signals", SignalSettings)),
            DecisionsStage(settings.sections(StrategySections).build()),
            OrdersStage(settings.accounts, settings.of("risk", RiskSettings)),
            ExecutionStage(settings.of("execution", ExecutionSettings)),
            PortfolioStage(settings.of("portfolio", PortfolioSettings)),
            ControlStage(settings.accounts),
        )

    def market(self, key: str) -> dict[str, Cell[Any]]:
        """Fresh cells of a market's stages by their main topic, raw to signals."""
        market: tuple[Stage[Any], ...] = (self.ticks, self.signals, self.decisions)
        return {stage.main: Cell.fresh(stage, key) for stage in market}
