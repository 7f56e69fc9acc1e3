"""The embedded model: goes where its calibrated probability is beyond a bound.

A model is data (engine.learning.model), trained by `tapeline models train`, loaded by whoever reads
the settings: it comes as a function in the validation's context, so nothing here reads a file.

It is asked where a bar closes. Its confidence is the probability, graded from 0.5 at `enter` to 1
at `sure`; its risk is the model's own probability of a move of `reach` ATR against the side.

It says nothing where more than a quarter of its inputs is not known, where bars are not as long as
those that it was trained on, unless `any_interval` says that this is meant, and where its inputs
have drifted or it has become worse than its base rate (engine.learning.drift). Then it fails: the
strategy falls back to its other advisors, and one event tells so (engine.strategies.bench).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from math import pi, sqrt
from typing import Any, Self

import numpy as np
from pydantic import Field, PrivateAttr, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from engine.bars import interval_name
from engine.indicators import rounded
from engine.learning.drift import DriftSettings, Watch, Watched
from engine.learning.model import Reading, Scorer, parsed
from engine.learning.vector import BARS, Vector
from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance, graded
from engine.strategies.judgment import SILENT
from engine.strategies.levels import Levels, levels
from engine.strategies.outlook import seen
from schemas.decisions import Verdict
from schemas.errors import TapelineError
from schemas.signals import Signal

MODELS = "models"
"""Of the validation's context: what loads a model by name and version, both "" for the default."""

UNKNOWN = 0.25
"""Share of the inputs that may be unknown."""

NO_MODEL = Judgment(Verdict.HOLD, reasons=("no model is loaded",))


class ModelSettings(OutlookSettings):
    """model: its name in the store, or the path of its folder; version: one of the store's. Both
    left out: as topics.models.store has it.

    enter: probability (of a rise, or of a fall) from which it enters; sure: from which it is as
    sure as can be; leave: probability of its side at or below which it leaves. horizon: bars after
    its last word for a side at which it leaves; None: the model's. stop_volatility: distance of the
    stop in deviations that the model foretells for the horizon; stop_atr: in ATR, where the model
    foretells none. cost_bps: what a round trip costs: it enters only where it expects more, which
    is (2 * probability - 1) * the usual move, the barrier or sqrt(2 / pi) deviations. panic:
    probability of panic from which it enters no LONG.
    """

    model: str = ""
    version: str = ""
    enter: float = Field(default=0.55, ge=0.5, lt=1)
    sure: float = Field(default=0.65, gt=0.5, le=1)
    leave: float = Field(default=0.5, gt=0, lt=1)
    horizon: int | None = Field(default=None, ge=1)
    stop_volatility: float = Field(default=3.0, gt=0)
    stop_atr: float = Field(default=3.0, gt=0)
    cost_bps: float = Field(default=0.0, ge=0)
    panic: float = Field(default=0.5, gt=0, le=1)
    any_interval: bool = False
    drift: DriftSettings = DriftSettings()
    _loaded: Any = PrivateAttr(default=None)

    @property
    def loaded(self) -> Any:
        """The stored model: its bytes are `model`, its name in words `title`. None: none was."""
        return self._loaded

    def asking(self, loaded: Any) -> Self:
        """The same settings, of another model."""
        made = self.model_copy()
        made._loaded = loaded
        return made

    @model_validator(mode="after")
    def _load(self, info: ValidationInfo) -> Self:
        """Ask the context for the model; what is wrong with it is told in one line."""
        if self.sure <= self.enter:
            raise ValueError("sure must be more than enter")
        load = (info.context or {}).get(MODELS)
        if load is not None:
            try:
                self._loaded = load(self.model, self.version)
                scorer(self._loaded.model)
            except TapelineError as error:
                raise PydanticCustomError("model", "{said}", {"said": str(error)}) from error
        return self


@lru_cache(maxsize=64)
def scorer(text: bytes) -> Scorer:
    """A model's bytes ready to be asked, made once a process; BadModel where they are none."""
    return Scorer(parsed(text))


@dataclass
class Held(Stance):
    """The side; bars since it was last said; close of the latest bar, ns; what is watched of it;
    why it is not asked, "" where it is, and whether it was told last that it is not."""

    bars: int = 0
    closed: int | None = None
    watched: Watched = field(default_factory=Watched)
    failing: str = ""
    told: bool = False


class ModelAdvisor(Judge[ModelSettings, Held]):
    """Asks its model at each bar."""

    kind = "model"

    def __init__(self, settings: ModelSettings, name: str = "") -> None:
        super().__init__(settings, name)
        self.voice = Voice(settings) if settings.loaded else None
        asked = self.voice.model.inputs if self.voice else ()
        self.on_bars = self.on_features = set(asked) <= set(BARS)

    @property
    def cutoff(self) -> int | None:
        """ns up to which its model knows what happened; None where none is loaded."""
        return self.voice.model.cutoff if self.voice else None

    def judge(self, state: Held, context: Context) -> Judgment:
        """As every judge, but the risk is the model's own, and a HOLD says why alone."""
        found = self.opinion(state, context)
        if found is None or found.verdict is Verdict.HOLD:
            return SILENT if found is None else found
        told = seen(found, self.settings, context.signal)
        return told if found.risk is None else told._replace(risk=found.risk)

    def opinion(self, state: Held, context: Context) -> Judgment | None:
        """Its word on a bar; a HOLD says why it has none."""
        if self.voice is None:
            return NO_MODEL
        if not context.signal.fresh:
            return None
        before, state.closed = state.closed, context.signal.bar_time
        state.bars += 1
        reading = self.voice.reading(context.signal, before, state.watched)
        state.failing = reading if isinstance(reading, str) else ""
        if isinstance(reading, str):
            return Judgment(Verdict.HOLD, reasons=(f"{self.voice.title}: {reading}",))
        for way in (1, -1):
            if self.voice.enters(way, reading, context.signal):
                state.stance, state.bars = SIDES[way], 0
                return self.voice.entry(way, reading, context.signal)
        leaving = self.voice.leaves(state, reading)
        return self.leave(*leaving) if leaving else None

    def failing(self, state: Held) -> str:
        """Why it cannot say anything now; "" where it can."""
        return state.failing if self.voice else NO_MODEL.reasons[0]

    def turned(self, state: Held) -> str | None:
        """That, where it has begun or ended since it was asked last; None elsewhere."""
        why = self.failing(state)
        if bool(why) is state.told:
            return None
        state.told = bool(why)
        return why


class Voice:
    """A model with the settings that it is asked under."""

    def __init__(self, settings: ModelSettings) -> None:
        self.settings, self.title = settings, settings.loaded.title
        self._scorer = scorer(settings.loaded.model)
        self.model = self._scorer.model
        self.horizon = settings.horizon or self.model.horizon
        self._places = [self.model.inputs.index(each) for each in self.model.reference]
        (base,) = self.model.heads["direction"].rate
        watched = self.model.horizon if self.model.target == "horizon" else 0
        self._watch = Watch(self.model.reference, base, watched, settings.drift)

    def reading(self, signal: Signal, before: int | None, watched: Watched) -> Reading | str:
        """What the model says, or why it is not to be asked. before: close of the bar before."""
        model, now = self.model, signal.bar_time
        follows = before is not None and now is not None and now - before == model.interval
        if not follows and not self.settings.any_interval:
            watched.open.clear()
            name = interval_name(model.interval)
            return f"trained on bars of {name}, and this is not the next one"
        x = self._scorer.inputs(signal)
        if np.count_nonzero(np.isnan(x)) > UNKNOWN * len(x):
            return "too few inputs are known"
        reading = self._scorer.read(x)
        close = signal.indicators.get("close")
        if close is not None:
            self._watch.take(watched, self._watched(x), close, reading.up)
        return watched.failing or reading

    def _watched(self, x: Vector) -> list[float]:
        values = x.tolist()
        return [values[place] for place in self._places]

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
