"""Commands and events as rows of integers: their codes, their layouts, and the widths that hold.

Prices are ticks, quantities lots, both int64. A row of 64 bytes is one command or one event; the
same fields, in the same order, are a tuple in plain Python.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

MAX_ORDERS = 1 << 20
"""Most live orders that an engine may be made for."""
MAX_QUANTITY = 1 << 42
"""Most lots of one order: MAX_ORDERS * MAX_QUANTITY = 2^62, so no sum of orders overflows."""
MAX_POSITION = 1 << 60
"""Most lots of a position, before what is in the book is filled."""
MAX_PRICE = 1 << 40
"""Highest price in ticks."""
MAX_WIDTH = 1 << 24
"""Most ticks between the lowest and the highest price of one symbol."""
MAX_PARTS = 100
"""Most parts of an iceberg. The venues' own filter of that name: Binance ICEBERG_PARTS."""

BUY, SELL = 0, 1


class Op(IntEnum):
    """What a command asks for."""

    PLACE = 1
    CANCEL = 2
    REDUCE = 3  # take `quantity` off what is open
    AMEND = 4  # new price, trigger or whole quantity; 0 leaves one as it is
    PHASE = 5  # `kind` is the Phase
    BAND = 6  # `price` to `trigger`
    POSITION = 7  # the account's position is `quantity`, signed


class Kind(IntEnum):
    """Type of an order."""

    LIMIT = 0
    MARKET = 1
    STOP = 2
    STOP_LIMIT = 3
    TRAILING = 4


class Phase(IntEnum):
    """What a market does with orders."""

    OPEN = 0
    HALTED = 1
    AUCTION = 2


GTC, IOC, FOK = 0, 1, 2
TIF = 3
"""Mask of the time in force in a command's flags."""
POST_ONLY = 4
REDUCE_ONLY = 8
CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH = 16, 32, 48
PREVENTION = 48
"""Mask of the self-trade prevention in a command's flags; 0 is none."""
FLAGS = 63


class Happening(IntEnum):
    """What an event tells of."""

    TRADE = 1  # order_id takes from maker_id
    RESTED = 2  # quantity is all that is open, shown or not
    CANCELLED = 3  # quantity is what was open
    REJECTED = 4  # price and quantity are the command's
    AMENDED = 5  # quantity is what is open now
    WAITING = 6  # price is the trigger
    TRIGGERED = 7  # price is the limit, 0 for none
    REFRESHED = 8  # an iceberg shows its next part: quantity
    PHASE = 9  # flags is the Phase
    AUCTION = 10  # price clears quantity
    BAND = 11  # price to quantity
    POSITION = 12


TAKER_DONE, MAKER_DONE, UNCROSSED = 1, 2, 4
"""Flags of a TRADE. UNCROSSED: it is of an auction, order_id the buyer."""
KEPT = 1
"""Flag of an AMENDED: the order keeps its priority."""


class Why(IntEnum):
    """Reason of a CANCELLED or REJECTED."""

    ASKED = 0
    BAD = 1
    DUPLICATE = 2
    UNKNOWN = 3
    FULL = 4
    PHASE = 5
    BAND = 6
    WOULD_TRIGGER = 7
    REDUCE_ONLY = 8
    WOULD_TAKE = 9
    UNFILLED = 10
    SELF_TRADE = 11


class Command(NamedTuple):
    """One command. Fields that its op or kind has no use for are 0."""

    op: int
    side: int = 0
    kind: int = 0
    flags: int = 0
    symbol: int = 0
    order_id: int = 0
    account: int = 0
    price: int = 0
    quantity: int = 0
    trigger: int = 0
    visible: int = 0
    trail: int = 0


class Event(NamedTuple):
    """One event. seq: number of the command that it came from, the first being 1."""

    happening: int
    flags: int
    side: int
    why: int
    symbol: int
    seq: int
    order_id: int
    maker_id: int
    price: int
    quantity: int
    account: int
    maker_account: int


COMMAND_LAYOUT = [
    *[(name, "u1") for name in Command._fields[:4]],
    ("symbol", "<u4"),
    *[(name, "<i8") for name in Command._fields[5:]],
]
EVENT_LAYOUT = [
    *[(name, "u1") for name in Event._fields[:4]],
    ("symbol", "<u4"),
    *[(name, "<i8") for name in Event._fields[5:]],
]
"""numpy dtypes of a row: `np.dtype(COMMAND_LAYOUT)`; both have 64 bytes."""
