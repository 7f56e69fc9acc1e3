"""What seats that ask a stored model have in common, whether it foretells or acts.

A stored model is data, loaded by whoever reads the settings: it comes as a function in the
validation's context, so nothing here reads a file. It is asked where a bar closes. Nothing is said
where more than a quarter of its inputs is not known, where bars are not as long as those that it
was trained on, unless `any_interval` says that this is meant, and where its inputs have drifted or
it has become worse than its base rate (engine.learning.drift). Then it fails: the strategy falls
back to its other advisors, and one event tells so (engine.strategies.bench).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Self, TypeVar

import numpy as np
from pydantic import Field, PrivateAttr, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from engine.bars import interval_name
from engine.learning.drift import DriftSettings, Watch, Watched
from engine.learning.model import Model
from engine.learning.outcomes import Bar
from engine.learning.policy import Policy
from engine.learning.reference import Bins
from engine.learning.vector import BARS, Vector
from engine.selection import NAME, Role, Selection, row_of, selected
from engine.strategies.judge import Judge, Stance
from engine.strategies.judgment import SILENT, Context, Judgment
from engine.strategies.outlook import OutlookSettings, seen
from schemas.commands import ControlState
from schemas.decisions import Forecast, Verdict
from schemas.errors import TapelineError
from schemas.signals import Signal

MODELS = "models"
"""Of the validation's context: what loads a model by name and version, both "" for the default."""

UNKNOWN = 0.25
"""Share of the inputs that may be unknown."""

NO_MODEL = Judgment(Verdict.HOLD, reasons=("no model is loaded",))


class AskingSettings(OutlookSettings):
    """model: its name in the store, or the path of its folder; version: one of the store's. Both
    left out: as topics.models.store has it. follow: "champion" or "challenger": begin with
    `version`, and ask from then on what people select (engine.selection). A challenger's weight is
    0: it is told, and does not count.
    """

    weight: float = Field(default=1.0, ge=0)
    model: str = ""
    version: str = ""
    follow: Role | Literal[""] = ""
    any_interval: bool = False
    drift: DriftSettings = DriftSettings()
    _loaded: Any = PrivateAttr(default=None)
    _store: Any = PrivateAttr(default=None)

    @property
    def loaded(self) -> Any:
        """The stored model: its bytes are `model`, its name in words `title`. None: none was."""
        return self._loaded

    @property
    def store(self) -> Any:
        """What loads a model by name and version; None: nothing does."""
        return self._store

    def asking(self, loaded: Any) -> Self:
        """The same settings, of another model."""
        made = self.model_copy()
        made._loaded = loaded
        return made

    def check(self, text: bytes) -> None:
        """BadModel, in one line, where a model's bytes cannot be asked by this kind of seat."""

    @model_validator(mode="after")
    def _load(self, info: ValidationInfo) -> Self:
        """Ask the context for the model; what is wrong with it is told in one line."""
        if self.follow and (not self.version or not NAME.fullmatch(self.model)):
            raise ValueError("one that follows names its model and the version that it begins with")
        if self.follow == "challenger" and self.weight:
            raise ValueError("a challenger has a weight of 0")
        load = self._store = (info.context or {}).get(MODELS)
        if load is not None:
            try:
                self._loaded = load(self.model, self.version)
                self.check(self._loaded.model)
            except TapelineError as error:
                raise PydanticCustomError("model", "{said}", {"said": str(error)}) from error
        return self


@dataclass
class Held(Stance):
    """The side; bars since it was last said; close of the latest bar, ns; what is watched of it;
    why it is not asked, "" where it is, and whether it was told last that it is not. row: sequence
    of the selection that it follows, -1: its settings; asked: digest of the model by it; gone:
    whether that could not be had."""

    bars: int = 0
    closed: int | None = None
    watched: Watched = field(default_factory=Watched)
    failing: str = ""
    told: bool = False
    row: int = -1
    asked: str = ""
    gone: bool = False


class Listener:
    """A stored model beside its settings: whether it may be asked about a signal, and its inputs.

    base: share of rises in its training; horizon: bars to an outcome that is watched, 0: none is;
    barrier: in ATR, where which of two is met first is the outcome, else 0.
    """

    def __init__(
        self, model: Model | Policy, settings: AskingSettings, base: float = 0.5, horizon: int = 0,
        barrier: float = 0.0,
    ) -> None:  # fmt: skip
        self.title, self._any = settings.loaded.title, settings.any_interval
        self._interval, reference = model.interval, dict[str, Bins](model.reference)
        self._places = [model.inputs.index(each) for each in reference]
        self._watch = Watch(reference, base, horizon, settings.drift, barrier > 0)
        self._barrier = barrier

    def heard(
        self, signal: Signal, before: int | None, watched: Watched, inputs: Callable[[], Vector]
    ) -> Vector | str:
        """The inputs, or why nothing is to be asked. before: close of the bar before."""
        now = signal.bar_time
        follows = before is not None and now is not None and now - before == self._interval
        if not follows and not self._any:
            watched.open.clear()
            watched.waiting.clear()
            name = interval_name(self._interval)
            return f"trained on bars of {name}, and this is not the next one"
        x = inputs()
        if np.count_nonzero(np.isnan(x)) > UNKNOWN * len(x):
            return "too few inputs are known"
        return x

    def watch(self, watched: Watched, x: Vector, signal: Signal, up: float = 0.5) -> str:
        """Count a bar; why it is not to be asked any more, "" where it is. up: what it foretold."""
        close = signal.indicators.get("close")
        if close is not None:
            values, bar = x.tolist(), None
            if self._barrier and signal.bar is not None:
                bar = Bar.of(signal.bar)
            width = self._barrier * (signal.indicators.get("atr") or 0.0)
            wanted = [values[place] for place in self._places]
            self._watch.take(watched, wanted, close, up, bar, width)
        return watched.failing


G = TypeVar("G", bound=AskingSettings)
S = TypeVar("S", bound=Held)
V = TypeVar("V", bound=Any)
R = TypeVar("R")


class AskingJudge(Judge[G, S], Generic[G, S, V, R]):
    """Asks its voice, of type V, at each bar. A voice has `model`, `title`, `reading(signal,
    before, state)`: a reading of type R, or None, and why it is not to be heeded; and
    `forecast(reading, signal)`, as it is kept."""

    def __init__(self, settings: G, name: str = "") -> None:
        super().__init__(settings, name)
        self.voice: V | None = self.speaking(settings) if settings.loaded else None
        self.follows = row_of(settings.model, settings.follow) if settings.follow else ""
        self._voices: dict[str, V] = {}
        asked = self.voice.model.inputs if self.voice else ()
        self.on_bars = self.on_features = set(asked) <= set(BARS)

    @abstractmethod
    def speaking(self, settings: G) -> V:
        """The voice of the model that the settings have loaded."""

    @abstractmethod
    def said(self, state: S, context: Context, voice: V, reading: R) -> Judgment | None:
        """What comes of a reading; None: nothing."""

    @property
    def cutoff(self) -> int | None:
        """ns up to which its model knows what happened; None where none is loaded."""
        return self.voice.model.cutoff if self.voice else None

    def judge(self, state: S, context: Context) -> Judgment:
        """As every judge, but the risk is the model's own, and a HOLD says why alone. One that
        follows tells what it foretells with it."""
        found, forecast = self._heard(state, context)
        if found is None or found.verdict is Verdict.HOLD:
            told = SILENT if found is None else found
        else:
            told = seen(found, self.settings, context.signal)
            told = told if found.risk is None else told._replace(risk=found.risk)
        return told if forecast is None else told._replace(forecast=forecast)

    def opinion(self, state: S, context: Context) -> Judgment | None:
        """Its word on a bar; a HOLD says why it has none."""
        return self._heard(state, context)[0]

    def _heard(self, state: S, context: Context) -> tuple[Judgment | None, Forecast | None]:
        """The same, and what it foretells where it follows."""
        if self.voice is None:
            return NO_MODEL, None
        if not context.signal.fresh:
            return None, None
        before, state.closed = state.closed, context.signal.bar_time
        state.bars += 1
        voice = self._voice(state, context) if self.follows else self.voice
        if isinstance(voice, str):
            state.failing = voice
            return Judgment(Verdict.HOLD, reasons=(voice,)), None
        reading, state.failing = voice.reading(context.signal, before, state)
        forecast = None
        if reading is not None and self.follows:
            forecast = voice.forecast(reading, context.signal)
        if reading is None or state.failing:
            return Judgment(Verdict.HOLD, reasons=(f"{voice.title}: {state.failing}",)), forecast
        return self.said(state, context, voice, reading), forecast

    def _voice(self, state: S, context: Context) -> V | str:
        """That of the version which is selected, or why it cannot be asked. One that could not be
        had is not looked for again until it is selected again."""
        row = context.rows.get(self.follows)
        if row is None:
            assert self.voice is not None
            return self.voice
        wanted = selected(row)
        if row.seq != state.row:
            if wanted.digest != (state.asked or self.settings.loaded.digest):
                state.watched = Watched()
            state.row, state.asked, state.gone = row.seq, wanted.digest, False
        voice = None if state.gone else self._found(wanted)
        state.gone = voice is None
        of = f"{self.settings.model} {wanted.version} {wanted.digest[:8]}"
        return voice or f"{of} is selected, and not here as it was"

    def prepare(self, row: ControlState) -> None:
        """Make a version that was selected ready, so that no decision has to wait for that."""
        if row.key == self.follows:
            self._found(selected(row))

    def _found(self, wanted: Selection) -> V | None:
        """The voice of a version; None where it is not there, damaged, or another one."""
        if wanted.digest not in self._voices:
            try:
                loaded = self.settings.store(self.settings.model, wanted.version)
                if loaded.digest != wanted.digest:
                    return None
                self._voices[wanted.digest] = self.speaking(self.settings.asking(loaded))
            except TapelineError:
                return None
        return self._voices[wanted.digest]

    def failing(self, state: S) -> str:
        """Why it cannot say anything now; "" where it can."""
        return state.failing if self.voice else NO_MODEL.reasons[0]

    def turned(self, state: S) -> str | None:
        """That, where it has begun or ended since it was asked last; None elsewhere."""
        why = self.failing(state)
        if bool(why) is state.told:
            return None
        state.told = bool(why)
        return why
