"""Where what lies in the state, in words of 8 bytes: one row of memory holds all of an engine.

header | order slots | id cells | books | bitmaps and ladders | positions

An order's index is the word at which its slot begins. A queue is one side of a book: buys, sells,
sell stops, buy stops; of an even queue the highest price is first, of an odd one the lowest. Its
ladder has two words a price: first and last slot (halves), and the open quantity. Four bitmaps,
each a bit for a word of the one below, tell which prices have orders.
"""

from __future__ import annotations

from engine.matching.codes import Happening, Kind, Op, Phase, Why

# header
SEQ, LIVE, FREE, FRESH, MOST, MASK, CELLS, BOOKS = range(8)
SYMBOLS, ACCOUNTS, ICEBERGS, REDUCERS, EVENTS, FIRST, FINAL, ROOM = range(8, 16)
PRICE_FOUND, VOLUME_FOUND, IMBALANCE_FOUND, DISTANCE_FOUND = range(16, 20)
COMMAND = 24  # a command that came alone
HOOK, WATCHED, LIQUIDATING, OPENED, OWN_SYMBOL, OWN_ACCOUNT, FAULT = range(32, 39)
OWN_COMMAND = 56  # a command that the engine gives itself
HEADER = 64
"""FREE: first of the freed slots; FRESH: first slot never used; EVENTS: address of the next event.

FIRST, FINAL: prices of the first and the last trade of a step, 0 for none.
HOOK: address of engine.clearing's function, 0 where no money is kept; WATCHED: whether accounts
are to be looked at; LIQUIDATING: the row of the position that is being closed; OPENED: how many
positions there are; OWN_SYMBOL, OWN_ACCOUNT: whose orders to withdraw; FAULT: a sum got too wide.
"""

# an order's slot; LINKS holds the slots before and behind it as halves
ORDER_SHIFT = 4
ORDER = 1 << ORDER_SHIFT
ID, INDEX, SHOWN, META, LINKS, HIDDEN, ACCOUNT, WHOLE = range(8)
LIMIT_PRICE, PEAK, TRAIL, ENTERED, TRAIL_LINKS, HELD_PRICE, HELD_LOTS = range(8, 15)
"""INDEX: the price, of a sleeping order the trigger, above the ladder's lowest.

HELD_PRICE, HELD_LOTS: what money is held for, where money is kept.
"""

# META: side, kind, flags, symbol
KIND_AT, FLAGS_AT, SYMBOL_AT = 8, 16, 24
KIND_MASK = 255 << KIND_AT
ICEBERG = 64 << FLAGS_AT
KNOWN = 128 << FLAGS_AT
"""KNOWN: the id is in its cell though the order is in no queue: it is being changed."""
WORDS_MASK = ~(ICEBERG | KNOWN)

# a book
BOOK = 64
LOWEST, WIDTH, LOW, HIGH, REFERENCE, LAST, PHASE = range(7)
TRAILING, TRAILING_END, ELECTED, ELECTED_END, STOPS, POSITIONS, CONTRACT = range(7, 14)
"""LOW, HIGH: the band, above LOWEST. STOPS: how many orders sleep. CONTRACT: the Kind of
engine.clearing. The rest are slots.
"""

# a queue
QUEUES, QUEUE = 32, 8
BEST, LADDER, BITS0, BITS1, BITS2, BITS3 = range(6)
LEVEL = 2
NO_BUY, NO_SELL = -1, 1 << 50
"""BEST of an empty even and of an empty odd queue."""

EVENT_WORDS = COMMAND_WORDS = 8
FIBONACCI = -7046029254386353131
"""2^64 / golden ratio, odd: ids that count up land far apart (Knuth, TAOCP 3, 6.4)."""

# what engine.clearing is asked for, and what its NEXT answers
ADMIT, HOLD_AGAIN, LET_GO, SETTLE, SETTLE_CROSSED, CLEAR, NEXT, RECKON = range(8)
NOTHING, WITHDRAW_ORDERS, PLACE_ORDER = range(3)
FIRST_OF_MONEY, LAST_OF_MONEY = 8, 13
"""Ops of engine.clearing.codes."""
OWN_IDS = 1 << 62
LIQUIDATED = 17

# the codes as plain integers
OPEN, HALTED, AUCTION = map(int, Phase)
LIMIT, MARKET, STOP, STOP_LIMIT, TRAILING_STOP = map(int, Kind)
PLACE, CANCEL, REDUCE, AMEND, SET_PHASE, SET_BAND, SET_POSITION = map(int, Op)
(
    TRADE, RESTED, CANCELLED, REJECTED, AMENDED, WAITING, TRIGGERED, REFRESHED, PHASED, CLEARED,
    BANDED, POSITIONED,
) = map(int, Happening)  # fmt: skip
(
    ASKED, BAD, DUPLICATE, UNKNOWN, FULL, WRONG_PHASE, OUT_OF_BAND, WOULD_TRIGGER, NOT_REDUCING,
    WOULD_TAKE, UNFILLED, SELF_TRADE,
) = map(int, Why)  # fmt: skip
