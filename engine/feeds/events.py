"""What a feed says, whatever the venue: plain tuples, texts as received, times in ns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

from schemas.ticks import Level, Side


class Trade(NamedTuple):
    """An execution, or several at one price; side is the aggressor's.

    numbers: the first and last of the venue's consecutive numbers of the executions that it stands
    for; aggregate: its own consecutive number if it stands for several. None where there are none.
    order: a number with holes that grows from trade to trade of a market, where times by REST are
    coarser than those of the socket.
    """

    event_time: int
    price: str
    quantity: str
    side: Side
    trade_id: str
    numbers: tuple[int, int] | None = None
    aggregate: int | None = None
    order: int | None = None


class Quote(NamedTuple):
    """Best bid and ask; event_time is None where the venue gives none."""

    event_time: int | None
    bid: str
    bid_quantity: str
    ask: str
    ask_quantity: str
    update_id: int | None


class Depth(NamedTuple):
    """A book snapshot, or the levels that changed; ids as the venue numbers them, else None.

    checksum: of the book after it, by the venue's rule. depth: the venue tells of so many levels a
    side only, and says nothing of those that fall out.
    """

    event_time: int | None
    snapshot: bool
    first_id: int | None
    last_id: int | None
    previous_id: int | None
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    checksum: int | None = None
    depth: int | None = None


class Funding(NamedTuple):
    """Mark price of a perpetual, with the rate of its next funding payment and when that is due.

    rate may be negative: shorts pay. What the frame does not name is None: venues that tell marks
    and rates on two channels give two events, each with its part.
    """

    event_time: int
    mark: str | None
    index_price: str | None = None
    rate: str | None = None
    due: int | None = None


class OpenInterest(NamedTuple):
    """Contracts (or base) that are open, and their worth in quote where the venue tells it."""

    event_time: int | None
    quantity: str
    value: str | None = None


class Liquidation(NamedTuple):
    """A position that the venue closed; side is that of the closing order: sell ends a long."""

    event_time: int
    price: str
    quantity: str
    side: Side


Event: TypeAlias = Trade | Quote | Depth | Funding | OpenInterest | Liquidation

Number: TypeAlias = int | None
_Levels: TypeAlias = tuple[Level, ...]

trade_of: Callable[
    [tuple[int, str, str, Side, str, tuple[int, int] | None, Number, Number]], Trade
] = partial(tuple.__new__, Trade)
"""A Trade of all its fields, in half of the time that Trade(...) takes."""
quote_of: Callable[[tuple[Number, str, str, str, str, Number]], Quote] = partial(
    tuple.__new__, Quote
)
"""A Quote, likewise."""
depth_of: Callable[
    [tuple[Number, bool, Number, Number, Number, _Levels, _Levels, Number, Number]], Depth
] = partial(tuple.__new__, Depth)
"""A Depth, likewise."""
