"""Where what lies in a desk's memory, in words of 8 bytes.

header | two sides | pending commands | orders at the venue | orders as the strategy knows them |
levels of both sides | their bitmaps

Rows, commands, events and samples lie in arrays of their own; the header has their addresses. A
side of the book is a queue of engine.matching.ladder: even the bids, odd the asks. Its level has
two words, what is displayed and what our fills have taken of it.
"""

from __future__ import annotations

BUY, SELL = 0, 1

# header
NOW, NEXT, ROW, ROWS, BOOK, LOWEST, WIDTH, MOST = range(8)
TIMES, WHATS, PRICES, QUANTITIES = range(8, 12)
COMMANDS, SENT, COMMAND_ROOM, EVENTS, TOLD, EVENT_ROOM, HEARD, FAULT = range(12, 20)
SAMPLES, SAMPLED, SAMPLE_ROOM, SAMPLE_EVERY, SAMPLE_NEXT, FEEDBACK = range(20, 26)
LATENCIES, DRAWS, EVERY, PENDING, PENDING_AT, OWN, OWN_AT = range(26, 33)
MODEL, POWER, LOT_UNITS, LOT_SCALE, CONSUMES, PREVENTS = range(33, 39)
POSITION, KNOWN_POSITION, ARRIVED, INSIDE_COUNT, TAKEN_LEVELS, QUOTED_BID = range(39, 45)
LIVE_COUNT = 48  # and 49
LIVE_AT = 50  # and 51
SIDES = 56
SIDE = 8
KEPT_AT = SIDES + 2 * SIDE
KEPT = 16
HEADER = KEPT_AT + KEPT
"""NEXT: when the strategy acts; ROW: the next row; HEARD: how many events the strategy knows of.

INSIDE_COUNT: resting orders that still reach into the book. LOT_UNITS / LOT_SCALE: a lot in base.
KEPT: numbers that a strategy keeps from one act to the next.
"""

# a row's `what`
BID, ASK, BOUGHT, SOLD, BEST_BID, BEST_ASK, STATE, NOTHING = range(8)
KIND = 7
QUIET, UPDATED, SNAPSHOT, ENDS = 8, 16, 32, 64
"""BOUGHT, SOLD: a trade by its aggressor. QUIET: a level of which resting orders are told at the
end of the update; UPDATED: the last row of an update; SNAPSHOT: of one that told the whole book;
ENDS: the last row of a record.
"""

# the book's state
OK, NO_BOOK, GAPPED, STALE, CROSSED = range(5)

# an order at the venue
ORDER = 12
ID, PRICE, QUANTITY, FILLED, AHEAD, SHOWN, TRADED, INSIDE, ARRIVAL = range(9)
UNKNOWN = -1
"""AHEAD of a level out of sight."""

# an order as the strategy knows it
MINE = 8
MY_ID, MY_SIDE, MY_PRICE, MY_QUANTITY, MY_FILLED, MY_STATUS = range(6)
COMING, RESTING, LEAVING = range(3)
"""MY_STATUS: sent and not heard of; known to rest; asked to be cancelled."""

# a command; its number is its id, and that of the order it places
COMMAND = 8
AT, DUE, OP, TARGET, C_SIDE, C_PRICE, C_QUANTITY, C_KIND = range(8)
PLACE, CANCEL = range(2)
POST_ONLY, GTC, IOC, FOK, MARKET = range(5)

# an event
EVENT = 8
E_AT, E_KIND, E_ID, E_PRICE, E_QUANTITY, E_FILLED, E_REST, E_WHY = range(8)
OPENED, FILLED_BY, CANCELLED, REJECTED, DONE = range(5)
MAKER, TAKER = range(2)
ASKED, NO_LIQUIDITY, WOULD_TAKE, SELF_TRADE, UNKNOWN_ORDER = range(5)
BAD_BOOK = 8  # and the book's state
"""E_WHY of a fill: MAKER or TAKER; else why an order ended."""

# a sample
SAMPLE = 3
S_TIME, S_POSITION, S_TWICE_MID = range(3)
"""What the venue holds; twice the mid in ticks, 0 while there is no book."""

RISK_AVERSE, PROB_LOG, PROB_POWER = range(3)

WIDEST = 1 << 24
"""Prices of a ladder: four bitmaps of 64 each."""
MARGIN = 1 << 10
"""Ticks beyond the recorded prices at which orders may be placed."""
