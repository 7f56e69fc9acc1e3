"""The momentum advisor: a breakout of the closes' channel, with the averages behind it.

The channel is Donchian's and the rules are the Turtles' (C. Faith, "The Original Turtle Trading
Rules", 2003): in beyond the extreme of `entry_bars`, out beyond the opposite extreme of the shorter
`exit_bars`, a stop 2 ATR away and no target. An entry also needs the fast EMA on its side of the
slow one by `filter_atr` ATR, which keeps out breakouts of a market that goes nowhere.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from pydantic import Field, model_validator

from engine.strategies.advisor import graded, side_of, side_text, silence
from engine.strategies.levels import levels
from engine.strategies.outlook import Opinion, OutlookSettings, vote
from schemas.decisions import Verdict, Vote
from schemas.signals import Signal


class MomentumSettings(OutlookSettings):
    """Bars of the channels to enter and to leave by; distances in ATR."""

    entry_bars: int = Field(default=20, ge=2, le=500)
    exit_bars: int = Field(default=10, ge=1, le=500)
    filter_atr: float = Field(default=0.5, ge=0)
    stop_atr: float = Field(default=2.0, gt=0)

    @model_validator(mode="after")
    def _shorter(self) -> MomentumSettings:
        if self.exit_bars > self.entry_bars:
            raise ValueError("exit_bars must not be more than entry_bars")
        return self


@dataclass(slots=True)
class MomentumState:
    """Closes of the latest bars that it was asked about, and the side it last entered on."""

    closes: deque[float]
    stance: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One bar: its close, the EMAs' distance (fast less slow) and the ATR, in quote."""

    close: float
    gap: float
    atr: float


class MomentumAdvisor:
    """Enters on a breakout that the averages confirm, leaves on one of the shorter channel."""

    kind = "momentum"
    on_bars = True

    def __init__(self, settings: MomentumSettings, name: str = "momentum") -> None:
        self.settings, self.name = settings, name
        self._silent = silence(name, settings.weight)

    def initial(self) -> MomentumState:
        """No bar and no stance."""
        return MomentumState(deque(maxlen=self.settings.entry_bars))

    def advise(self, state: MomentumState, signal: Signal) -> Vote:
        """LONG or SHORT, EXIT, or HOLD; confidence 0.5 at the filter, nearing 1 far beyond it."""
        close = signal.indicators.get("close") if signal.fresh else None
        if close is None:
            return self._silent
        before = list(state.closes)
        state.closes.append(close)
        seen = _seen(close, signal)
        if len(before) < self.settings.entry_bars or seen is None:
            return self._silent
        opinion = self._opinion(state, before, seen, signal)
        return self._silent if opinion is None else vote(self.name, self.settings, opinion, signal)

    def _opinion(
        self, state: MomentumState, before: list[float], seen: Seen, signal: Signal
    ) -> Opinion | None:
        if self._breaks(before, seen, 1):
            return self._enter(state, Verdict.LONG, seen, signal)
        if self._breaks(before, seen, -1):
            return self._enter(state, Verdict.SHORT, seen, signal)
        return self._leave(state, before[-self.settings.exit_bars :], seen)

    def _breaks(self, before: list[float], seen: Seen, way: int) -> bool:
        beyond = seen.close > max(before) if way > 0 else seen.close < min(before)
        return beyond and way * seen.gap >= self.settings.filter_atr * seen.atr

    def _enter(self, state: MomentumState, side: Verdict, seen: Seen, signal: Signal) -> Opinion:
        state.stance = side
        strength = abs(seen.gap) / seen.atr
        excess = strength - self.settings.filter_atr
        down = self.settings.stop_atr * seen.atr
        stop = seen.close - down if side is Verdict.LONG else seen.close + down
        reasons = (
            f"close {seen.close:.6g} beyond {self.settings.entry_bars} bars",
            f"EMAs {strength:.3g} ATR apart",
        )
        confidence = graded(excess / (1 + excess))
        return Opinion(side, confidence, levels(side, signal, stop, None), reasons)

    def _leave(self, state: MomentumState, channel: list[float], seen: Seen) -> Opinion | None:
        low, high = min(channel), max(channel)
        fell = state.stance is Verdict.LONG and seen.close < low
        rose = state.stance is Verdict.SHORT and seen.close > high
        if not fell and not rose:
            return None
        bound = f"below {low:.6g}" if fell else f"above {high:.6g}"
        reason = f"close {seen.close:.6g} {bound} of {len(channel)} bars"
        return Opinion(Verdict.EXIT, 0.5, reasons=(reason,))

    def dump(self, state: MomentumState) -> Any:
        """Closes, oldest first, and the stance."""
        return {"closes": list(state.closes), "stance": side_text(state.stance)}

    def load(self, data: Any) -> MomentumState:
        """The state that `dump` gave; of another length, the latest closes that fit."""
        closes = deque(data["closes"], maxlen=self.settings.entry_bars)
        return MomentumState(closes, side_of(data["stance"]))


def _seen(close: float, signal: Signal) -> Seen | None:
    fast, slow = signal.indicators.get("ema_fast"), signal.indicators.get("ema_slow")
    atr = signal.indicators.get("atr")
    return None if fast is None or slow is None or not atr else Seen(close, fast - slow, atr)
