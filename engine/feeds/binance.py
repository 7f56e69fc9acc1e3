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
from collections.abc import Callable
from typing import Any

import orjson

from engine.feeds import binance_rest, fields
from engine.feeds.binance_frames import at_once
from engine.feeds.events import Depth, Event, Funding, Liquidation, Quote, Trade
from schemas.errors import Poison
from schemas.ticks import Level, Side

_PARTIAL = re.compile(r"@depth[0-9]+(@|$)").search


def parse(frame: str | bytes) -> tuple[Event, ...]:
    """The event in one frame, () for replies to our own requests; raises Poison for all else."""
    events = at_once(frame) if isinstance(frame, str) else None
    if events is not None:
        return events
    if binance_rest.answers(frame):
        return binance_rest.parse(frame)
    event = read(frame)
    return () if event is None else (event,)


@fields.reading("binance")
def read(text: str | bytes) -> Event | None:
    """As `parse`, whatever the frame is, field by field."""
    return _event(orjson.loads(text))


def _event(frame: Any) -> Event | None:
    """Take the combined stream's wrapper off and choose by what kind of frame it says it is."""
    if "data" in frame and "stream" in frame:
        if _PARTIAL(frame["stream"]):
            raise Poison(f"partial depth stream {frame['stream']} is not supported")
        frame = frame["data"]
    kind = frame.get("e")
    if kind is None:
        return _unnamed(frame)
    read = _READERS.get(kind)
    if read is None:
        raise Poison(f"unknown channel {kind!r}")
    return read(frame)


def _unnamed(frame: dict[str, Any]) -> Event | None:
    """Frames without "e": the REST snapshot, spot's bookTicker, and replies to requests."""
    if "lastUpdateId" in frame:
        return _snapshot(frame)
    if "B" in frame and "A" in frame:
        return _quote(frame)
    if "id" in frame and frame.get("result", 0) is None:
        return None
    raise Poison(f"unknown frame with the fields {sorted(frame)[:8]}")


def _single(frame: dict[str, Any]) -> Trade:
    """A trade."""
    number = _integer(frame["t"])
    return _trade(frame, number, (number, number), None)


def _aggregated(frame: dict[str, Any]) -> Trade:
    """An aggTrade: the executions "f" to "l" of one order at one price."""
    number, first, last = _integer(frame["a"]), _integer(frame["f"]), _integer(frame["l"])
    if first > last:
        raise Poison(f"first trade id {first} is after the last {last}")
    return _trade(frame, number, (first, last), number)


def _trade(
    frame: dict[str, Any], number: int, numbers: tuple[int, int], aggregate: int | None
) -> Trade:
    """What both have; "m": the buyer was resting, so the seller was the aggressor."""
    price, quantity, resting_buyer = frame["p"], frame["q"], frame["m"]
    if type(resting_buyer) is not bool:
        raise Poison(f"the side m is {resting_buyer!r}")
    side: Side = "sell" if resting_buyer else "buy"
    time, price, quantity = _time(frame["T"]), fields.price(price), fields.traded(quantity)
    return Trade(time, price, quantity, side, str(number), numbers, aggregate)


def _quote(frame: dict[str, Any]) -> Quote:
    """A bookTicker; a price of zero means an empty side."""
    bid, bid_quantity, ask, ask_quantity = frame["b"], frame["B"], frame["a"], frame["A"]
    for text in (bid, bid_quantity, ask, ask_quantity):
        fields.quantity(text)
    event_time = _time(frame["T"]) if "T" in frame else None
    return Quote(event_time, bid, bid_quantity, ask, ask_quantity, _integer(frame["u"]))


def _depth(frame: dict[str, Any]) -> Depth:
    """A diff; event_time is the matching engine's T, on spot the sender's E."""
    first, last = _integer(frame["U"]), _integer(frame["u"])
    if first > last:
        raise Poison(f"first update id {first} is after the last {last}")
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
    if index_price is not None and not fields.worth(index_price).strip("0."):
        index_price = None
    if rate is not None:
        fields.rate(rate)
    due = _time(frame["T"]) if frame.get("T") else None
    return Funding(_time(frame["E"]), fields.mark(mark), index_price, rate, due)


def _closing(frame: dict[str, Any]) -> Liquidation:
    """A forced order; at its average price, with what was filled of it."""
    order = frame["o"]
    price = fields.mark(order["ap"] if order["ap"].strip("0.") else order["p"])
    quantity = fields.traded(order["z"] if order["z"].strip("0.") else order["q"])
    return Liquidation(_time(order["T"]), price, quantity, SIDES[order["S"]])


SIDES: dict[str, Side] = {"BUY": "buy", "SELL": "sell"}


def _levels(rows: Any) -> tuple[Level, ...]:
    """Rows of [price, quantity] as tuples, each text checked."""
    if type(rows) is not list or not {*map(type, rows)} <= {list}:
        raise Poison("book levels are no list of lists")
    return fields.levels([(price, quantity) for price, quantity in rows])


def _integer(value: Any) -> int:
    """An id: digits in a text are none."""
    if type(value) is not int:
        raise Poison(f"{value!r} is no id or time")
    return fields.whole(value)


def _time(milliseconds: Any) -> int:
    """ns of a time in ms."""
    return fields.milliseconds(_integer(milliseconds))


_READERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "trade": _single,
    "aggTrade": _aggregated,
    "bookTicker": _quote,
    "depthUpdate": _depth,
    "markPriceUpdate": _funding,
    "forceOrder": _closing,
}
