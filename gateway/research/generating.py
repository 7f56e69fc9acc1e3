"""What a search for strategies is asked to do, checked against the settings and the market."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from engine.research.adoption import Terms
from engine.research.course import Fixed, Proposer
from engine.research.evolution import Evolution
from engine.research.record import digest_of
from engine.research.selection import OBJECTIVES, Goal
from engine.research.splits import Window, walk_forward
from engine.research.trials import common_period
from gateway.backtests.funding import funded
from gateway.research.asked import NoSearch, code
from gateway.research.candidates import Candidates, of_file
from gateway.research.market import SharedMarket
from gateway.research.parameters import problem
from gateway.research.source import Source
from gateway.terminal.output import Output
from topics.settings import Settings, refuse, settings

Origin = Literal["search", "llm", "file"]
NAME = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII).fullmatch


@dataclass(frozen=True)
class Proposals:
    """What is tried on the train span. maker: what made it, for the record; tainted: why it may
    have been made with knowledge of the test spans, "" where it cannot have been."""

    origin: Origin
    proposer: Proposer
    count: int
    maker: dict[str, Any] = field(default_factory=dict)
    tainted: str = ""


@dataclass(frozen=True)
class Generating:
    """From the command line. strategy: the one that would be replaced, or the name of a new one;
    finalists: how many are let up to the gate."""

    source: Source
    directory: Path
    strategy: str
    train: int
    test: int
    embargo: int
    markets: tuple[str, ...]
    origin: str
    objective: str
    least: int
    seed: int
    size: int
    generations: int
    both: bool
    finalists: int
    terms: Terms
    account: str | None
    jobs: int

    @property
    def goal(self) -> Goal:
        """By what the best are chosen on the train span."""
        if self.objective not in OBJECTIVES:
            raise NoSearch(f"--objective {self.objective}: known are {', '.join(OBJECTIVES)}")
        return Goal(self.objective, self.least)


class Stand(NamedTuple):
    """What a search for strategies stands on. desk: its settings as they are, which the ground has
    adapted to the market."""

    asked: Generating
    desk: Settings
    ground: Candidates
    train: Window
    tests: tuple[Window, ...]
    proposals: Proposals


def stand_of(asked: Generating, output: Output) -> Stand:
    """Everything checked, before anything runs; TapelineError says what is wrong."""
    if not NAME(asked.strategy):
        raise NoSearch(f"--strategy {asked.strategy}: letters, digits, _ and -")
    desk = settings()
    known = funded(asked.source.adapted(desk), output)
    wrong = problem(known)
    if wrong is not None:
        refuse(f"setting {'.'.join(wrong[0])}: {wrong[1]}: mend it before a search")
    splits = walk_forward(asked.source.whole(known), asked.train, asked.test, asked.embargo)
    tests = tuple(split.test for split in splits if split.test is not None)
    train = splits[0].train
    account = asked.account or known.accounts[0]
    if account not in known.accounts:
        raise NoSearch(f"there is no account {account}: there are {', '.join(known.accounts)}")
    data = digest_of([asked.source.digest(known), code()])
    market = SharedMarket(asked.source, asked.directory, data)
    period = common_period([train, *tests])
    there = known.strategies.get(asked.strategy, {})
    markets = tuple(there.get("markets", ())) or asked.markets or ("*",)
    ground = Candidates(known, market, account, period, asked.strategy, markets)
    return Stand(asked, desk, ground, train, tests, _proposals(asked, known, train, tests[0]))


def _proposals(asked: Generating, known: Settings, train: Window, test: Window) -> Proposals:
    """Of the origin that was asked for: a search, a model, or else a file."""
    if asked.origin == "search":
        search = Evolution(asked.goal, asked.seed, asked.size, asked.generations, asked.both)
        told = {"seed": asked.seed, "size": asked.size, "generations": asked.generations}
        return Proposals("search", search, asked.size * asked.generations, told)
    if asked.origin.partition(":")[0] == "llm":
        from gateway.research.proposals import proposed

        return proposed(asked, known, train, test.since)
    path = Path(asked.origin)
    found = of_file(path, known, asked.strategy)
    maker = {"file": path.name, "digest": digest_of(found)}
    return Proposals("file", Fixed(found), len(found), maker)
