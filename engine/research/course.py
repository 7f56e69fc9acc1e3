"""The course of a search over one split: what is to be run next, by what has come back.

    course = Course(0, split, proposer, goal)
    while tasks := course.ready(): ...; course.take(trial)      # each of them, in any order

A proposer sees trials in the order of their numbers and is asked again only when all that it has
proposed have come back. So what is run does not depend on how many processes run it, on which of
them is faster, or on where a search was interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from engine.research.selection import Goal
from engine.research.spaces import Parameters, Space
from engine.research.splits import Split, Window
from engine.research.trials import Role, Trial


class Task(NamedTuple):
    """A trial to be run."""

    split: int
    number: int
    role: Role
    parameters: Parameters
    window: Window

    @property
    def key(self) -> tuple[int, Role, int]:
        """What is there once of it (Trial.key)."""
        return self.split, self.role, self.number


class Proposer(Protocol):
    """What to try."""

    def propose(self, trials: Sequence[Trial]) -> list[Parameters]:
        """The next generation, by all trials before it; empty at the end."""
        ...


@dataclass
class Fixed:
    """The same parameters whatever comes of them: a grid, or draws."""

    parameters: list[Parameters]

    def propose(self, trials: Sequence[Trial]) -> list[Parameters]:
        """All of them at once."""
        return [] if trials else self.parameters


def fixed(space: Space, method: str, seed: int, count: int) -> Fixed:
    """The proposer of "grid" or "random"."""
    return Fixed([*(space.grid() if method == "grid" else space.draws(seed, count))])


@dataclass
class Course:
    """One split's: train trials by generations, then the test of the chosen one."""

    number: int
    split: Split
    proposer: Proposer
    goal: Goal
    trials: list[Trial] = field(default_factory=list)
    trained: bool = False
    _waiting: set[tuple[int, Role, int]] = field(default_factory=set)
    _tested: bool = False

    def ready(self) -> list[Task]:
        """What may be run now and has not been told yet; nothing while some are under way, and
        nothing at the end."""
        if self._waiting or self._tested:
            return []
        tasks = [] if self.trained else self._generation()
        if not tasks:
            tasks = self._test()
        self._waiting = {task.key for task in tasks}
        return tasks

    @property
    def done(self) -> bool:
        """Whether nothing is to come any more."""
        return self._tested and not self._waiting

    def take(self, trial: Trial) -> None:
        """Take in one that was told of by `ready`."""
        self._waiting.remove(trial.key)
        self.trials.append(trial)
        self.trials.sort(key=lambda each: (each.role == "test", each.number))

    def _generation(self) -> list[Task]:
        first, window = len(self.trials), self.split.train
        return [
            Task(self.number, first + place, "train", parameters, window)
            for place, parameters in enumerate(self.proposer.propose(self.trials))
        ]

    def _test(self) -> list[Task]:
        """The chosen one on the test span, once all trials are there."""
        self.trained = self._tested = True
        best = self.goal.best(self.trials)
        if best is None or self.split.test is None:
            return []
        return [Task(self.number, best.number, "test", best.parameters, self.split.test)]
