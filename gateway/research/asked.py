"""What a search is asked to do, checked against the settings and the recordings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import engine
import schemas
from engine.analytics import Span
from engine.research.selection import OBJECTIVES, Goal
from engine.research.spaces import NoSpace, Space, space
from engine.research.splits import NoSplit, Split, Window, walk_forward
from engine.spans import DAY
from gateway.research.source import Source, source_of
from schemas.errors import TapelineError

WHOLE = Span()
METHODS = ("grid", "random", "tpe")


class NoSearch(TapelineError):
    """An option that no search has."""


@dataclass(frozen=True)
class Asked:
    """From the command line. train, test: ns, None both: all of the span is for choosing; axes:
    NAME=VALUES; within: the span that is searched; candles: the key of the market that the files
    are candles of, with the spread between bid and ask; None: they are recordings."""

    files: tuple[Path, ...]
    directory: Path
    axes: tuple[str, ...]
    method: str = "grid"
    trials: int = 100
    objective: str = "sharpe"
    least: int = 1
    train: int | None = None
    test: int | None = None
    embargo: int = 0
    anchored: bool = False
    within: Span = WHOLE
    account: str | None = None
    seed: int = 1
    jobs: int | None = None
    venue: str | None = None
    market: str | None = None
    candles: str | None = None
    spread: str | None = None

    @cached_property
    def source(self) -> Source:
        """Recordings, or candles of the key."""
        return source_of(self.files, self.market, self.candles, self.spread)

    @property
    def goal(self) -> Goal:
        """What is looked for; NoSearch where nobody knows it."""
        if self.objective not in OBJECTIVES:
            known = ", ".join(OBJECTIVES)
            raise NoSearch(f"--objective {self.objective}: known are {known}")
        if self.method not in METHODS:
            raise NoSearch(f"--method {self.method}: known are {', '.join(METHODS)}")
        return Goal(self.objective, self.least)

    @property
    def processes(self) -> int:
        """How many to run in."""
        return self.jobs or os.cpu_count() or 1

    def space(self, section: Mapping[str, Any]) -> Space:
        """Of the settings' section [optimize] and the command line, which wins."""
        given = dict(_flat(section))
        for each in self.axes:
            name, sign, values = each.partition("=")
            if not sign:
                raise NoSpace(f"--set {each}: write NAME=VALUES, as --set rule.weight=1,2,3")
            given[name.strip()] = values.strip()
        return space(given)

    def splits(self, whole: Window) -> tuple[Split, ...]:
        """Of the span that is searched; without test spans one split of all of it."""
        if (self.train is None) != (self.test is None):
            raise NoSplit("--train and --test go together")
        window = Window(
            max(whole.since, self.within.since or 0),
            min(whole.until, self.within.until or whole.until),
        )
        found = (
            (Split(window, None),)
            if self.train is None or self.test is None
            else walk_forward(window, self.train, self.test, self.embargo, self.anchored)
        )
        if self.objective == "calmar" and found[0].train.until - found[0].train.since < DAY:
            raise NoSplit("calmar is of a year: choose on a day or more, or by another objective")
        return found


def _flat(section: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names, whether they are written as one or as tables in tables."""
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


@cache
def code() -> str:
    """A digest of the code that makes outcomes: trials of two of them are not of one search."""
    digest = blake2b(digest_size=8)
    for package in (engine, schemas):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
