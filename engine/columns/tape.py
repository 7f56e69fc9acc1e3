"""One market of a backtest as columns, and any of its trades as the record that stages take.

Trades alone have no book, and nothing is decided or filled without one. So each trade shows one:
what it took from is at its price, and the other side is `spread` behind that. `quantity` is what
each of the two levels has. These are assumptions, not data: an order that takes pays the spread
that is set, never more, and meets as much as is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.columns.bars import BarColumns
from engine.columns.trades import TradeColumns, decimal_text
from engine.identity import raw_id, record_id
from schemas.record import symbol_of, venue_of
from schemas.ticks import BarFields, BookState, BookUpdates, Level, Ticks, Trades

BLANK: dict[str, Any] = dict(Ticks.model_construct(venue="", symbol=""))
"""The fields of a record in their order."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The book that a trade shows. spread: in 10^-decimals of the price; quantity: decimal text."""

    spread: int = 1
    quantity: str = "1000000"


@dataclass(frozen=True, slots=True)
class Tape:
    """A market's trades with their bars; run: name of the run, for the records' ids."""

    key: str
    trades: TradeColumns
    bars: BarColumns
    run: str
    shown: Shown = Shown()

    def ticks(self, at: int, seq: int) -> Ticks:
        """The record of the trade at a place, as the ticks stage makes it of a raw one."""
        return self.named(self.seen(at, seq), at)

    def named(self, shown: Ticks, at: int) -> Ticks:
        """The record of a trade that was only `seen`, with its identity and the bars it closed."""
        name, cause = self.name(shown.seq)
        told = {"id": name, "cause": cause, "bars": self.bars.closed_by(at)}
        return shown.model_copy(update=told)

    def seen(self, at: int, seq: int) -> Ticks:
        """What the venue looks at of the record: all of it but its identity and bars."""
        trades = self.trades
        now, event_time = int(trades.seen_time[at]), int(trades.event_time[at])
        price = self.price(at)
        side = "buy" if trades.buys[at] else "sell"
        quantity = trades.quantity_grain.text(int(trades.quantity[at]))
        told = (price,), (quantity,), (side,), ("",)
        traded = dict(zip(TRADES, ((0,), (event_time,), (now,), *told), strict=True))
        bid, ask = self.best(at)
        return self._record(
            seq, now, trades=Trades.whole(traded), books=_snapshot(now, bid, ask),
            event_time=event_time, bid=bid, ask=ask,
        )  # fmt: skip

    def clock(self, at: int, seq: int, now: int) -> Ticks:
        """A record that only carries time, after the trade at a place."""
        bid, ask = self.best(at)
        name, cause = self.name(seq)
        return self._record(seq, now, id=name, cause=cause, clock=True, bid=bid, ask=ask)

    def price(self, at: int) -> str:
        """Of the trade at a place, as text."""
        return self.trades.price_grain.text(int(self.trades.price[at]))

    def best(self, at: int) -> tuple[Level, Level]:
        """Bid and ask after the trade at a place."""
        trades, spread, quantity = self.trades, self.shown.spread, self.shown.quantity
        decimals, step = trades.price_grain
        price = int(trades.price[at]) * step
        low, high = (price - spread, price) if trades.buys[at] else (price, price + spread)
        bid, ask = decimal_text(max(0, low), decimals), decimal_text(max(0, high), decimals)
        return (bid, quantity), (ask, quantity)

    def closed(self, first: int, last: int) -> list[BarFields]:
        """The bars number first to last - 1."""
        return [self.bars.bar(place) for place in range(first, last)]

    def name(self, seq: int) -> tuple[str, str]:
        """Id of a record, and of its cause."""
        cause = raw_id(self.run, self.key, seq)
        return record_id("ticks", cause, 0), cause

    def _record(self, seq: int, now: int, **told: Any) -> Ticks:
        values = BLANK.copy()
        values.update(
            seq=seq, key=self.key, seen_time=now, venue=venue_of(self.key),
            symbol=symbol_of(self.key), book=BookState.OK, **told,
        )  # fmt: skip
        return Ticks.whole(values)


TRADES = tuple(Trades.model_fields)


def _snapshot(now: int, bid: Level, ask: Level) -> BookUpdates:
    """The whole book as the one row of a record, behind its trade."""
    row = {
        "index": (1,), "event_time": (None,), "seen_time": (now,), "snapshot": (True,),
        "applied": (True,), "first_id": (None,), "last_id": (None,), "previous_id": (None,),
        "bridged": (0,), "bids": ((bid,),), "asks": ((ask,),), "depth": (),
    }  # fmt: skip
    return BookUpdates.whole(row)
