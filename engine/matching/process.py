"""The compiled entry points: one command, many, the state out and in."""

from __future__ import annotations

from typing import Any

from engine.matching.changing import amend, cancel, reduce
from engine.matching.codes import MAX_PARTS
from engine.matching.layout import (
    AMEND,
    BAD,
    CANCEL,
    COMMAND,
    COMMAND_WORDS,
    EVENTS,
    FAULT,
    FIRST_OF_MONEY,
    HOOK,
    ICEBERGS,
    LAST_OF_MONEY,
    LIVE,
    OPENED,
    PLACE,
    REDUCE,
    SEQ,
    SET_BAND,
    SET_PHASE,
    SET_POSITION,
)
from engine.matching.market import set_band, set_phase, set_position
from engine.matching.memory import compiled, inlined, load, store
from engine.matching.placing import place
from engine.matching.telling import say_rejected
from engine.matching.watching import clear

EVENT_SHIFT = 6
EVENTS_OF_AN_ORDER = 9
"""At most: a trade that ends it as maker and one as taker, triggered, amended, rested, refreshed,
cancelled, an auction's price, rejected."""
EVENTS_OF_A_COMMAND = 2 * EVENTS_OF_AN_ORDER + 2 * MAX_PARTS
PARTS = 2 * MAX_PARTS
EVENTS_OF_A_POSITION = 12
"""At most: funding, its liquidation begun and ended and covered, its order's last trade with both
accounts covered, that order refused or cancelled, one deleveraging with both accounts covered.
Each of an order's own events may come with two more, of accounts that are covered."""


@inlined
def needed(state: int) -> int:
    """How many events one command could give at most."""
    live, icebergs = load(state, LIVE), load(state, ICEBERGS)
    events = EVENTS_OF_A_COMMAND + EVENTS_OF_AN_ORDER * live + PARTS * icebergs
    if load(state, HOOK) != 0:
        events = 3 * events + EVENTS_OF_A_POSITION * load(state, OPENED)
    return events


@inlined
def step(state: int, command: int) -> None:
    """Carry out the command at an address."""
    store(state, SEQ, load(state, SEQ) + 1)
    op = load(command, 0) & 255
    if op == PLACE:
        place(state, command)
    elif op == CANCEL:
        cancel(state, command)
    elif op == AMEND:
        amend(state, command)
    else:
        step_rare(state, command, op)


@compiled
def step_rare(state: int, command: int, op: int) -> None:
    """As step, for the commands that are few."""
    if op == REDUCE:
        reduce(state, command)
    elif op == SET_PHASE:
        set_phase(state, command)
    elif op == SET_BAND:
        set_band(state, command)
    elif op == SET_POSITION and load(state, HOOK) == 0:
        set_position(state, command)
    elif FIRST_OF_MONEY <= op <= LAST_OF_MONEY and load(state, HOOK) != 0:
        clear(state, command)
    else:
        say_rejected(state, command, BAD)


def process(state: Any, commands: Any, first: int, events: Any) -> int:
    """Carry out commands from `first` on, until they or the room for events is used up.

    Rows of 8 words each. Gives events | next command << 32. Nothing is carried out whose events
    might not fit.
    """
    base, row, out = state.ctypes.data, commands.ctypes.data, events.ctypes.data
    count, room = len(commands) // COMMAND_WORDS, len(events) // 8
    store(base, EVENTS, out)
    used = 0
    while first < count and used + needed(base) <= room:
        step(base, row + first * 8 * COMMAND_WORDS)
        first += 1
        used = (load(base, EVENTS) - out) >> EVENT_SHIFT
    return used | first << 32 if load(base, FAULT) == 0 else -1


def submit(state: Any, events: Any) -> int:
    """Carry out the command that lies in the state; the number of its events, -1 for no room,
    -2 where a sum of money got too wide."""
    base: int = state.ctypes.data
    out: int = events.ctypes.data
    if needed(base) > len(events) // 8:
        return -1
    store(base, EVENTS, out)
    step(base, base + 8 * COMMAND)
    if load(base, FAULT) != 0:
        return -2
    return (load(base, EVENTS) - out) >> EVENT_SHIFT
