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
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from engine.learning.drift import DriftSettings, Watched
from engine.learning.model import Reading
from engine.learning.vector import BARS
from engine.selection import NAME, Role, Selection, row_of, selected
from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance
from engine.strategies.judgment import SILENT
from engine.strategies.outlook import seen
from engine.strategies.voice import Voice, scorer
from schemas.commands import ControlState
from schemas.decisions import Forecast, Verdict
from schemas.errors import TapelineError

MODELS = "models"
"""Of the validation's context: what loads a model by name and version, both "" for the default."""

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
    probability of panic from which it enters no LONG. follow: "champion" or "challenger": begin
    with `version`, and ask from then on what people select (engine.selection). A challenger's
    weight is 0: it is told, and does not count.
    """

    weight: float = Field(default=1.0, ge=0)
    model: str = ""
    version: str = ""
    follow: Role | Literal[""] = ""
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

    @model_validator(mode="after")
    def _load(self, info: ValidationInfo) -> Self:
        """Ask the context for the model; what is wrong with it is told in one line."""
        if self.sure <= self.enter:
            raise ValueError("sure must be more than enter")
        if self.follow and (not self.version or not NAME.fullmatch(self.model)):
            raise ValueError("one that follows names its model and the version that it begins with")
        if self.follow == "challenger" and self.weight:
            raise ValueError("a challenger has a weight of 0")
        load = self._store = (info.context or {}).get(MODELS)
        if load is not None:
            try:
                self._loaded = load(self.model, self.version)
                scorer(self._loaded.model)
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


class ModelAdvisor(Judge[ModelSettings, Held]):
    """Asks its model at each bar."""

    kind = "model"

    def __init__(self, settings: ModelSettings, name: str = "") -> None:
        super().__init__(settings, name)
        self.voice = Voice(settings) if settings.loaded else None
        self.follows = row_of(settings.model, settings.follow) if settings.follow else ""
        self._voices: dict[str, Voice] = {}
        asked = self.voice.model.inputs if self.voice else ()
        self.on_bars = self.on_features = set(asked) <= set(BARS)

    @property
    def cutoff(self) -> int | None:
        """ns up to which its model knows what happened; None where none is loaded."""
        return self.voice.model.cutoff if self.voice else None

    def judge(self, state: Held, context: Context) -> Judgment:
        """As every judge, but the risk is the model's own, and a HOLD says why alone. One that
        follows tells what it foretells with it."""
        found, forecast = self._heard(state, context)
        if found is None or found.verdict is Verdict.HOLD:
            told = SILENT if found is None else found
        else:
            told = seen(found, self.settings, context.signal)
            told = told if found.risk is None else told._replace(risk=found.risk)
        return told if forecast is None else told._replace(forecast=forecast)

    def opinion(self, state: Held, context: Context) -> Judgment | None:
        """Its word on a bar; a HOLD says why it has none."""
        return self._heard(state, context)[0]

    def _heard(self, state: Held, context: Context) -> tuple[Judgment | None, Forecast | None]:
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
        reading, state.failing = voice.reading(context.signal, before, state.watched)
        forecast = None
        if reading is not None and self.follows:
            forecast = voice.forecast(reading, context.signal)
        if reading is None or state.failing:
            return Judgment(Verdict.HOLD, reasons=(f"{voice.title}: {state.failing}",)), forecast
        return self._said(state, context, voice, reading), forecast

    def _said(
        self, state: Held, context: Context, voice: Voice, reading: Reading
    ) -> Judgment | None:
        for way in (1, -1):
            if voice.enters(way, reading, context.signal):
                state.stance, state.bars = SIDES[way], 0
                return voice.entry(way, reading, context.signal)
        leaving = voice.leaves(state, reading)
        return self.leave(*leaving) if leaving else None

    def _voice(self, state: Held, context: Context) -> Voice | str:
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

    def _found(self, wanted: Selection) -> Voice | None:
        """The voice of a version; None where it is not there, damaged, or another one."""
        if wanted.digest not in self._voices:
            try:
                loaded = self.settings.store(self.settings.model, wanted.version)
                if loaded.digest != wanted.digest:
                    return None
                self._voices[wanted.digest] = Voice(self.settings.asking(loaded))
            except TapelineError:
                return None
        return self._voices[wanted.digest]

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
