"""Models of a walk forward: one for each test window, of what was known before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from engine.learning.metrics import Quality, log_losses, of_two
from engine.learning.model import HEADS, Head, parsed
from engine.learning.purging import blocks, trained
from engine.learning.scoring import Scorer
from engine.learning.vector import BARS
from engine.performance.bootstrap import Bootstrap, Interval, block_length
from engine.research.splits import NoSplit, Split, Window
from gateway.models.acting import Market, Training, spans
from gateway.models.acting import text_of as policy_text
from gateway.models.card import text_of
from gateway.models.contenders import Set
from gateway.models.evolving import Recipe as SearchRecipe
from gateway.models.fitting import NoTarget, Recipe, fitted, platt
from gateway.models.samples import Aim, Samples, samples
from gateway.models.series import Matrix, Series
from gateway.models.training import model_of, raw
from topics.models.store import Stored, digest_of
from topics.settings import Settings

CHOSEN = 0.25
"""Share of what is known, the last, that a policy is chosen on."""

INNER = 3
"""Parts of a training that are foretold, to calibrate on."""


@dataclass(frozen=True, slots=True)
class Said:
    """What models said of the test windows: probability of a rise, that of the base rate, what
    came; a value a bar."""

    given: Matrix
    base: Matrix
    came: Matrix

    def quality(self) -> Quality | None:
        """Beside the base rate."""
        return of_two(self.given, self.base, self.came)

    def gain(self, bootstrap: Bootstrap) -> Interval | None:
        """Log loss of the base rate less that of the model, by bar: above 0 the model knows more.
        Of blocks, since neighbouring bars share their targets."""
        ones = self.came > 0
        rows = [log_losses(np.where(ones, each, 1 - each)) for each in (self.base, self.given)]
        gained = rows[0] - rows[1]
        return bootstrap.intervals(gained, block_length(gained)).get("mean_return")


@dataclass(frozen=True)
class Walk:
    """Everything that is known: all series of all sets, of which one set is walked through."""

    found: Sequence[Series]
    of: Set
    aim: Aim = field(default_factory=Aim)

    @cached_property
    def given(self) -> Samples:
        """The samples of all series."""
        return samples(self.found, self.aim)

    @cached_property
    def mine(self) -> list[int]:
        """Numbers of the set's series."""
        names = [name for name, _ in self.of.files]
        return [n for n, each in enumerate(self.found) if each.path.name in names]

    @property
    def splits(self) -> tuple[Split, ...]:
        """The set's windows."""
        own = [self.found[n] for n in self.mine]
        since = min(int(each.close_time[0]) for each in own)
        return self.of.splits(Window(since, max(int(each.close_time[-1]) for each in own) + 1))

    def line(self, recipe: Recipe) -> list[tuple[int, Stored]]:
        """A model for each window, with the time from which on it is asked."""
        windows = [(split, split.test) for split in self.splits if split.test is not None]
        return [(test.since, self._model(split, recipe)) for split, test in windows]

    def policies(self, recipe: SearchRecipe, known: Settings) -> list[tuple[int, Stored]]:
        """A policy for each window, searched for and chosen on what was known before it, less an
        embargo as a model's; each series is traded as its own market of the set, one of another
        set as the first of them."""
        market, made = Market(self.of.files[0][1], known, dict(self.of.files)), []
        for split in self.splits:
            assert split.test is not None
            end = split.test.since - self.aim.longest * self.found[0].interval
            times = np.concatenate([each.close_time for each in self.found])
            cut = spans(times[times < end], CHOSEN, 0)
            training = Training(self.found, cut, market, recipe, lambda said, done: None)
            text = policy_text(training.policy())
            made.append((split.test.since, Stored("policy", "walk", digest_of(text), text, {})))
        return made

    def said(self, line: Sequence[tuple[int, Stored]]) -> Said:
        """What the models of a line said of the bars of their windows."""
        given, rows = self.given, []
        own = np.isin(given.source, self.mine)
        for (_, stored), split in zip(line, self.splits, strict=True):
            assert split.test is not None
            since, until = split.test
            here = given.only(own & (given.times >= since) & (given.times < until))
            scorer = Scorer(parsed(stored.model))
            (rate,) = scorer.model.heads["direction"].rate
            told = [scorer.probability("direction", row) for row in here.inputs]
            rows.append((np.array(told, dtype=float), np.full(len(told), rate),
                         here.wanted["direction"]))  # fmt: skip
        return Said(*(np.concatenate(column) for column in zip(*rows, strict=True)))

    def _model(self, split: Split, recipe: Recipe) -> Stored:
        """Of every sample whose target was known before the window, less an embargo."""
        assert split.test is not None
        embargo = self.aim.longest * self.found[0].interval
        known = Split(Window(0, split.test.since - embargo), split.test)
        given = self.given.only(trained(self.given.times, self.given.ends, known))
        heads: dict[str, Head] = {}
        for name in HEADS:
            try:
                heads[name] = fitted(name, given.inputs, given.wanted[name], recipe)
            except NoTarget:
                if name == "direction":
                    raise
        heads["direction"] = self._calibrated(heads["direction"], given, recipe, embargo)
        cutoff = int(given.ends.max())
        interval = self.found[0].interval
        text = text_of(model_of(heads, BARS, self.aim, recipe, interval, cutoff))
        return Stored(recipe.kind, "walk", digest_of(text), text, {})

    def _calibrated(self, head: Head, given: Samples, recipe: Recipe, embargo: int) -> Head:
        """The direction, calibrated on parts of the training that were foretold."""
        scores, came = [], []
        for split in blocks(given.times, INNER, embargo):
            assert split.test is not None
            before = given.only(trained(given.times, given.ends, split))
            after = given.only(given.times >= split.test.since)
            after = after.only(after.times < split.test.until)
            try:
                part = fitted("direction", before.inputs, before.wanted["direction"], recipe)
            except (NoTarget, NoSplit):
                continue
            scores.append(raw("direction", part, BARS, after.inputs)[:, 0])
            came.append(after.wanted["direction"])
        calibration = platt(np.concatenate(scores), np.concatenate(came))
        return head.model_copy(update={"calibration": calibration})
