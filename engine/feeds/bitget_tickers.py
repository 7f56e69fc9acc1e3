"""What Bitget's tickers tell (engine.feeds.bitget_frames has the frames)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds.events import Event, Funding, OpenInterest, Quote
from engine.feeds.fields import MILLISECOND, Milliseconds
from engine.numbers import price_units, quantity_units

T = TypeVar("T")
Events = tuple[Event, ...]


class Frame(Struct, Generic[T], gc=False):
    """What all frames of data share."""

    data: list[T]
    action: Literal["snapshot", "update"]
    ts: Milliseconds = 0


def decoder(row: Any) -> Callable[[str], Frame[Any]]:
    """Of frames whose data are such rows; numbers may be texts."""
    return msgspec.json.Decoder(Frame[row], strict=False).decode


class _Ticker(Struct, gc=False):
    """Of v2, and of v1 by other names."""

    ts: Milliseconds = 0
    systemTime: Milliseconds = 0
    bidPr: str | None = None
    bidSz: str = ""
    askPr: str = ""
    askSz: str = ""
    markPrice: str | None = None
    indexPrice: str = ""
    fundingRate: str = ""
    capitalRate: str = ""
    nextFundingTime: str | int = ""
    nextSettleTime: str | int = ""
    holdingAmount: str = ""
    holding: str = ""

    def events(self) -> Events:
        """Quote, funding and open interest, as far as they are told."""
        time = (self.ts or self.systemTime) * MILLISECOND
        found: list[Event] = []
        if self.bidPr is not None:
            found.append(_quote(time, self.bidPr, self.bidSz, self.askPr, self.askSz))
        if self.markPrice is not None:
            found.append(self._funding(time))
            found.append(OpenInterest(time, fields.quantity(self.holdingAmount or self.holding)))
        return tuple(found)

    def _funding(self, time: int) -> Funding:
        mark = fields.mark(self.markPrice or "")
        index = fields.mark(self.indexPrice) if self.indexPrice else None
        rate, due = (
            self.fundingRate or self.capitalRate,
            self.nextFundingTime or self.nextSettleTime,
        )
        said = fields.rate(rate) if rate else None
        when = fields.milliseconds(due) if due and due != "0" else None
        return Funding(time, mark, index, said, when)


class _Best(Struct, gc=False):
    """The ticker of v3, as far as it is sourced."""

    bid1Price: str
    bid1Size: str
    ask1Price: str
    ask1Size: str


def _quote(time: int, *texts: str) -> Quote:
    """An empty text is a side without an order."""
    bid, bids, ask, asks = (text or "0" for text in texts)
    for price, quantity in ((bid, bids), (ask, asks)):
        price_units(price)
        quantity_units(quantity)
    return Quote(time, bid, bids, ask, asks, None)


_tickers, _bests = decoder(_Ticker), decoder(_Best)


def told(text: str) -> Events:
    """Reads a ticker of any version."""
    if '"bid1Price"' not in text:
        return tuple([event for row in _tickers(text).data for event in row.events()])
    frame = _bests(text)
    time = frame.ts * MILLISECOND
    return tuple(
        [_quote(time, b.bid1Price, b.bid1Size, b.ask1Price, b.ask1Size) for b in frame.data]
    )
