"""The engine's memory: blank, and its words out and in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.matching.codes import Phase
from engine.matching.instrument import Instrument, checked
from engine.matching.kernel import Archive, archive
from engine.matching.layout import (
    ACCOUNTS,
    BEST,
    BITS0,
    BITS1,
    BITS2,
    BOOK,
    BOOKS,
    CELLS,
    FRESH,
    HEADER,
    HIGH,
    LADDER,
    LAST,
    LEVEL,
    LOW,
    LOWEST,
    MASK,
    MOST,
    NO_BUY,
    NO_SELL,
    ORDER,
    PHASE,
    POSITIONS,
    QUEUE,
    QUEUES,
    REFERENCE,
    SEQ,
    SYMBOLS,
    WIDTH,
)
from engine.matching.words import HEADER_WORDS, ORDER_WORDS, SYMBOL_WORDS, VERSION

Words = NDArray[np.int64]
_FIRST_MASK = (1 << 10) - 1
_LINE = 64


def blank(
    instruments: Sequence[Instrument], accounts: int, max_orders: int, more: int = 0
) -> Words:
    """The memory of an engine without orders, and so many words more, lines of the cache.

    Most of it is never touched, so never there.
    """
    checked(max_orders, accounts, len(instruments))
    cells = HEADER + (max_orders + 2) * ORDER
    books = cells + 2 * max(1 << (max_orders.bit_length() + 1), _FIRST_MASK + 1)
    end = books + len(instruments) * BOOK
    starts = []
    for instrument in instruments:
        starts.append(end)
        end += _size(instrument, accounts)
    state = _aligned(end + more)
    state[FRESH], state[MOST], state[MASK] = 1, max_orders, _FIRST_MASK
    state[CELLS], state[BOOKS] = cells, books
    state[SYMBOLS], state[ACCOUNTS] = len(instruments), accounts
    for number, (instrument, start) in enumerate(zip(instruments, starts, strict=True)):
        _open(state, books + number * BOOK, instrument, start, accounts)
    return state


def _aligned(words: int) -> Words:
    """Zeros that begin with a line of the processor's cache."""
    raw = np.zeros(words + _LINE // 8, np.int64)
    skip = -raw.ctypes.data % _LINE // 8
    return raw[skip : skip + words]


def _bitmaps(width: int) -> tuple[int, int, int]:
    """Words of the three lower bitmaps of a queue."""
    first = (width >> 6) + 1
    second = (first >> 6) + 1
    return first, second, (second >> 6) + 1


def _size(instrument: Instrument, accounts: int) -> int:
    """Words of a symbol's ladders, bitmaps and positions, whole lines of the cache."""
    width = instrument.highest - instrument.lowest + 1
    return 4 * (sum(map(_lined, _bitmaps(width))) + _lined(LEVEL * width)) + _lined(accounts)


def _lined(words: int) -> int:
    return -words % 8 + words


def _open(state: Words, book: int, instrument: Instrument, start: int, accounts: int) -> None:
    width = instrument.highest - instrument.lowest + 1
    state[book + LOWEST], state[book + WIDTH] = instrument.lowest, width
    state[book + LOW], state[book + HIGH] = 0, width - 1
    state[book + REFERENCE], state[book + PHASE] = instrument.reference, instrument.phase
    state[book + POSITIONS] = start
    start += _lined(accounts)
    for number in range(4):
        queue = book + QUEUES + number * QUEUE
        state[queue + BEST] = NO_SELL if number & 1 else NO_BUY
        for word, size in zip((BITS0, BITS1, BITS2), _bitmaps(width), strict=True):
            state[queue + word] = start
            start += _lined(size)
        state[queue + LADDER] = start
        start += _lined(LEVEL * width)


def dump(state: Words) -> list[int]:
    """The words of a state."""
    functions = archive()
    symbols, accounts = int(state[SYMBOLS]), int(state[ACCOUNTS])
    out = [VERSION, int(state[SEQ]), symbols, accounts, int(state[MOST])]
    held: list[int] = []
    for symbol in range(symbols):
        book = int(state[BOOKS]) + symbol * BOOK
        out += _symbol(state, book)
        queues = [_queue(functions, state, symbol, number) for number in range(4)]
        out += [len(queue) // ORDER_WORDS for queue in queues]
        for queue in queues:
            out += queue
        held += _held(state, book, symbol, accounts)
    return [*out, len(held) // 3, *held]


def _symbol(state: Words, book: int) -> list[int]:
    lowest, width = int(state[book + LOWEST]), int(state[book + WIDTH])
    about = (int(state[book + word]) for word in (REFERENCE, LAST, PHASE))
    band = (int(state[book + word]) + lowest for word in (LOW, HIGH))
    return [lowest, lowest + width - 1, *about, *band]


def _queue(functions: Archive, state: Words, symbol: int, number: int) -> list[int]:
    room = 1 << 10
    while True:
        words = np.zeros(room * ORDER_WORDS, np.int64)
        count = functions.save(state, symbol, number, words)
        if count >= 0:
            return list(map(int, words[: count * ORDER_WORDS]))
        room *= 4


def _held(state: Words, book: int, symbol: int, accounts: int) -> list[int]:
    start = int(state[book + POSITIONS])
    row = state[start : start + accounts]
    return [word for at in np.flatnonzero(row).tolist() for word in (symbol, at, int(row[at]))]


def load(words: Sequence[int], more: int = 0) -> Words:
    """The memory of an engine in the state that the words tell; ValueError where they do not.

    more: as of blank.
    """
    if len(words) < HEADER_WORDS or words[0] != VERSION:
        raise ValueError("these are no words of a matching engine, or those of a later one")
    _, seq, _, accounts, max_orders = words[:HEADER_WORDS]
    parts, end = split(words)
    state = blank(list(map(instrument_of, parts)), accounts, max_orders, more)
    state[SEQ] = seq
    for symbol, part in enumerate(parts):
        _fill(archive(), state, symbol, part)
    for symbol, account, position in _threes(words[end + 1 :]):
        book = int(state[BOOKS]) + symbol * BOOK
        state[int(state[book + POSITIONS]) + account] = position
    return state


def split(words: Sequence[int]) -> tuple[list[Sequence[int]], int]:
    """The words of each symbol, and where those of the positions begin, with their number."""
    parts, end = [], HEADER_WORDS
    for _ in range(words[2]):
        start = end
        end += SYMBOL_WORDS + ORDER_WORDS * sum(words[start + 7 : start + SYMBOL_WORDS])
        parts.append(words[start:end])
    return parts, end


def _threes(words: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    rest = iter(words)
    return zip(rest, rest, rest, strict=True)


def instrument_of(part: Sequence[int]) -> Instrument:
    """The instrument of a symbol's words."""
    lowest, highest, reference, _, phase = part[:5]
    return Instrument(lowest, highest, reference, Phase(phase))


def _fill(functions: Archive, state: Words, symbol: int, part: Sequence[int]) -> None:
    book = int(state[BOOKS]) + symbol * BOOK
    lowest, _, _, last, _, low, high = part[:7]
    state[book + LAST], state[book + LOW], state[book + HIGH] = last, low - lowest, high - lowest
    at, sleeping = SYMBOL_WORDS, []
    for number, count in enumerate(part[7:SYMBOL_WORDS]):
        rows = np.array(part[at : at + count * ORDER_WORDS], np.int64)
        slot = int(state[FRESH])
        functions.restore(state, symbol, number, rows)
        if number >= 2:
            orders = rows.reshape(-1, ORDER_WORDS).tolist()
            sleeping += [(order[10], slot + n) for n, order in enumerate(orders)]
        at += count * ORDER_WORDS
    slots = [slot for _, slot in sorted(sleeping)]
    functions.restore_stops(state, symbol, np.array(slots, np.int64))
