"""The desk on a terminal: accounts, positions, markets, stages, the last orders.

The parts come by their worth, and what does not fit is left out by its worth: 80x24 shows every
part with few rows and columns, 100x40 shows all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions
from rich.text import Text

from gateway.terminal.layout import fitted
from gateway.watching import consolidated, opinions, panels
from gateway.watching.board import Board
from gateway.watching.gauge import Sample
from gateway.watching.panels import clock

WINDOW = 6
"""Looks that a rate is taken over: offsets are committed every few seconds only."""


@dataclass
class View:
    """All that is shown: processes by stage, the last looks at the broker, and the board."""

    title: str
    board: Board
    looks: deque[Sample] = field(default_factory=lambda: deque(maxlen=WINDOW))
    pids: Mapping[str, int] = field(default_factory=dict)
    restarts: Mapping[str, int] = field(default_factory=dict)
    notes: deque[str] = field(default_factory=lambda: deque(maxlen=3))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        height = console.height - 1 if console.is_terminal else None
        yield from self.lines(options.max_width, height)

    def lines(self, width: int, height: int | None) -> list[Text]:
        """At most `height` lines of at most `width` characters."""
        top = [Text(self.title, "bold"), *self._alarms()]
        for text in top:
            text.truncate(width, overflow="ellipsis")
            text.no_wrap = True
        sections = [
            panels.accounts(self.board),
            panels.positions(self.board),
            panels.markets(self.board),
            consolidated.section(self.board),
            opinions.section(self.board),
            panels.stages(list(self.looks), self.pids, self.restarts),
            panels.orders(self.board),
        ]
        left = None if height is None else height - len(top)
        return [*top, *fitted(sections, width, left)]

    def _alarms(self) -> list[Text]:
        """What has gone wrong, and the latest of what became of workers."""
        told = [Text(note, "dim") for note in self.notes]
        if self.board.letters:
            text = f"{self.board.letters} dead letters, the last: {self.board.last_letter}"
            told.insert(0, Text(text, "red"))
        return told


__all__ = ["View", "clock"]
