"""A made-up market in the words of MEXC: the same changes as frames and as ccxt is handed them.

There is no recording of MEXC; forms are those of tests/unit/venues/mexc.py. A frame of spot comes
with the dictionary that google.protobuf.json_format makes of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from tests.unit.proto_writer import message

START = 1_789_897_581_000
SPOT, CONTRACT = "BTCUSDT", "BTC_USDT"


class Pushed(NamedTuple):
    """A frame, and what ccxt reads of it: a dictionary of the frame of spot."""

    frame: str | bytes
    theirs: Any


Side = dict[int, int]


class Market:
    """Two sides of levels around a price that wanders; prices in cents, quantities in 1e-6."""

    def __init__(self, seed: int = 7) -> None:
        self.dice = random.Random(seed)
        self.mid, self.version = 8_046_000, 10_589_632_359
        self.sides: dict[str, Side] = {"bids": {}, "asks": {}}
        for n in range(1, 101):
            self.sides["bids"][self.mid - n * 10] = self._size()
            self.sides["asks"][self.mid + n * 10] = self._size()

    def _size(self) -> int:
        return self.dice.randrange(1, 5_000_000)

    def change(self) -> tuple[int, int, dict[str, Side]]:
        """The first and last version of a change, and the levels that it changed, 0 for gone."""
        first = self.version + 1
        self.version += self.dice.randrange(1, 30)
        self.mid += self.dice.randrange(-30, 31)
        changed: dict[str, Side] = {"bids": {}, "asks": {}}
        for name, sign in (("bids", -1), ("asks", 1)):
            side = self.sides[name]
            for price in [p for p in side if (p - self.mid) * sign <= 0]:
                changed[name][price] = 0
            for _ in range(self.dice.randrange(1, 6)):
                price = self.mid + sign * self.dice.randrange(1, 900)
                changed[name][price] = self.dice.choice((0, self._size()))
            for price, size in changed[name].items():
                side[price] = size
            self.sides[name] = {price: size for price, size in side.items() if size}
        return first, self.version, changed

    def trades(self) -> list[tuple[int, int, bool]]:
        """Price, quantity, and whether the buyer was the aggressor."""
        return [
            (self.mid + self.dice.randrange(-5, 6), self._size(), self.dice.random() < 0.5)
            for _ in range(self.dice.randrange(1, 5))
        ]


def price(cents: int) -> str:
    """As MEXC writes it: no zeros at the end."""
    return f"{cents // 100}.{cents % 100:02}".rstrip("0").rstrip(".")


def size(millionths: int) -> str:
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06}".rstrip("0").rstrip(".")


def _wrapped(channel: str, time: int, number: int, name: str, body: bytes, told: Any) -> Pushed:
    """A frame of spot."""
    channel = f"spot@public.{channel}@10ms@{SPOT}"
    frame = message((1, channel), (3, SPOT), (6, time), (number, body))
    return Pushed(frame, {"channel": channel, "symbol": SPOT, "sendTime": str(time), name: told})


def spot(count: int, seed: int = 7) -> Iterator[Pushed]:
    """A snapshot of REST first, then changes, trades and quotes in turns."""
    market = Market(seed)
    rows = {side: [[price(p), size(q)] for p, q in market.sides[side].items()]
            for side in ("bids", "asks")}  # fmt: skip
    answer = {"lastUpdateId": market.version, **rows}
    yield Pushed(orjson.dumps(answer).decode(), answer)
    for n in range(count):
        yield (_spot_change, _spot_trades, _spot_quote)[n % 3](market, START + 10 * n)


def _spot_change(market: Market, time: int) -> Pushed:
    first, last, changed = market.change()
    fields: list[Any] = []
    told: dict[str, Any] = {}
    for number, side in ((1, "asks"), (2, "bids")):
        rows = [(price(p), size(q)) for p, q in changed[side].items()]
        fields += [(number, message((1, p), (2, q))) for p, q in rows]
        told[side] = [{"price": p, "quantity": q} for p, q in rows]
    event = "spot@public.aggre.depth.v3.api.pb@10ms"
    body = message(*fields, (3, event), (4, str(first)), (5, str(last)), (6, time - 5))
    told |= {"eventType": event, "fromVersion": str(first), "toVersion": str(last)}
    return _wrapped("aggre.depth.v3.api.pb", time, 313, "publicAggreDepths", body, told)


def _spot_trades(market: Market, time: int) -> Pushed:
    event = "spot@public.aggre.deals.v3.api.pb@10ms"
    rows = [(price(p), size(q), 1 if buy else 2) for p, q, buy in market.trades()]
    deals = [message((1, p), (2, q), (3, side), (4, time - 1), (5, f"{time}X{n}"))
             for n, (p, q, side) in enumerate(rows)]  # fmt: skip
    told = [{"price": p, "quantity": q, "tradeType": side, "time": str(time - 1),
             "tradeId": f"{time}X{n}"} for n, (p, q, side) in enumerate(rows)]  # fmt: skip
    body = message(*((1, deal) for deal in deals), (2, event))
    named = {"deals": told, "eventType": event}
    return _wrapped("aggre.deals.v3.api.pb", time, 314, "publicAggreDeals", body, named)


def _spot_quote(market: Market, time: int) -> Pushed:
    bid, ask = max(market.sides["bids"]), min(market.sides["asks"])
    rows = (
        price(bid),
        size(market.sides["bids"][bid]),
        price(ask),
        size(market.sides["asks"][ask]),
    )
    names = ("bidPrice", "bidQuantity", "askPrice", "askQuantity")
    body = message(*enumerate(rows, 1), (5, str(market.version)), (6, time - 5))
    told = dict(zip(names, rows, strict=True))
    return _wrapped("aggre.bookTicker.v3.api.pb", time, 315, "publicAggreBookTicker", body, told)


def contract(count: int, seed: int = 7) -> Iterator[Pushed]:
    """A snapshot of REST first, then changes and trades in turns; prices have one decimal."""
    market = Market(seed)
    rows = {side: [[p / 100, q, 1] for p, q in market.sides[side].items()]
            for side in ("bids", "asks")}  # fmt: skip
    data = {**rows, "version": market.version, "timestamp": START}
    answer = {"success": True, "code": 0, "data": data}
    yield Pushed(orjson.dumps(answer).decode(), answer)
    for n in range(count):
        time = START + 10 * n
        first, last, changed = market.change()
        sides = {side: [[p / 100, q, 1] for p, q in changed[side].items()] for side in changed}
        book = {**sides, "end": last, "begin": first, "version": last}
        deals = [
            {"p": p / 100, "v": q, "T": 1 if buy else 2, "t": time - 1, "i": str(time * 10 + m)}
            for m, (p, q, buy) in enumerate(market.trades())
        ]
        for channel, told in (("push.depth", book), ("push.deal", deals)):
            push = {"symbol": CONTRACT, "data": told, "channel": channel, "ts": time}
            text = orjson.dumps(push).decode()
            yield Pushed(text, push)
