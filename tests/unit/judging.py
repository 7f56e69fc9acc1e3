"""Signals, and what the decisions stage makes of them."""

from __future__ import annotations

from typing import Any

from engine.decisions import DecisionsStage
from engine.stage import Cell, Output
from engine.strategies.ensemble import DecisionSettings
from engine.strategies.rule import RuleAdvisor, RuleSettings
from engine.strategies.strategy import Strategy
from schemas import names
from schemas.codec import decode, encode
from schemas.decisions import Decision
from schemas.record import symbol_of, venue_of
from schemas.signals import Action, Score, Signal
from schemas.system import Snapshot
from schemas.ticks import BookState
from tests.unit.trading import BTC, SECOND

SPOT = "binance:BTC/USDT"
SCORES = {
    Action.BUY: (3, 1), Action.STRONG_BUY: (4, 0), Action.SELL: (1, 3),
    Action.STRONG_SELL: (0, 4), Action.HOLD: (0, 0),
}  # fmt: skip


def signal(seq: int, action: Action = Action.HOLD, key: str = BTC, **fields: Any) -> Signal:
    """A signal at a bar's close whose scores fit its action."""
    buy, sell = SCORES[action]
    given_: dict[str, Any] = {
        "id": f"s{seq}",
        "seq": seq,
        "key": key,
        "venue": venue_of(key),
        "symbol": symbol_of(key),
        "tick": seq + 100,
        "fresh": True,
        "indicators": {"sma_fast": 101.0, "sma_slow": 100.0, "atr": 0.5},
        "scores": (Score(rule="rsi", side="buy", points=2, reason="RSI 27.4 below 30"),),
        "buy_score": buy,
        "sell_score": sell,
        "strength": max(buy, sell) / (buy + sell) if buy + sell else None,
        "action": action,
        "book": BookState.OK,
        "bid": ("99.90", "5"),
        "ask": ("100.10", "5"),
        "event_time": seq,
        "seen_time": seq * SECOND,
    }
    return Signal(**{**given_, **fields})


def fresh(key: str = BTC, rule: RuleSettings | None = None, **decided: Any) -> Cell[Any]:
    strategy = Strategy("main", (RuleAdvisor(rule or RuleSettings()),), DecisionSettings(**decided))
    return Cell.fresh(DecisionsStage((strategy,)), key)


def decide(cell: Cell[Any], given_: Signal) -> Decision:
    (output,) = cell.take(names.SIGNALS, given_)
    assert (output.topic, output.key) == (names.DECISIONS, given_.key)
    assert isinstance(output.record, Decision)
    return output.record


def verdicts(cell: Cell[Any], *signals: Signal) -> list[str]:
    return [decide(cell, each).verdict.value for each in signals]


def reborn(cell: Cell[Any], stage: DecisionsStage | None = None) -> Cell[Any]:
    """The cell through its snapshot's bytes and back, perhaps in a stage of other strategies."""
    return Cell.restore(stage or cell.stage, decode(Snapshot, encode(cell.snapshot())))


def decisions(outputs: list[Output]) -> list[Decision]:
    return [output.record for output in outputs if isinstance(output.record, Decision)]
