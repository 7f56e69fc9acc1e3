"""Candles as raw records, and the ticks stage that reads them.

Of each candle come three records and a clock: its first trade, at which the bar before it closes
and strategies decide; those on the way; the last one, with which accounts read what was filled on
the way, before they decide again; and the clock, which marks what is held. Each trade shows
a book, since nothing is filled without one: what it took from is at its price, the other side a
`spread` behind that, and each of the two levels has `quantity`. These are assumptions, not data: an
order that takes pays that spread, and meets that quantity.

A frame is ours, the same for every venue: [time, price, quantity, side, bid, ask, size, number].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import orjson

from engine.book_sync import BookSync
from engine.columns.candles import Candles, parts, path, sides
from engine.feeds.bridging import SPOT
from engine.feeds.events import Depth, Event, Trade
from engine.identity import raw_id
from engine.ticks import Parse, TicksStage, TicksState
from schemas.errors import Poison
from schemas.raw import RawFrame, Source


@dataclass(frozen=True, slots=True)
class Shown:
    """The book that a trade shows, as decimal text; spread in quote, quantity in base."""

    spread: str
    quantity: str = "1000000"


class CandleTicks(TicksStage):
    """market.raw of candles to market.ticks; all else is the ticks stage's."""

    def initial(self, cell: str) -> TicksState:
        """A book is made of each trade, by no venue's rule."""
        state = super().initial(cell)
        state.sync = BookSync(SPOT, self.settings.stale)
        return state

    def parser(self, key: str) -> Parse:
        """Ours, whatever the venue."""
        return parsed


def raw(candles: Candles, key: str, run: str, shown: Shown) -> Iterator[RawFrame]:
    """The records of one market, in order of time."""
    number = seq = 0
    for each in candles.rows:
        prices = path(each)
        rows = zip(candles.times(each), prices, parts(each.volume), sides(prices), strict=True)
        frames = [_frame(number + n, *row, shown) for n, row in enumerate(rows)]
        times = candles.times(each)
        number += len(frames)
        for made, at, clock in (
            (frames[:1], times[:1], False),
            (frames[1:-1], times[1:-1], False),
            (frames[-1:], times[-1:], False),
            ([], times[-1:], True),
        ):
            yield _record(key, run, seq, at[-1], made, [] if clock else at)
            seq += 1


def _record(
    key: str, run: str, seq: int, now: int, frames: list[str], received: list[int]
) -> RawFrame:
    return RawFrame.model_construct(
        id=raw_id(run, key, seq), seq=seq, key=key, seen_time=now, clock=not frames, run=run,
        run_seq=seq, source=Source.WS if frames else Source.CLOCK,
        channel="candles" if frames else "clock", received=tuple(received), frames=tuple(frames),
    )  # fmt: skip


def _frame(number: int, time: int, price: str, quantity: str, side: str, shown: Shown) -> str:
    spread, at = Decimal(shown.spread), Decimal(price)
    bid, ask = (at - spread, at) if side == "buy" else (at, at + spread)
    levels = (format(max(bid, Decimal(0)), "f"), format(ask, "f"))
    return orjson.dumps([time, price, quantity, side, *levels, shown.quantity, number]).decode()


def parsed(text: str | bytes) -> tuple[Event, ...]:
    """The trade of a frame, and the book that it shows; raises Poison for what is no such frame."""
    try:
        time, price, quantity, side, bid, ask, size, number = orjson.loads(text)
    except ValueError:
        raise Poison("no frame of a candle") from None
    bids, asks = ((bid, size),), ((ask, size),)
    return (
        Trade(time, price, quantity, side, str(number)),
        Depth(None, True, None, number + 1, None, bids, asks),
    )
