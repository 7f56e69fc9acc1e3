"""What a feed says, whatever the venue: plain tuples, texts as received, times in ns."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from schemas.ticks import Level, Side


class Trade(NamedTuple):
    """An execution, or several at one price; side is the aggressor's.

    numbers: the first and last of the venue's consecutive numbers of the executions that it stands
    for; aggregate: its own consecutive number if it stands for several. None where there are none.
    """

    event_time: int
    price: str
    quantity: str
    side: Side
    trade_id: str
    numbers: tuple[int, int] | None = None
    aggregate: int | None = None


class Quote(NamedTuple):
    """Best bid and ask; event_time is None where the venue gives none."""

    event_time: int | None
    bid: str
    bid_quantity: str
    ask: str
    ask_quantity: str
    update_id: int | None


class Depth(NamedTuple):
    """A book snapshot, or the levels that changed; ids as the venue numbers them, else None."""

    event_time: int | None
    snapshot: bool
    first_id: int | None
    last_id: int | None
    previous_id: int | None
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Funding(NamedTuple):
    """Mark price of a perpetual, with the rate of its next funding payment and when that is due.

    rate may be negative: shorts pay. index_price, rate and due are None where the venue names none.
    """

    event_time: int
    mark: str
    index_price: str | None
    rate: str | None
    due: int | None


Event: TypeAlias = Trade | Quote | Depth | Funding
