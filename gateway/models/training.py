"""A model out of samples: heads, their calibration, and how well they foretell what they have not
seen.

Walk forward: the samples' times are cut into equal parts, and each but the first is foretold by
heads of all parts before it, purged (engine.learning.purging). What is said of these parts is
judged beside the base rate of the same training, and calibrates the heads of the model, which are
fitted on everything. The calibration of a part that is judged is fitted on the parts before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.indicators import rounded
from engine.learning import metrics
from engine.learning.calibration import logistic
from engine.learning.model import HEADS, Head, Model
from engine.learning.purging import blocks, tested, trained
from engine.learning.reference import Bins
from engine.learning.scoring import Scorer
from engine.research.splits import Split
from gateway.models.fitting import NoTarget, Recipe, fitted, platt
from gateway.models.samples import Aim, Samples
from gateway.models.series import Matrix

PARTS = 5
"""Parts that are foretold."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Foretold:
    """Of one head, on samples that it had not seen: raw scores by output, probabilities (or, for a
    regression, values), the base rate's, and what came."""

    scores: Matrix
    given: Matrix
    base: Matrix
    came: Matrix

    def quality(self, name: str) -> dict[str, Any]:
        """As a card has it; of a regression the mean squared error beside that of the mean."""
        if HEADS[name] == "identity":
            error = float(((self.given[:, 0] - self.came) ** 2).mean())
            base = float(((self.base[:, 0] - self.came) ** 2).mean())
            return {
                "count": len(self.came), "squared_error": rounded(error),
                "base_squared_error": rounded(base), "r2": rounded(1 - error / base),
            }  # fmt: skip
        of = metrics.of_classes if HEADS[name] == "softmax" else metrics.of_two
        known, usual = (
            each if HEADS[name] == "softmax" else each[:, 0] for each in (self.given, self.base)
        )
        found = of(known, usual, self.came)
        assert found is not None
        return {key: each for key, each in asdict(found).items() if each is not None}


@dataclass(frozen=True, slots=True)
class Made:
    """A model and, by head, how well its like foretold."""

    model: Model
    foretold: dict[str, Foretold]


def made(
    given: Samples, names: Sequence[str], aim: Aim, recipe: Recipe, interval: int, tell: Tell
) -> Made:
    """The model of all samples, without the heads of which they teach nothing; NoTarget where that
    is the direction. tell: hears of each step."""
    splits = blocks(given.times, PARTS, aim.longest * interval)
    heads: dict[str, Head] = {}
    foretold: dict[str, Foretold] = {}
    for name in HEADS:
        try:
            foretold[name] = _foretold(name, given, names, recipe, splits, tell)
        except NoTarget:
            if name == "direction":
                raise
            continue  # a market that was never in panic teaches nothing of it
        tell(f"{name}: all")
        head = fitted(name, given.inputs, given.wanted[name], recipe)
        if HEADS[name] == "logistic":
            calibration = platt(foretold[name].scores[:, 0], foretold[name].came)
            head = head.model_copy(update={"calibration": calibration})
        elif HEADS[name] == "softmax":
            head = head.model_copy(update={"lean": tempered(foretold[name])})
        heads[name] = head
    reference = {name: Bins.of(given.inputs[:, n]) for n, name in enumerate(names)}
    cutoff = int(given.ends.max())
    model = model_of(heads, names, aim, recipe, interval, cutoff, reference)
    return Made(model, foretold)


def model_of(
    heads: dict[str, Head], names: Sequence[str], aim: Aim, recipe: Recipe, interval: int,
    cutoff: int, reference: dict[str, Bins] | None = None,
) -> Model:  # fmt: skip
    """Heads as a model."""
    return Model.model_validate({
        "format": 1, "kind": recipe.kind, "target": aim.target, "interval": interval,
        "horizon": aim.horizon, "barrier": aim.barrier, "outlook": aim.outlook,
        "reach": aim.reach, "cutoff": cutoff,
        "inputs": tuple(names), "heads": heads, "reference": reference or {},
    })  # fmt: skip


def _foretold(
    name: str, given: Samples, names: Sequence[str], recipe: Recipe, splits: Sequence[Split],
    tell: Tell,
) -> Foretold:  # fmt: skip
    parts: list[Foretold] = []
    for number, split in enumerate(splits, 1):
        tell(f"{name}: part {number} of {len(splits)}")
        before = given.only(trained(given.times, given.ends, split))
        after = given.only(tested(given.times, given.ends, split))
        after = after.only(np.isfinite(after.wanted[name]))
        head = fitted(name, before.inputs, before.wanted[name], recipe)
        scores = raw(name, head, names, after.inputs)
        parts.append(_judged(name, head, scores, after.wanted[name], parts))
    return _joined(parts)


def _joined(parts: Sequence[Foretold]) -> Foretold:
    columns = ("scores", "given", "base", "came")
    return Foretold(*(np.concatenate([getattr(p, each) for p in parts]) for each in columns))


def _judged(
    name: str, head: Head, scores: Matrix, came: Matrix, before: Sequence[Foretold]
) -> Foretold:
    base = np.tile(np.array(head.rate), (len(came), 1))
    if HEADS[name] == "identity":
        return Foretold(scores, scores, base, came)
    if HEADS[name] == "softmax":
        lean = tempered(_joined(before)) if before else 1.0
        return Foretold(scores, _chances(base, scores, lean), base, came)
    said = logistic
    if before:
        known = _joined(before)
        said = platt(known.scores[:, 0], known.came).probability
    given = np.array([said(float(each)) for each in scores[:, 0]])
    return Foretold(scores, given[:, None], base, came)


def tempered(known: Foretold) -> float:
    """How much of the scores beyond the base rate is to be believed, 0 to 1 in tenths: as much as
    makes the log loss least."""
    rows, came = np.arange(len(known.came)), known.came.astype(int)
    losses = [
        float(metrics.log_losses(_chances(known.base, known.scores, part / 10)[rows, came]).mean())
        for part in range(11)
    ]
    return int(np.argmin(losses)) / 10


def _chances(base: Matrix, scores: Matrix, lean: float) -> Matrix:
    """Probabilities of classes: softmax of ln(base) + lean * (scores - ln(base))."""
    level = np.log(np.maximum(base, metrics.LEAST))
    grown = np.exp(level + lean * (scores - level))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def raw(name: str, head: Head, names: Sequence[str], inputs: Matrix) -> Matrix:
    """The raw scores of a head for rows of inputs, by the code that scores at work."""
    fields: dict[str, Any] = {"inputs": tuple(names), "heads": {name: head}}
    scorer = Scorer(Model.model_construct(**fields))
    return np.array([scorer.raw(name, row)[0] for row in np.ascontiguousarray(inputs)])
