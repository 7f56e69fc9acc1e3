"""Optuna's TPE as a proposer: trials are drawn where those before them did well.

J. Bergstra et al., Algorithms for Hyper-Parameter Optimization, NIPS 2011. Optuna is asked for one
generation at a time and told of it in the order of the numbers; its seed is derived from that of
the search. So the same trials come in the same order in every run, and after an interruption what
is known is told again and it goes on as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.research.selection import Goal, is_number
from engine.research.spaces import Axis, Between, Parameters, Space, Value, share
from engine.research.trials import Trial
from schemas.errors import TapelineError

GENERATION = 8
"""Trials that are proposed at once. More are quicker on many cores and learn less."""

PATIENCE = 200
"""Proposals in a row that were tried before, after which the space counts as searched."""


class NoOptuna(TapelineError):
    """The library is not installed."""


class Tpe:
    """Proposes at most `count` different trials of a split."""

    def __init__(self, space: Space, goal: Goal, seed: int, split: int, count: int) -> None:
        optuna = _optuna()
        self._goal, self._count = goal, count
        self._axes = {axis.name: axis for axis in space.axes}
        self._kinds = {axis.name: _distribution(axis, optuna) for axis in space.axes}
        self._states = optuna.trial.TrialState
        sampler = optuna.samplers.TPESampler(
            seed=int(share(seed, split, "tpe") * 2**32), constant_liar=True
        )
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._asked: list[Any] = []
        self._values: dict[tuple[Value, ...], float | None] = {}

    def propose(self, trials: Sequence[Trial]) -> list[Parameters]:
        """The next generation, after learning from the one before."""
        for asked, trial in zip(self._asked, trials[len(trials) - len(self._asked) :], strict=True):
            value = self._goal.value(trial)
            self._values[tuple(trial.parameters.values())] = value
            self._tell(asked, value)
        self._asked = []
        new: dict[tuple[Value, ...], Parameters] = {}
        tried = 0
        while len(trials) + len(new) < self._count and len(new) < GENERATION and tried < PATIENCE:
            asked = self._study.ask(self._kinds)
            parameters = {name: self._value(name, asked.params[name]) for name in self._axes}
            key = tuple(parameters.values())
            if key in self._values:
                self._tell(asked, self._values[key])
            elif key in new:
                self._study.tell(asked, state=self._states.FAIL)
            else:
                new[key] = parameters
                self._asked.append(asked)
            tried = 0 if parameters is new.get(key) else tried + 1
        return list(new.values())

    def _tell(self, asked: Any, value: float | None) -> None:
        """A trial without a value counts as worse than every other."""
        if value is None:
            self._study.tell(asked, state=self._states.PRUNED)
        else:
            self._study.tell(asked, value)

    def _value(self, name: str, drawn: Any) -> Value:
        """The axis's value: of ordered ones Optuna draws the place."""
        values = self._axes[name].values
        found: Value = drawn if values is None or not _ordered(values) else values[drawn]
        return found


def _distribution(axis: Axis, optuna: Any) -> Any:
    values = axis.values
    if isinstance(axis, Between):
        return optuna.distributions.FloatDistribution(axis.low, axis.high, log=axis.log)
    assert values is not None, "only a range without steps has no values"
    if _ordered(values):
        return optuna.distributions.IntDistribution(0, len(values) - 1)
    return optuna.distributions.CategoricalDistribution(values)


def _ordered(values: Sequence[Value]) -> bool:
    """Numbers, from the lowest to the highest: what lies between two is between them."""
    numbers = [each for each in values if is_number(each)]
    return len(numbers) == len(values) and numbers == sorted(numbers)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise NoOptuna("tpe needs optuna: pip install 'tapeline[research]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
