"""MEXC's frames of spot to events: protobuf on the socket, JSON from REST.

Sources: MEXC's definitions (github.com/mexcdevelop/websocket-proto, with the fields of June 2026),
its documents "Spot V3 / Websocket Market Streams" (whose examples are written as JSON), ccxt 4.5.64
(pro/mexc.py). A frame is a PushDataV3ApiWrapper; numbers of fields are before the colon:
  1:"spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDT" 3:"BTCUSDT" 6:1736409765052 (ms, as sent)
   314:{1:{1:"93220.00" 2:"0.04438243" 3:2 (1 buy, 2 sell) 4:1736409765051 5:"7302..X0" (an id,
        since 2026)} 2:"spot@public.aggre.deals.v3.api.pb@100ms"}             (301: without 5)
  313:{1:{1:"92877.58" 2:"0"} (an ask; 2: bids) 3:".." 4:"10589632359" 5:"10589632360" 6:..}
       diffs: the first and last version in it    (302: 4 is its only version; 312: 302 as fields 1)
  303:{1:{..} 2:{..} 3:".." 4:"36913565463"}  the best 5, 10 or 20 levels, at that version
  315:{1:"93387.28" 2:"3.73485" 3:"93387.29" 4:"7.669875" 5:"81721676217" (since 2026)}  best levels
       bid, its quantity, ask, its quantity       (305: without 5; 311: 305 as fields 1, version 2)
  308, 309, 310: candles and statistics of a day   304, 306, 307: an account's, no market's
REST /api/v3/depth: {"lastUpdateId":1377043284,"bids":[["30225.77","0.021872"]],"asks":[..]}
REST /api/v3/trades: [{"id":null,"price":"40798.94","qty":"0.000508","quoteQty":"20.72","time":
   1647546934374,"isBuyerMaker":true,"isBestMatch":true}]    (without ids; the newest first)
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds.events import Depth, Quote, Trade
from engine.feeds.mexc_spot_plain import Events, at_once
from engine.feeds.proto_wire import Value
from engine.feeds.proto_wire import fields as wire
from engine.numbers import price_units, quantity_units
from schemas.errors import Poison
from schemas.ticks import Level, Side

Fields = dict[int, Value]
Rows = list[Level]

CHANNEL, SYMBOL, CREATED, SENT = 1, 3, 5, 6
SIDES: dict[Value, Side] = {1: "buy", 2: "sell"}

_limit = re.compile(rb"@([0-9]{1,4})\Z").search


class _Snapshot(Struct, gc=False):
    """The answer of REST."""

    lastUpdateId: fields.Id
    bids: list[Level]
    asks: list[Level]

    def event(self) -> Depth:
        bids, asks = fields.levels(self.bids), fields.levels(self.asks)
        return Depth(None, True, None, self.lastUpdateId, None, bids, asks)


_snapshot = msgspec.json.Decoder(_Snapshot).decode


def answered(text: str) -> Events:
    """A snapshot from REST."""
    return (_snapshot(text).event(),)


class _Trade(Struct, gc=False):
    """Of REST."""

    price: str
    qty: str
    time: fields.Milliseconds
    isBuyerMaker: bool

    def event(self) -> Trade:
        """The seller was the aggressor where the buyer was resting."""
        price, quantity = fields.price(self.price), fields.traded(self.qty)
        side: Side = "sell" if self.isBuyerMaker else "buy"
        return Trade(self.time * fields.MILLISECOND, price, quantity, side, "")


_trades = msgspec.json.Decoder(list[_Trade], strict=False).decode


def traded(text: str) -> Events:
    """Trades from REST, oldest first."""
    return fields.oldest_first([trade.event() for trade in _trades(text)])


def pushed(frame: bytes) -> Events:
    """The events of one frame of the socket; ValueError and the like where it is none."""
    found = at_once(frame)
    return in_full(frame) if found is None else found


def in_full(frame: bytes) -> Events:
    """As `pushed`, field by field."""
    message = dict(wire(frame))
    bodies = [number for number in message if number > 300]
    if len(bodies) != 1 or bodies[0] not in READERS:
        raise Poison(f"a frame with the bodies {bodies[:8]}")
    sent = message.get(SENT) or message.get(CREATED)
    time = None if sent is None else fields.milliseconds(_whole(sent))
    return READERS[bodies[0]](_bytes(message[bodies[0]]), message, time)


def named(frame: bytes) -> str | None:
    """The symbol in a frame, which may break off behind it; None where there is none."""
    try:
        message = dict(wire(frame))
    except ValueError:
        return None
    name = message.get(SYMBOL)
    return name.decode(errors="replace") if isinstance(name, bytes) else None


def _bytes(value: Value) -> bytes:
    if type(value) is not bytes:
        raise Poison("an integer where a message or text should be")
    return value


def _text(value: Value) -> str:
    return _bytes(value).decode()


def _whole(value: Value) -> int:
    if type(value) is not int:
        raise Poison("a text where an integer should be")
    return fields.whole(value)


def _version(value: Value | None) -> int | None:
    """A version is digits in a text; none is none."""
    return fields.whole(_text(value)) if value else None


def _deals(body: bytes, message: Fields, sent: int | None) -> Events:
    return tuple([_trade(_bytes(value)) for number, value in wire(body) if number == 1])


def _trade(deal: bytes) -> Trade:
    """Each is an execution; trades had no id until 2026."""
    row = dict(wire(deal))
    price, quantity, trade_id = _text(row[1]), _text(row[2]), _text(row.get(5, b""))
    if not price_units(price) or not quantity_units(quantity):
        raise Poison(f"a trade of {quantity} at {price}")
    side = SIDES.get(row.get(3, 0))
    if side is None:
        raise Poison(f"a trade of the type {row.get(3)!r:.40}")
    return Trade(fields.milliseconds(_whole(row[4])), price, quantity, side, trade_id)


def _sides(body: bytes) -> tuple[Rows, Rows, Fields]:
    """Asks, bids and the other fields."""
    asks: Rows = []
    bids: Rows = []
    rest: Fields = {}
    for number, value in wire(body):
        if number > 2:
            rest[number] = value
        else:
            (asks if number == 1 else bids).append(_level(_bytes(value)))
    return asks, bids, rest


def _level(item: bytes) -> Level:
    row = dict(wire(item))
    return _text(row[1]), _text(row[2])


def _range(body: bytes, message: Fields, sent: int | None) -> Events:
    """Changes from one version to another."""
    asks, bids, rest = _sides(body)
    first, last = _version(rest[4]), _version(rest[5])
    if first is None or last is None or first > last:
        raise Poison(f"changes from version {first} to {last}")
    levels = fields.levels(bids), fields.levels(asks)
    return (Depth(sent, False, first, last, None, *levels),)


def _changes(body: bytes, message: Fields, sent: int | None) -> Events:
    """Changes of one version."""
    asks, bids, rest = _sides(body)
    version = _version(rest[4])
    return (Depth(sent, False, version, version, None, fields.levels(bids), fields.levels(asks)),)


def _best(body: bytes, message: Fields, sent: int | None) -> Events:
    """The best levels, as many as the channel says."""
    asks, bids, rest = _sides(body)
    match = _limit(_bytes(message.get(CHANNEL, b"")))
    depth = int(match.group(1)) or None if match else None
    levels = fields.levels(bids), fields.levels(asks)
    return (Depth(sent, True, None, _version(rest.get(4)), None, *levels, None, depth),)


def _quote(body: bytes, message: Fields, sent: int | None) -> Events:
    """A side without an order lacks its fields."""
    row = dict(wire(body))
    bid, bids, ask, asks = [_text(row.get(number) or b"0") for number in (1, 2, 3, 4)]
    price_units(bid)
    price_units(ask)
    quantity_units(bids)
    quantity_units(asks)
    return (Quote(sent, bid, bids, ask, asks, _version(row.get(5))),)


def _batch(read: Callable[[bytes, Fields, int | None], Events]) -> Callable[..., Events]:
    """Reads several messages of one kind, fields 1."""

    def reader(body: bytes, message: Fields, sent: int | None) -> Events:
        items = [_bytes(value) for number, value in wire(body) if number == 1]
        return tuple([event for item in items for event in read(item, message, sent)])

    return reader


def _nothing(body: bytes, message: Fields, sent: int | None) -> Events:
    """Candles, statistics of a day."""
    wire(body)
    return ()


READERS: dict[int, Callable[[bytes, Fields, int | None], Events]] = {
    301: _deals,
    302: _changes,
    303: _best,
    305: _quote,
    308: _nothing,
    309: _nothing,
    310: _nothing,
    311: _batch(_quote),
    312: _batch(_changes),
    313: _range,
    314: _deals,
    315: _quote,
}
"""By the number of the body."""
