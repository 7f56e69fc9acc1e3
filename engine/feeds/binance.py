"""Binance's frames to events, no IO: spot, USD-M and COIN-M futures, by the shape of the frame.

Streams: binance-docs "WebSocket Market Streams" of the three APIs. Samples, as recorded:
  {"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":5266583935,"p":"61800.30",
   "q":"0.006","X":"MARKET","m":false}                                     (spot has "M", no "X")
  {"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30",
   "A":"2.510","T":1723161256313,"E":1723161256313}                 (spot: no "e", no time at all)
  {"e":"depthUpdate","E":..,"T":..,"s":"BTCUSDT","U":1,"u":5,"pu":0,"b":[["61800.20","1"]],"a":[]}
                                                                     (spot: no "T" and no "pu")
  {"lastUpdateId":7,"E":..,"T":..,"bids":[..],"asks":[..]}   REST /depth (spot: without E and T)
COIN-M adds "ps":"BTCUSD" to quotes and diffs, "pair" to snapshots. From the documents (futures):
  {"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15000000","i":"11784.62659091",
   "P":"11784.25641265","r":"0.00038167","T":1562306400000}        (dated futures: "r":"", "T":0)
  {"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014",
   "p":"9910","ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1568014460893}}
                                      (at most one a second and symbol, the latest; COIN-M has "ps")
On streams they come bare or wrapped as {"stream":NAME,"data":FRAME}. Times are ms, ours are ns.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Any

import orjson

from engine.feeds import fields
from engine.feeds.binance_frames import known
from engine.feeds.events import Depth, Event, Funding, Liquidation, Quote, Trade
from engine.feeds.fields import LATEST, MILLISECOND
from engine.numbers import price_units, quantity_units
from schemas.errors import Poison
from schemas.ticks import Level, Side

_PARTIAL = re.compile(r"@depth[0-9]+(@|$)").search


def parse(text: str | bytes) -> Event | None:
    """The event in one frame, None for replies to our own requests; raises Poison for all else."""
    if isinstance(text, str):
        try:
            stream, event = known(text)
        except (ValueError, RecursionError, Poison):
            return read(text)
        if "@depth" not in stream or not _PARTIAL(stream):
            return event
    return read(text)


def read(text: str | bytes) -> Event | None:
    """As `parse`, whatever the frame is, field by field."""
    try:
        return _event(orjson.loads(text))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Poison(f"binance: {type(error).__name__}: {error}") from error


def _event(frame: Any) -> Event | None:
    """Take the combined stream's wrapper off and choose by what kind of frame it says it is."""
    if "data" in frame and "stream" in frame:
        if _PARTIAL(frame["stream"]):
            raise Poison(f"binance: partial depth stream {frame['stream']} is not supported")
        frame = frame["data"]
    kind = frame.get("e")
    if kind is None:
        return _unnamed(frame)
    read = _READERS.get(kind)
    if read is None:
        raise Poison(f"binance: unknown channel {kind!r}")
    return read(frame)


def _unnamed(frame: dict[str, Any]) -> Event | None:
    """Frames without "e": the REST snapshot, spot's bookTicker, and replies to requests."""
    if "lastUpdateId" in frame:
        return _snapshot(frame)
    if "B" in frame and "A" in frame:
        return _quote(frame)
    if "id" in frame and frame.get("result", 0) is None:
        return None
    raise Poison(f"binance: unknown frame with the fields {sorted(frame)[:8]}")


def _single(frame: dict[str, Any]) -> Trade:
    """A trade."""
    number = _integer(frame["t"])
    return _trade(frame, number, (number, number), None)


def _aggregated(frame: dict[str, Any]) -> Trade:
    """An aggTrade: the executions "f" to "l" of one order at one price."""
    number, first, last = _integer(frame["a"]), _integer(frame["f"]), _integer(frame["l"])
    if first > last:
        raise Poison(f"binance: first trade id {first} is after the last {last}")
    return _trade(frame, number, (first, last), number)


def _trade(
    frame: dict[str, Any], number: int, numbers: tuple[int, int], aggregate: int | None
) -> Trade:
    """What both have; "m": the buyer was resting, so the seller was the aggressor."""
    price, quantity, resting_buyer = frame["p"], frame["q"], frame["m"]
    if not price_units(price) or not quantity_units(quantity):
        raise Poison(f"binance: a trade of {quantity} at {price}")
    if type(resting_buyer) is not bool:
        raise Poison(f"binance: the side m is {resting_buyer!r}")
    side: Side = "sell" if resting_buyer else "buy"
    return Trade(_time(frame["T"]), price, quantity, side, str(number), numbers, aggregate)


def _quote(frame: dict[str, Any]) -> Quote:
    """A bookTicker; a price of zero means an empty side."""
    bid, bid_quantity, ask, ask_quantity = frame["b"], frame["B"], frame["a"], frame["A"]
    price_units(bid)
    price_units(ask)
    quantity_units(bid_quantity)
    quantity_units(ask_quantity)
    event_time = _time(frame["T"]) if "T" in frame else None
    return Quote(event_time, bid, bid_quantity, ask, ask_quantity, _integer(frame["u"]))


def _depth(frame: dict[str, Any]) -> Depth:
    """A diff; event_time is the matching engine's T, on spot the sender's E."""
    first, last = _integer(frame["U"]), _integer(frame["u"])
    if first > last:
        raise Poison(f"binance: first update id {first} is after the last {last}")
    return Depth(
        _time(frame["T"] if "T" in frame else frame["E"]),
        False,
        first,
        last,
        _integer(frame["pu"]) if "pu" in frame else None,
        _levels(frame["b"]),
        _levels(frame["a"]),
    )


def _snapshot(frame: dict[str, Any]) -> Depth:
    """The answer of REST /depth."""
    last = _integer(frame["lastUpdateId"])
    event_time = _time(frame["T"]) if "T" in frame else None
    bids, asks = _levels(frame["bids"]), _levels(frame["asks"])
    return Depth(event_time, True, None, last, None, bids, asks)


def _funding(frame: dict[str, Any]) -> Funding:
    """A mark price; P, the estimated settlement price, is left out: it is no price of now."""
    mark, index_price, rate = frame["p"], frame.get("i") or None, frame.get("r") or None
    if not price_units(mark):
        raise Poison(f"binance: a mark price of {mark}")
    if index_price is not None and not price_units(index_price):
        index_price = None
    if rate is not None:
        quantity_units(rate.removeprefix("-"))
    due = _time(frame["T"]) if frame.get("T") else None
    return Funding(_time(frame["E"]), mark, index_price, rate, due)


def _closing(frame: dict[str, Any]) -> Liquidation:
    """A forced order; at its average price, with what was filled of it."""
    order = frame["o"]
    price = fields.mark(order["ap"] if order["ap"].strip("0.") else order["p"])
    quantity = fields.traded(order["z"] if order["z"].strip("0.") else order["q"])
    return Liquidation(_time(order["T"]), price, quantity, SIDES[order["S"]])


SIDES: dict[str, Side] = {"BUY": "buy", "SELL": "sell"}


def _levels(rows: list[list[str]]) -> tuple[Level, ...]:
    """Rows of [price, quantity] as tuples, each text checked; by column, for there are many."""
    if rows == []:
        return ()
    if type(rows) is not list or set(map(type, rows)) != {list}:
        raise Poison("binance: book levels are no list of lists")
    prices, quantities = zip(*rows, strict=True)
    if 0 in [*map(price_units, prices)]:
        raise Poison("binance: a book level at price 0")
    deque(map(quantity_units, quantities), maxlen=0)
    return tuple(zip(prices, quantities, strict=True))


def _integer(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise Poison(f"binance: {value!r} is no id or time")
    return value


def _time(milliseconds: Any) -> int:
    """ns of a time in ms; raises Poison beyond 64 bits."""
    time = _integer(milliseconds) * MILLISECOND
    if time >= LATEST:
        raise Poison(f"binance: the time {milliseconds} is out of range")
    return time


_READERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "trade": _single,
    "aggTrade": _aggregated,
    "bookTicker": _quote,
    "depthUpdate": _depth,
    "markPriceUpdate": _funding,
    "forceOrder": _closing,
}
