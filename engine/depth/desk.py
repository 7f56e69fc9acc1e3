"""Memory for one run: the recorded market, the venue, and what the strategy knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from engine.depth import layout as at
from engine.depth.columns import DepthColumns, Integers
from engine.depth.driving import FINISHED, FULL, SPARE
from engine.depth.kernel import Act, Drive, driver
from engine.matching.layout import BEST, BITS0, BITS1, BITS2, LADDER, NO_BUY, NO_SELL
from schemas.errors import TapelineError

Progress = Callable[[int], None]
"""Told of the rows that are done."""

CHUNKS = 50
"""Looks at the progress in a run."""
CURVE = 100_000
"""Points of the equity, at the most."""
BASE = 10**18


class Overrun(TapelineError):
    """A strategy that sends or trades more between two acts than there is room for."""


@dataclass(frozen=True)
class DepthRules:
    """The venue's habits in numbers. latencies: ns to the venue and of the feed back, of the
    commands in their order, again from the first when they are used up; feedback: ns from what
    happens at the venue to the strategy; most: orders of its own at once.
    """

    latencies: tuple[int, ...] = (5_000_000,)
    feedback: int = 5_000_000
    model: int = at.RISK_AVERSE
    power: int = 3
    consumes: bool = True
    prevents: bool = True
    most: int = 128


@dataclass(frozen=True)
class DepthLog:
    """What was sent and what became of it: rows as in the layout, and samples of the account."""

    commands: Integers
    events: Integers
    samples: Integers

    @property
    def fills(self) -> Integers:
        """Events that are fills."""
        found: Integers = self.events[self.events[:, at.E_KIND] == at.FILLED_BY]
        return found

    def sides(self, events: Integers) -> Integers:
        """1 where an event's order buys, -1 where it sells."""
        sides = self.commands[events[:, at.E_ID], at.C_SIDE]
        return np.where(sides == at.BUY, 1, -1)


class Desk:
    """One run of one strategy on one market's columns.

    every: ns between two acts, the first of which is that long after `begins`, by default the time
    of the first row.
    """

    def __init__(
        self, columns: DepthColumns, rules: DepthRules, every: int, begins: int | None = None
    ) -> None:
        self.columns, self._kept = columns, list[Any]()
        low, high = columns.bounds
        width = high - low + 1 + 2 * at.MARGIN
        levels = at.HEADER + rules.most * (4 + 2 * at.ORDER + at.MINE)
        words = [-(-width // 64**n) + 1 for n in (1, 2, 3)]
        self.memory = np.zeros(levels + 2 * (2 * width + sum(words)), np.int64)
        self.address = self._address(self.memory)
        self._habits(rules)
        self._market(low - at.MARGIN, width, levels, words)
        self._rows(every, columns.span[0] if begins is None else begins)
        self._logs = {
            "commands": (at.COMMANDS, at.COMMAND_ROOM, at.COMMAND),
            "events": (at.EVENTS, at.EVENT_ROOM, at.EVENT),
            "samples": (at.SAMPLES, at.SAMPLE_ROOM, at.SAMPLE),
        }
        self.logs = {name: self._log(name, 2 * SPARE) for name in self._logs}

    def run(self, act: Act, settings: Any, progress: Progress | None = None) -> DepthLog:
        """Play all rows; the log. Overrun where the strategy does more than there is room for."""
        return self.drive(driver(act), settings, progress)

    def drive(self, drive: Drive, settings: Any, progress: Progress | None = None) -> DepthLog:
        """As `run`, of a strategy's loop that may be compiled already."""
        head, (first, last) = self.memory, self.columns.span
        step = -(-(last - first) // CHUNKS) + 1
        for until in range(first + step, last + 2 * step + int(head[at.EVERY]), step):
            ended = drive(self.address, settings, until)
            while ended == FULL:
                self._grow()
                ended = drive(self.address, settings, until)
            if head[at.FAULT]:
                raise Overrun(f"the strategy has more than {SPARE:,} events or commands between "
                              "two acts, or too many under way: let it send less")  # fmt: skip
            if progress is not None:
                progress(int(head[at.ROW]))
            if ended == FINISHED:
                break
        return self.log()

    def log(self) -> DepthLog:
        """What has happened so far."""
        counts = {"commands": at.SENT, "events": at.TOLD, "samples": at.SAMPLED}
        rows = {name: self.logs[name][: int(self.memory[count])] for name, count in counts.items()}
        return DepthLog(**rows)

    def _habits(self, rules: DepthRules) -> None:
        head, lot = self.memory, self.columns.lot
        latencies = np.array(rules.latencies, np.int64)
        head[at.LATENCIES], head[at.DRAWS] = self._address(latencies), len(latencies)
        head[at.FEEDBACK], head[at.MOST] = rules.feedback, rules.most
        head[at.MODEL], head[at.POWER] = rules.model, rules.power
        shared = gcd(lot, BASE)
        head[at.LOT_UNITS], head[at.LOT_SCALE] = lot // shared, BASE // shared
        head[at.CONSUMES], head[at.PREVENTS] = rules.consumes, rules.prevents
        head[at.BOOK] = at.NO_BOOK
        head[at.PENDING_AT] = at.HEADER
        head[at.LIVE_AT] = at.HEADER + 4 * rules.most
        head[at.LIVE_AT + 1] = head[at.LIVE_AT] + rules.most * at.ORDER
        head[at.OWN_AT] = head[at.LIVE_AT + 1] + rules.most * at.ORDER

    def _market(self, lowest: int, width: int, levels: int, words: list[int]) -> None:
        head = self.memory
        head[at.LOWEST], head[at.WIDTH], free = lowest, width, levels
        for side, empty in ((at.BUY, NO_BUY), (at.SELL, NO_SELL)):
            queue = at.SIDES + side * at.SIDE
            head[queue + BEST], head[queue + LADDER] = empty, free
            free += 2 * width
            for bits, count in zip((BITS0, BITS1, BITS2), words, strict=True):
                head[queue + bits] = free
                free += count

    def _rows(self, every: int, begins: int) -> None:
        head, columns = self.memory, self.columns
        head[at.ROWS], head[at.EVERY] = len(columns), every
        first, last = columns.span
        head[at.NEXT] = begins + every
        head[at.SAMPLE_EVERY] = (last - first) // CURVE
        given = (columns.time, columns.what, columns.price, columns.quantity)
        for word, column in zip((at.TIMES, at.WHATS, at.PRICES, at.QUANTITIES), given, strict=True):
            head[word] = self._address(np.ascontiguousarray(column, np.int64))

    def _log(self, name: str, room: int) -> Integers:
        address, most, words = self._logs[name]
        rows = np.zeros((room, words), np.int64)
        self.memory[address], self.memory[most] = rows.ctypes.data, room
        return rows

    def _grow(self) -> None:
        """Twice the room."""
        for name in self._logs:
            before = self.logs[name]
            self.logs[name] = self._log(name, 2 * len(before))
            self.logs[name][: len(before)] = before

    def _address(self, rows: Integers) -> int:
        """Where an array lies, which is kept as long as this is."""
        self._kept.append(rows)
        return int(rows.ctypes.data)
