"""Time goes on, and the strategy acts every so often on what it knows by then."""

from __future__ import annotations

from engine.depth.book import best
from engine.depth.layout import (
    BUY,
    C_SIDE,
    CANCELLED,
    COMING,
    COMMAND,
    COMMAND_ROOM,
    COMMANDS,
    E_AT,
    E_FILLED,
    E_ID,
    E_KIND,
    E_QUANTITY,
    E_REST,
    EVENT,
    EVENT_ROOM,
    EVENTS,
    EVERY,
    FEEDBACK,
    FILLED_BY,
    HEARD,
    KNOWN_POSITION,
    LOWEST,
    MINE,
    MY_FILLED,
    MY_ID,
    MY_STATUS,
    NEXT,
    NOW,
    OPENED,
    OWN,
    OWN_AT,
    POSITION,
    REJECTED,
    RESTING,
    ROW,
    ROWS,
    S_POSITION,
    S_TIME,
    S_TWICE_MID,
    SAMPLE,
    SAMPLE_EVERY,
    SAMPLE_NEXT,
    SAMPLE_ROOM,
    SAMPLED,
    SAMPLES,
    SELL,
    SENT,
    TOLD,
)
from engine.depth.passing import advance
from engine.depth.view import own, ready
from engine.matching.memory import compiled, load, store

SPARE = 1 << 14
"""Events and commands for which there is room when the strategy acts."""

FINISHED, PAUSED, FULL, ACTING = range(4)


@compiled
def full(desk: int) -> bool:
    """Whether there may be no room for what happens until the next act and at it."""
    events = load(desk, EVENT_ROOM) - load(desk, TOLD)
    commands = load(desk, COMMAND_ROOM) - load(desk, SENT)
    samples = load(desk, SAMPLE_ROOM) - load(desk, SAMPLED)
    return events < SPARE or commands < SPARE or samples < 2


def turn(desk: int) -> int:
    """Time goes on to the next act: ACTING when it is there, FINISHED once there is no row any
    more, FULL where there is no room to write. An entry of engine.depth.kernel.
    """
    if full(desk):
        return FULL
    at = load(desk, NEXT)
    advance(desk, at)
    store(desk, NOW, at)
    hear(desk, at - load(desk, FEEDBACK))
    store(desk, NEXT, at + load(desk, EVERY))
    over = load(desk, ROW) == load(desk, ROWS)
    if over or at >= load(desk, SAMPLE_NEXT):
        sample(desk, at)
    return FINISHED if over else ACTING


@compiled
def sample(desk: int, at: int) -> None:
    """Write down what the account has, as the venue knows it."""
    row = load(desk, SAMPLES) + 8 * SAMPLE * load(desk, SAMPLED)
    store(desk, SAMPLED, load(desk, SAMPLED) + 1)
    store(desk, SAMPLE_NEXT, at + load(desk, SAMPLE_EVERY))
    store(row, S_TIME, at)
    store(row, S_POSITION, load(desk, POSITION))
    mid = best(desk, BUY) + best(desk, SELL) + 2 * load(desk, LOWEST) if ready(desk) else 0
    store(row, S_TWICE_MID, mid)


@compiled
def hear(desk: int, upto: int) -> None:
    """Let the strategy know what the venue said up to a time."""
    heard, told, events = load(desk, HEARD), load(desk, TOLD), load(desk, EVENTS)
    while heard < told and load(events, heard * EVENT + E_AT) <= upto:
        learn(desk, events + 8 * EVENT * heard)
        heard += 1
    store(desk, HEARD, heard)


@compiled
def learn(desk: int, event: int) -> None:
    """One event changes what is known of an order, and of the position."""
    kind, name = load(event, E_KIND), load(event, E_ID)
    if kind == FILLED_BY:
        known_fill(desk, event, name)
    for number in range(load(desk, OWN)):
        order = own(desk, number)
        if load(desk, order + MY_ID) != name:
            continue
        if kind == OPENED and load(desk, order + MY_STATUS) == COMING:
            store(desk, order + MY_STATUS, RESTING)
        elif kind == FILLED_BY:
            store(desk, order + MY_FILLED, load(event, E_FILLED))
        ends = kind == FILLED_BY and load(event, E_REST) == 0
        if ends or kind in (CANCELLED, REJECTED):
            forget(desk, number)
        return


@compiled
def known_fill(desk: int, event: int, name: int) -> None:
    """A fill moves the known position."""
    side = load(load(desk, COMMANDS) + 8 * COMMAND * name, C_SIDE)
    signed = load(event, E_QUANTITY) if side == BUY else -load(event, E_QUANTITY)
    store(desk, KNOWN_POSITION, load(desk, KNOWN_POSITION) + signed)


@compiled
def forget(desk: int, number: int) -> None:
    """An own order is over; those behind it move up."""
    count = load(desk, OWN) - 1
    store(desk, OWN, count)
    for place in range(number, count):
        for word in range(MINE):
            behind = load(desk, load(desk, OWN_AT) + (place + 1) * MINE + word)
            store(desk, load(desk, OWN_AT) + place * MINE + word, behind)
