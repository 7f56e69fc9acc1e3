"""The signals of a tape's bars: what the signals stage says at each trade that closes any.

They follow from the bars alone, so they are there before anything is played.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from engine.columns.bars import OPEN_TIME
from engine.columns.indicators import NAMES, indicated
from engine.columns.scores import ScoreColumns, score_all
from engine.columns.tape import Tape
from engine.columns.trades import Integers
from engine.features import of_bars
from engine.indicators import Values, Window
from engine.signals import SignalsStage
from schemas.signals import Signal
from schemas.ticks import BookState


class BarSignals:
    """Signals by the number of the trade among those that close bars.

    at: places of these trades; a trade that closes several bars gives one signal, of the last.
    times: ns at which they are received. values: indicators by name, NaN while warming up.
    """

    def __init__(self, tape: Tape, stage: SignalsStage) -> None:
        bars = tape.bars
        self.tape, self._stage = tape, stage
        self.at: Integers = np.unique(bars.at)
        self.times: Integers = tape.trades.seen_time[self.at]
        self._last = np.searchsorted(bars.at, self.at, side="right") - 1
        self._ends = (bars.rows[:, OPEN_TIME] + bars.interval).tolist()
        found = indicated(bars.floats(), self._last, stage.settings.indicators)
        self.values = dict(zip(NAMES, found.T, strict=True))
        self._rows = found
        self._features = self._featured() if stage.featured else []
        self._carried = -1, stage.initial(tape.key).carried

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def scores(self) -> ScoreColumns:
        """Of each of them."""
        return score_all(self.values, self._stage.settings.scores)

    def carried(self, number: int) -> Signal:
        """The part of the signal that lasts until the next bar; before the first one, number -1,
        that of no bar.
        """
        if self._carried[0] != number:
            self._carried = number, self._lasting(number)
        return self._carried[1]

    def _lasting(self, number: int) -> Signal:
        if number < 0:
            return self._stage.initial(self.tape.key).carried
        found = self._stage.lasting(
            self.tape.key, self._indicators(number), self._ends[int(self._last[number])]
        )
        if not self._features:
            return found
        return found.model_copy(update={"features": self._features[number]})

    def signal(self, number: int) -> Signal:
        """All of it but its identity and its place, which no judgment rests on."""
        tape, at = self.tape, int(self.at[number])
        bid, ask = tape.best(at)
        told = {
            "key": tape.key, "event_time": int(tape.trades.event_time[at]),
            "seen_time": int(self.times[number]), "fresh": True, "book": BookState.OK,
            "bid": bid, "ask": ask, "last": tape.price(at),
            "bar": tape.bars.prices(int(self._last[number])) if self._features else None,
        }  # fmt: skip
        return self.carried(number).model_copy(update=told)

    def _indicators(self, number: int) -> Values:
        row = self._rows[number].tolist()
        return dict(zip(NAMES, [None if value != value else value for value in row], strict=True))

    def _featured(self) -> list[Values]:
        """The features of bars at each of them."""
        window, done, found = Window(self._stage.settings.indicators.window), 0, list[Values]()
        rows = self.tape.bars.floats().T.tolist()
        for number, last in enumerate(self._last.tolist()):
            for row in rows[done : last + 1]:
                window.push(*row)
            done, values = last + 1, self._indicators(number)
            found.append(of_bars(window, values, self._ends[last], self._stage.settings.features))
        return found
