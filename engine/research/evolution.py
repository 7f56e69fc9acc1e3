"""A search for strategies: generations of declarations, each bred from the best before it.

A proposer of engine.research.course: what it proposes depends on the trials so far and the seed
alone, so a search that was interrupted goes on as if it had not been. The first generation are the
templates and mutants of them; each later one is bred from the better half of all that was tried,
by tournaments of two (Goldberg & Deb, A Comparative Analysis of Selection Schemes Used in Genetic
Algorithms, Foundations of Genetic Algorithms 1, 1991), crossover and mutation. Nothing that does
the same as an earlier one is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.research.breeding import Chance, crossed, half_of, mutated, paired
from engine.research.selection import Goal
from engine.research.spaces import Parameters
from engine.research.templates import TEMPLATES
from engine.research.trials import Trial
from engine.strategies.declaration import Declaration, NotDeclared, declaration, of_values

DECLARATION = "declaration"
"""The parameter that holds a declaration, as JSON."""

TURNS = 100
"""Attempts at one that is new and valid, after which a generation is smaller."""


def parameters(of: Declaration) -> Parameters:
    """A declaration as a trial's parameters."""
    return {DECLARATION: orjson.dumps(of.declared, option=orjson.OPT_SORT_KEYS).decode()}


def declared(of: Parameters) -> Declaration:
    """The declaration of a trial's parameters."""
    return declaration(str(of[DECLARATION]))


@dataclass
class Evolution:
    """size: of a generation; generations: how many; both: whether candidates sell short as well,
    as the mirror of what they buy. templates: by name, what the first generation is made of."""

    goal: Goal
    seed: int = 1
    size: int = 16
    generations: int = 4
    both: bool = True
    templates: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: TEMPLATES)

    def propose(self, trials: Sequence[Trial]) -> list[Parameters]:
        """The next generation; empty after the last."""
        number = -(-len(trials) // self.size)
        if number >= self.generations:
            return []
        seen = {declared(each.parameters).digest for each in trials}
        found = []
        for each in self._offspring(trials, Chance(self.seed, f"generation {number}")):
            if each.digest not in seen:
                seen.add(each.digest)
                found.append(parameters(each))
            if len(found) == self.size:
                break
        return found

    def _offspring(self, trials: Sequence[Trial], chance: Chance) -> Iterator[Declaration]:
        parents = [half_of(declared(each.parameters).declared) for each in self._better(trials)]
        templates = [dict(each) for each in self.templates.values()]
        if not trials:
            yield from _valid(paired(each, self.both) for each in templates)
        for _ in range(TURNS * self.size):
            half = self._bred(parents or templates, chance)
            yield from _valid([paired(half, self.both)])

    def _bred(self, parents: Sequence[Mapping[str, Any]], chance: Chance) -> dict[str, Any]:
        """Of the better of two, perhaps crossed with another's, with one to three changes. Parents
        are in order, the best first."""
        last = len(parents)
        one, two = (min(int(chance.share() * last), int(chance.share() * last)) for _ in "ab")
        half = dict(parents[one])
        if chance.share() < 0.4:
            half = crossed(half, parents[two], chance)
        for _ in range(1 + int(chance.share() * 3)):
            half = mutated(half, chance)
        return half

    def _better(self, trials: Sequence[Trial]) -> list[Trial]:
        return best(trials, self.goal, max(2, len(trials) // 2))


def best(trials: Iterable[Trial], goal: Goal, count: int) -> list[Trial]:
    """At most so many, the best first; those without a value are not among them. Of trials that
    came to the very same returns the first alone is: they trade alike."""
    valued = [(value, each) for each in trials if (value := goal.value(each)) is not None]
    valued.sort(key=lambda row: (-row[0], row[1].number))
    found: dict[tuple[float, ...], Trial] = {}
    for _, each in valued:
        assert each.outcome is not None, "it has a value"
        found.setdefault(each.outcome.returns, each)
    return list(found.values())[:count]


def _valid(given: Iterable[dict[str, Any]]) -> Iterator[Declaration]:
    """What is within the bounds of the form."""
    for each in given:
        try:
            yield of_values(each)
        except NotDeclared:
            continue
