"""The matching engine as Python sees it. Importing this imports numba."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import starmap

import numpy as np
from numpy.typing import NDArray

from engine.matching.codes import (
    COMMAND_LAYOUT,
    EVENT_LAYOUT,
    Command,
    Event,
)
from engine.matching.instrument import Instrument, TooWide
from engine.matching.kernel import Progress, kernel
from engine.matching.layout import COMMAND, EVENT_WORDS, HOOK, ICEBERGS, LIVE, OPENED
from engine.matching.process import (
    EVENTS_OF_A_COMMAND,
    EVENTS_OF_A_POSITION,
    EVENTS_OF_AN_ORDER,
    PARTS,
)
from engine.matching.state import blank, dump, load

COMMANDS = np.dtype(COMMAND_LAYOUT)
EVENTS = np.dtype(EVENT_LAYOUT)
Words = NDArray[np.int64]
_ROW = struct.Struct("<4BI7q")
_FIRST_ROOM = 1 << 14
OVERFLOW = "a sum of money got beyond 2^61 units: restore a snapshot, take a larger unit of money"


class Matching:
    """Orders of some symbols, matched by price and time.

    accounts: how many there are, 0 being nobody's. max_orders: most that may rest or sleep at
    once. progress is told of each part as it is loaded, or compiled the first time on a machine.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        accounts: int = 1,
        max_orders: int = 1 << 17,
        progress: Progress | None = None,
    ) -> None:
        self._begin(blank(instruments, accounts, max_orders), progress)

    def _begin(self, state: Words, progress: Progress | None) -> None:
        self._kernel = kernel(progress)
        self._state = state
        self._command = self._state[COMMAND : COMMAND + 8].data.cast("B")
        self._make_room(_FIRST_ROOM)

    def submit(self, command: Command) -> list[Event]:
        """Carry out one command. TooWide for a number beyond the row's own width."""
        count = self.send(*command)
        return list(starmap(Event, _ROW.iter_unpack(self._told[: count * _ROW.size])))

    def send(self, *command: int) -> int:
        """As submit, of the fields of a Command; gives how many events `told` has."""
        try:
            _ROW.pack_into(self._command, 0, *command)
        except struct.error as error:
            raise TooWide(f"a command of {command}: {error}") from error
        count = self._kernel.submit(self._state, self._events)
        while count < 0:
            if count < -1:
                raise TooWide(OVERFLOW)
            self._make_room(2 * self._needed())
            count = self._kernel.submit(self._state, self._events)
        return count

    def told(self, count: int) -> NDArray[np.void]:
        """The first events of the last command, in place: they are gone with the next one."""
        return self._events[: count * EVENT_WORDS].view(EVENTS)

    def process(self, commands: NDArray[np.void]) -> NDArray[np.void]:
        """Carry out rows of COMMANDS; rows of EVENTS."""
        parts, first = [], 0
        while first < len(commands):
            part, first = self.run(commands, first)
            parts.append(part.copy())
        return np.concatenate(parts) if parts else np.empty(0, EVENTS)

    def run(self, commands: NDArray[np.void], first: int = 0) -> tuple[NDArray[np.void], int]:
        """As process, from a row on and as far as there is room: events in place, and the next row.

        At least one command is carried out.
        """
        rows = np.ascontiguousarray(commands, COMMANDS).view(np.int64)
        made = self._kernel.process(self._state, rows, first, self._events)
        if made >> 32 == first < len(commands):
            self._make_room(2 * self._needed())
            made = self._kernel.process(self._state, rows, first, self._events)
        if made < 0:
            raise TooWide(OVERFLOW)
        return self.told(made & 0xFFFFFFFF), made >> 32

    def words(self) -> list[int]:
        """The whole state, as engine.matching.words tells it."""
        return dump(self._state)

    @classmethod
    def restored(cls, words: Sequence[int], progress: Progress | None = None) -> Matching:
        """An engine in the state of these words; ValueError where they are none."""
        found = cls.__new__(cls)
        found._begin(load(words), progress)
        return found

    def _needed(self) -> int:
        """How many events one command could give at most."""
        live, icebergs = int(self._state[LIVE]), int(self._state[ICEBERGS])
        events = EVENTS_OF_A_COMMAND + EVENTS_OF_AN_ORDER * live + PARTS * icebergs
        if self._state[HOOK]:
            events = 3 * events + EVENTS_OF_A_POSITION * int(self._state[OPENED])
        return events

    def _make_room(self, events: int) -> None:
        self._events = np.zeros(max(events, _FIRST_ROOM) * EVENT_WORDS, np.int64)
        self._told = self._events.data.cast("B")
