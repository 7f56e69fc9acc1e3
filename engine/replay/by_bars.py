"""Which strategies and markets can be played on columns: those that bars alone are enough for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.decisions import DecisionsStage
from engine.stage import Stage
from engine.strategies.strategy import Strategy
from schemas.record import symbol_of


class NotByBars(ValueError):
    """A strategy that cannot be played on columns; says which, and what to do."""


INSTEAD = "it needs a recording, played without columns"


def refuse(stages: Sequence[Stage[Any]], markets: Sequence[str]) -> None:
    """NotByBars for a strategy that looks at a market, `venue:symbol`, and does not act on bars
    alone, and for two venues of one symbol, whose orders would be numbered together.
    """
    symbols = [symbol_of(key) for key in markets]
    if len(set(symbols)) < len(symbols):
        raise NotByBars("two venues of one symbol: play them apart")
    for each in _strategies(stages):
        if any(each.books(key) for key in markets):
            raise NotByBars(f"strategy {each.name} reads books over venues: {INSTEAD}")
        if any(each.advice(key) for key in markets):
            raise NotByBars(f"strategy {each.name} reads advice: {INSTEAD}")
        late = [one.name for one in each.advisors if not getattr(one, "on_bars", False)]
        if late and any(each.looks_at(key) for key in markets):
            raise NotByBars(
                f"strategy {each.name}: {', '.join(late)} looks at every record, not at bars alone:"
                f" {INSTEAD}"
            )


def featured(stages: Sequence[Stage[Any]]) -> bool:
    """Whether an advisor reads the features of bars."""
    advisors = (one for each in _strategies(stages) for one in each.advisors)
    return any(getattr(one, "on_features", False) for one in advisors)


def _strategies(stages: Sequence[Stage[Any]]) -> list[Strategy]:
    return [each for one in stages if isinstance(one, DecisionsStage) for each in one.strategies]
