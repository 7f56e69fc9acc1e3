"""A model with the settings that it is asked under: what it reads of a signal, and says of that."""

from __future__ import annotations

from functools import lru_cache
from math import pi, sqrt
from typing import TYPE_CHECKING

from engine.indicators import rounded
from engine.learning.model import BadModel, parsed
from engine.learning.scoring import Reading, Scorer
from engine.learning.stored import is_policy
from engine.strategies import SIDES, Judgment, graded
from engine.strategies.asking import Held, Listener
from engine.strategies.levels import Levels, levels
from schemas.decisions import Forecast, Verdict
from schemas.signals import Signal

if TYPE_CHECKING:
    from engine.strategies.model import ModelSettings


@lru_cache(maxsize=64)
def scorer(text: bytes) -> Scorer:
    """A model's bytes ready to be asked, made once a process; BadModel where they are none."""
    if is_policy(text):
        raise BadModel("it is a policy: a seat of kind policy asks it")
    return Scorer(parsed(text))


class Voice:
    """A model with the settings that it is asked under."""

    def __init__(self, settings: ModelSettings) -> None:
        self.settings, self.title = settings, settings.loaded.title
        self._scorer = scorer(settings.loaded.model)
        self.model = self._scorer.model
        self.horizon = settings.horizon or self.model.horizon
        (base,) = self.model.heads["direction"].rate
        self._barrier = self.model.watched_barrier
        self._listener = Listener(self.model, settings, base, self.model.horizon, self._barrier)

    def reading(
        self, signal: Signal, before: int | None, state: Held
    ) -> tuple[Reading | None, str]:
        """What the model says, None where it cannot be asked; and why it is not to be heeded, ""
        where it is. before: close of the bar before."""
        watched = state.watched
        x = self._listener.heard(signal, before, watched, lambda: self._scorer.inputs(signal))
        if isinstance(x, str):
            return None, x
        reading = self._scorer.read(x)
        return reading, self._listener.watch(watched, x, signal, reading.up)

    def forecast(self, reading: Reading, signal: Signal) -> Forecast | None:
        """A reading as it is kept, to be held against what came; None without a close."""
        close = signal.indicators.get("close")
        if close is None or signal.bar_time is None:
            return None
        return Forecast(
            model=self.settings.loaded.digest, up=reading.up, close=close,
            bar_time=signal.bar_time, cutoff=self.model.cutoff,
            bar=signal.bar if self._barrier else None,
            atr=signal.indicators.get("atr") if self._barrier else None,
        )  # fmt: skip

    def enters(self, way: int, reading: Reading, signal: Signal) -> bool:
        """Whether a side, 1 or -1, is likely and worth enough."""
        chance, of = likely(way, reading), self.settings
        if chance < of.enter or (way > 0 and reading.regimes.get("panic", 0.0) >= of.panic):
            return False
        return not of.cost_bps or (2 * chance - 1) * self._usual(reading, signal) >= of.cost_bps

    def entry(self, way: int, reading: Reading, signal: Signal) -> Judgment:
        """LONG or SHORT with its levels and what speaks for it."""
        of, side = self.settings, SIDES[way]
        excess = (likely(way, reading) - of.enter) / (of.sure - of.enter)
        risk = reading.drawdown if way > 0 else reading.runup
        reasons = (self._chance(reading), *because(reading))
        return Judgment(
            side, graded(excess), self._levels(way, reading, signal), reasons, risk=risk
        )

    def leaves(self, state: Held, reading: Reading) -> tuple[str, ...]:
        """Why the side is left, or nothing; said again at each bar until a side is entered."""
        if state.stance is None:
            return ()
        if likely(1 if state.stance is Verdict.LONG else -1, reading) <= self.settings.leave:
            return (self._chance(reading),)
        if state.bars >= self.horizon:
            return (f"{state.bars} bars since it was last said", self._chance(reading))
        return ()

    def _usual(self, reading: Reading, signal: Signal) -> float:
        """Size of a usual move, in basis points; 0 where it is not known."""
        if self.model.target == "horizon":
            return sqrt(2 / pi) * self._deviation(reading, signal) * 1e4
        return self.model.barrier * (signal.features.get("atr_bps") or 0.0)

    def _deviation(self, reading: Reading, signal: Signal) -> float:
        """Of the return over the horizon, a share of the price: as the model foretells it, else as
        it was; 0 where it is not known."""
        trailing = signal.features.get("realised_volatility") or 0.0
        foretold = 1.0 if reading.volatility is None else reading.volatility
        return foretold * trailing * sqrt(self.horizon)

    def _levels(self, way: int, reading: Reading, signal: Signal) -> Levels:
        close, atr = signal.indicators.get("close"), signal.indicators.get("atr")
        if close is None or atr is None:
            return levels(SIDES[way], signal, None, None)
        away = self.settings.stop_volatility * self._deviation(reading, signal) * close
        stop = close - way * (away or self.settings.stop_atr * atr)
        return levels(SIDES[way], signal, stop, close + way * self.model.reach * atr)

    def _chance(self, reading: Reading) -> str:
        (rate,) = self.model.heads["direction"].rate
        bars = self.model.horizon
        return f"{self.title}: rise in {bars} bars {reading.up:.3f} (usual {rate:.3f})"


def likely(way: int, reading: Reading) -> float:
    """Probability of a side, 1 or -1."""
    return reading.up if way > 0 else rounded(1 - reading.up)


def because(reading: Reading) -> tuple[str, ...]:
    """The largest parts of the score, and the other heads, in words."""
    parts = ", ".join(f"{name} {part:+.3f}" for name, part in reading.parts)
    told = [f"log odds by {parts} (path attribution)"] if parts else []
    if reading.regimes:
        told.append("next " + ", ".join(f"{name} {p:.2f}" for name, p in reading.regimes.items()))
    if reading.volatility is not None:
        told.append(f"volatility {reading.volatility:.2f} times the trailing one")
    return tuple(told)
