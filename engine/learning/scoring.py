"""What a model reads out of one signal: all its heads in one product, or one walk of all trees.

All numbers that are read out are rounded to 12 significant digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.indicators import rounded
from engine.learning.calibration import logistic
from engine.learning.logistic import Plane
from engine.learning.model import Head, Model
from engine.learning.targets import REGIMES
from engine.learning.trees import Forest
from engine.learning.vector import Vector, vector
from schemas.signals import Signal

Parts = NDArray[np.float64]
"""Of the scores of a head, what each input gave: shape (outputs, inputs)."""


class Reading(NamedTuple):
    """What a model says. up, drawdown, runup: probabilities; volatility: of one bar over the
    horizon, a share of its trailing one (2: twice as much); regimes: by name. parts: of the log
    odds of `up` before calibration, by input, the largest first. None: it has no such head."""

    up: float
    volatility: float | None
    drawdown: float | None
    runup: float | None
    regimes: Mapping[str, float]
    parts: tuple[tuple[str, float], ...]


class Joint:
    """Heads that are scored together."""

    def __init__(self, heads: Mapping[str, Head], inputs: int) -> None:
        self._forms: list[Forest | Plane] = []
        self._places: dict[str, tuple[int, slice, tuple[float, ...]]] = {}
        boosted = {name: head for name, head in heads.items() if head.trees is not None}
        linear = {name: head for name, head in heads.items() if head.linear is not None}
        if boosted:
            pairs = [(head.trees, len(head.base)) for head in boosted.values() if head.trees]
            self._add(Forest(inputs, *pairs), boosted)
        if linear:
            self._add(Plane(*(head.linear for head in linear.values() if head.linear)), linear)

    def _add(self, form: Forest | Plane, heads: Mapping[str, Head]) -> None:
        start = 0
        for name, head in heads.items():
            where = slice(start, start + len(head.base))
            self._places[name] = len(self._forms), where, head.base
            start = where.stop
        self._forms.append(form)

    def scores(self, x: Vector, explained: str) -> tuple[dict[str, list[float]], Parts]:
        """The raw scores of each head, and the parts of the inputs in those of one of them."""
        found = [form.scores(x) for form in self._forms]
        plain = [scores.tolist() for scores, _ in found]
        raw = {
            name: [one + other for one, other in zip(base, plain[form][where], strict=True)]
            for name, (form, where, base) in self._places.items()
        }
        form, where, _ = self._places[explained]
        return raw, found[form][1][where]


class Scorer:
    """A model ready to be asked: all its heads together are compiled here, once; one alone, when
    it is first asked."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.joint = Joint(model.heads, len(model.inputs))
        self._alone: dict[str, Joint] = {}
        regime = model.heads.get("regime")
        self._level = [log(rate) for rate in regime.rate] if regime else []

    def inputs(self, signal: Signal) -> Vector:
        """The inputs of a signal, in the model's order."""
        return vector(signal, self.model.inputs)

    def raw(self, name: str, x: Vector) -> tuple[list[float], Parts]:
        """The raw scores of a head, and the parts of the inputs in them."""
        if name not in self._alone:
            self._alone[name] = Joint({name: self.model.heads[name]}, len(self.model.inputs))
        raw, parts = self._alone[name].scores(x, name)
        return raw[name], parts

    def probability(self, name: str, x: Vector) -> float | None:
        """Of a head of two classes; None where the model has none."""
        if name not in self.model.heads:
            return None
        return self._calibrated(name, self.raw(name, x)[0])

    def read(self, x: Vector, most: int = 3) -> Reading:
        """All that it says of these inputs; most: parts that are told."""
        raw, parts = self.joint.scores(x, "direction")
        return Reading(
            up=self._calibrated("direction", raw["direction"]),
            volatility=_ratio(raw["volatility"]) if "volatility" in raw else None,
            drawdown=self._calibrated("drawdown", raw["drawdown"]) if "drawdown" in raw else None,
            runup=self._calibrated("runup", raw["runup"]) if "runup" in raw else None,
            regimes=self._regimes(raw["regime"]) if "regime" in raw else {},
            parts=largest(self.model.inputs, parts[0], most),
        )

    def _calibrated(self, name: str, scores: Sequence[float]) -> float:
        (score,), calibration = scores, self.model.heads[name].calibration
        return rounded(calibration.probability(score) if calibration else logistic(score))

    def _regimes(self, told: Sequence[float]) -> dict[str, float]:
        lean = self.model.heads["regime"].lean
        scores = [at + lean * (each - at) for at, each in zip(self._level, told, strict=True)]
        top = max(scores)
        grown = [exp(max(each - top, -700.0)) for each in scores]
        whole = sum(grown)
        return {name: rounded(each / whole) for name, each in zip(REGIMES, grown, strict=True)}


def _ratio(scores: Sequence[float]) -> float:
    """Of a volatility foretold over the trailing one."""
    (score,) = scores
    return rounded(exp(min(max(score, -3.0), 3.0)))


def largest(names: Sequence[str], parts: Vector, most: int) -> tuple[tuple[str, float], ...]:
    """The parts of a score that are largest either way, with their inputs; none that is 0."""
    plain = parts.tolist()
    order = sorted(range(len(plain)), key=lambda n: -abs(plain[n]))[:most]
    return tuple((names[n], rounded(plain[n])) for n in order if plain[n])
