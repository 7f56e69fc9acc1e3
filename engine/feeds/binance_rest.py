"""Binance's answers of REST but for books, to events, no IO: spot, USD-M and COIN-M alike.

Sources: binance-docs of the three APIs, "Recent Trades List" and (spot) "Old Trade Lookup", which
wants no key there. Oldest first, ids as those of the stream `trade`:
  [{"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.00","time":1499865549590,
    "isBuyerMaker":true}]                (spot adds isBestMatch, USD-M isRPITrade, COIN-M baseQty)
Trades of the insurance fund and of ADL are not among them. Of futures also "Open Interest":
  {"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011}
                                          (COIN-M in contracts, with "pair" and "contractType")
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds.binance_symbols import VENUE
from engine.feeds.events import Event, OpenInterest, Trade
from engine.feeds.fields import MILLISECOND, Id, Milliseconds
from schemas.ticks import Side


class _Trade(Struct, gc=False):
    id: Id
    price: str
    qty: str
    time: Milliseconds
    isBuyerMaker: bool

    def event(self) -> Trade:
        """The buyer was resting if isBuyerMaker, so the seller was the aggressor."""
        price, quantity, number = fields.price(self.price), fields.traded(self.qty), self.id
        side: Side = "sell" if self.isBuyerMaker else "buy"
        time = self.time * MILLISECOND
        return Trade(time, price, quantity, side, str(number), (number, number))


class _Interest(Struct, gc=False):
    openInterest: str
    time: Milliseconds

    def event(self) -> OpenInterest:
        return OpenInterest(self.time * MILLISECOND, fields.quantity(self.openInterest))


_interest = msgspec.json.Decoder(_Interest).decode
_trades = msgspec.json.Decoder(list[_Trade]).decode


LISTS = ("[", b"[")
"""How answers begin that are lists."""


def answers(frame: str | bytes) -> bool:
    """Whether it is one of these answers: no frame of a stream is a list, or has the field."""
    if frame[:1] in LISTS:
        return True
    return isinstance(frame, str) and frame.find('"openInterest"', 0, 200) >= 0


@fields.reading(VENUE)
def parse(frame: str | bytes) -> tuple[Event, ...]:
    """The events of an answer; raises Poison if it is neither trades nor an open interest."""
    if frame[:1] not in LISTS:
        return (_interest(frame).event(),)
    return tuple([trade.event() for trade in _trades(frame)])
