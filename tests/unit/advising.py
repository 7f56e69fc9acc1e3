"""Records of ai.advice, and cells of strategies that read them."""

from __future__ import annotations

from typing import Any

from engine.decisions import DecisionsStage
from engine.stage import Cell
from engine.strategies.advised import AdvisedAdvisor, AdvisedSettings
from engine.strategies.ensemble import DecisionSettings
from engine.strategies.rule import RuleAdvisor, RuleSettings
from engine.strategies.strategy import Strategy
from schemas import names
from schemas.advice import Advice, Opinion
from schemas.decisions import Decision, Verdict
from schemas.record import symbol_of, venue_of
from schemas.signals import Action, Signal
from schemas.system import SystemEvent
from tests.unit.judging import signal
from tests.unit.trading import BTC, SECOND

MINUTE = 60 * SECOND


def opinion(now: int, advisor: str = "judge", **fields: Any) -> Opinion:
    """LONG, sure to 0.8, for a minute from `now` on."""
    given = {
        "advisor": advisor, "verdict": Verdict.LONG, "confidence": 0.8, "stop": "98.5",
        "target": "104", "horizon": MINUTE, "expires": now + MINUTE, "reasons": ("why",),
    }  # fmt: skip
    return Opinion.model_validate({**given, **fields})


def advice(seq: int, now: int, advisor: str = "judge", key: str = BTC, **fields: Any) -> Advice:
    """What an advisor said at `now` ns; fields: of its opinion."""
    return Advice(
        id=f"a{seq}", cause="s0", seq=seq, key=key, venue=venue_of(key), symbol=symbol_of(key),
        seen_time=now, asked_time=max(0, now - SECOND), opinion=opinion(now, advisor, **fields),
        briefing="{}",
    )  # fmt: skip


def seat(advisor: str = "judge", **given: Any) -> AdvisedAdvisor:
    settings = AdvisedSettings.model_validate({"kind": "advised", "advisor": advisor, **given})
    return AdvisedAdvisor(settings, advisor)


def panel(*seats: AdvisedAdvisor, markets: tuple[str, ...] = (BTC,), **decided: Any) -> Strategy:
    """The rules beside advised seats."""
    rule = RuleAdvisor(RuleSettings(kind="rule"))
    return Strategy("panel", (rule, *seats), DecisionSettings(**decided), markets)


def fresh(*strategies: Strategy, key: str = BTC) -> Cell[Any]:
    return Cell.fresh(DecisionsStage(strategies or (panel(seat()),)), key)


def take(cell: Cell[Any], given: Signal) -> tuple[Decision, list[SystemEvent]]:
    """One strategy's decision on a signal, and the events beside it."""
    first, *rest = (each.record for each in cell.take(names.SIGNALS, given))
    assert isinstance(first, Decision)
    assert all(isinstance(each, SystemEvent) for each in rest)
    return first, [each for each in rest if isinstance(each, SystemEvent)]


def next_signal(cell: Cell[Any], at: int, action: Action, fields: dict[str, Any]) -> Signal:
    seq = cell.seen.get(names.SIGNALS, {}).get(cell.key, -1) + 1
    return signal(seq, action, key=cell.key, **{"seen_time": at * SECOND, **fields})


def heard(cell: Cell[Any], at: int, action: Action = Action.HOLD, /, **fields: Any) -> Decision:
    """The decision on the market's next signal, `at` seconds."""
    return take(cell, next_signal(cell, at, action, fields))[0]


def told(cell: Cell[Any], at: int, action: Action = Action.HOLD) -> list[SystemEvent]:
    """The events of the market's next signal."""
    return take(cell, next_signal(cell, at, action, {}))[1]
